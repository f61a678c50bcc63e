"""What was known of completions at an instant: what standing is worked out from."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Select, and_, exists, select

from shared.db import ReadSession
from training_registry.completions.models import completion_versions, completions
from training_registry.completions.rules import Completion, CompletionStatus
from training_registry.completions.views.storage import topics_in

_MOST_NAMED = 1000
"""Officers that a statement names; of more, all are read and the others passed over."""
_COLUMNS = ("completion_id", "officer_id", "course", "topics", "completed_on", "expires_on", "is_outside", "status")


async def completions_known(
    session: ReadSession,
    district_id: str,
    *,
    officer_ids: Collection[str] | None = None,
    known_at: datetime | None = None,
) -> dict[str, list[Completion]]:
    """Every completion as it was known at that instant, or is now: as last recorded, corrected, approved or revoked.

    Shape: by officer, for all of the district or those named; an officer without any is absent. In no order.
    """
    t = completions if known_at is None else completion_versions
    wanted = select(*(t.c[name] for name in _COLUMNS)).where(t.c.district_id == district_id)
    if known_at is not None:
        wanted = _newest_by_then(wanted, known_at)
    named = None if officer_ids is None else set(officer_ids)
    if named is not None and len(named) <= _MOST_NAMED:
        wanted, named = wanted.where(t.c.officer_id.in_(named)), None
    known: dict[str, list[Completion]] = {}
    for (
        completion_id,
        officer_id,
        course,
        topics,
        completed_on,
        expires_on,
        is_outside,
        status,
    ) in await session.execute(wanted):
        if named is None or officer_id in named:
            known.setdefault(officer_id, []).append(
                Completion(
                    completion_id,
                    officer_id,
                    course,
                    topics_in(topics),
                    completed_on,
                    expires_on,
                    is_outside,
                    status == CompletionStatus.ACCEPTED,
                )
            )
    return known


def _newest_by_then(wanted: Select[tuple[object, ...]], known_at: datetime) -> Select[tuple[object, ...]]:
    """Of each completion the last version by then: the next one, if there is one, came later."""
    this, later = completion_versions, completion_versions.alias("later")
    same = and_(later.c.district_id == this.c.district_id, later.c.completion_id == this.c.completion_id)
    overtaken = exists().where(same, later.c.version == this.c.version + 1, later.c.taken_at <= known_at)
    return wanted.where(this.c.taken_at <= known_at, ~overtaken)
