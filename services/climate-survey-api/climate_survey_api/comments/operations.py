"""What can be done with comments: taken over from the count, decided about by a trained reader, and forgotten."""

from collections.abc import Sequence
from datetime import date, datetime
from secrets import SystemRandom
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import ConfigDict, Field
from sqlalchemy import delete, select, tuple_, update

from climate_survey_api.administrations.views.counting import administrations_counted
from climate_survey_api.comments.errors import CommentNotFound
from climate_survey_api.comments.models import comments as kept
from climate_survey_api.comments.rules import (
    CommentStatus,
    Decision,
    WrittenUnit,
    ensure_redaction_fits,
    ensure_unread,
    suppressed_units,
)
from climate_survey_api.comments.views import ensure_trained
from climate_survey_api.policies.views import policy_of
from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.events.surveys import RespondentGroup
from shared.http.bodies import Narrative, StrictBody
from shared.http.etags import ensure_match

_COLUMNS = (
    *("comment_id", "district_id", "administration_id", "school_id", "respondent_group", "item_id"),
    *("written", "is_suppressed", "status", "version"),
)


async def keep_comments(
    session: Session,
    ring: KeyRing,
    *,
    district_id: str,
    administration_id: UUID,
    comments: Sequence[tuple[str, RespondentGroup, str, str]],
) -> None:
    """All comments of a survey, (school, group, item, text) each, wait for a reader: sealed, shuffled, each alone.

    To be called once per survey: which units are too small to be shown is decided here, over all of them.
    """
    policy = await policy_of(session, district_id)
    # Rows lie in the order in which they were written, and must not tell that of the answers.
    shuffled = SystemRandom().sample(comments, len(comments))
    units = [WrittenUnit(*comment[:3]) for comment in shuffled]
    suppressed = suppressed_units(units, policy.open_text_minimum)
    ids = [uuid4() for _ in shuffled]
    texts = (text for *_, text in shuffled)
    sealed = ring.seal_each(texts, [str(one) for one in ids], table="comments", column="written")
    rows = [
        (comment_id, district_id, administration_id, *unit, written, unit in suppressed, CommentStatus.UNREAD, 1)
        for comment_id, unit, written in zip(ids, units, sealed, strict=True)
    ]
    await bulk_upsert(session, kept, _COLUMNS, rows, on_conflict="ignore")


async def forget_comments(session: Session, before: datetime, *, most: int) -> int:
    """Drop up to `most` comments of surveys counted before that; how many. What no reader has settled stays."""
    c = kept.c
    of_surveys = tuple_(c.district_id, c.administration_id).in_(await administrations_counted(session, before))
    settled = c.status.in_((CommentStatus.RELEASED, CommentStatus.WITHHELD))
    old = select(c.comment_id).where(of_surveys, settled).limit(most)
    return (await session.execute(delete(kept).where(c.comment_id.in_(old)))).rowcount


class ReviewComment(StrictBody):
    """What a reader decides about one comment."""

    decision: Annotated[Decision, Field(strict=False)] = Field(
        description="`release`, `withhold`, or `escalate`: a threat or somebody told of harm; it stays withheld and "
        "is counted until somebody has acted."
    )
    redacted: Narrative | None = Field(
        None, description="With `release`: shown instead of what was written, for instance without its names."
    )
    note: Narrative | None = Field(None, description="For other readers alone.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"decision": "release", "redacted": "[A teacher] listens to us.", "note": "Named a teacher."}]
        }
    )


async def review_comment(
    session: Session,
    ring: KeyRing,
    comment_id: UUID,
    command: ReviewComment,
    *,
    caller: Caller,
    if_match: str | None,
    today: date,
) -> None:
    """The comment stands as its reader decided; of two readers at once one is told that the other was faster.

    Raises: ReaderNotNamed, CommentNotFound, AlreadyReviewed, ChangedMeanwhile, OnlyReleasedIsRedacted.
    """
    await ensure_trained(session, caller)
    c = kept.c
    this = (c.district_id == caller.district_id, c.comment_id == comment_id)
    # Locked: of two readers at once the second decides about what the first has left.
    found = await session.execute(select(c.school_id, c.status, c.version).where(*this).with_for_update())
    before = found.one_or_none()
    if before is None or not caller.sees_school(before.school_id):
        raise CommentNotFound
    ensure_match(if_match, before.version)
    ensure_unread(CommentStatus(before.status), if_match)
    ensure_redaction_fits(command.decision, command.redacted)
    key = str(comment_id)
    told = {"redacted": command.redacted, "note": command.note}
    sealed = {
        name: ring.seal(text, table="comments", column=name, key=key) if text is not None else None
        for name, text in told.items()
    }
    await session.execute(
        update(kept)
        .where(*this)
        .values(
            status=command.decision.status,
            version=before.version + 1,
            reviewed_by=caller.sub,
            reviewed_on=today,
            **sealed,
        )
    )
