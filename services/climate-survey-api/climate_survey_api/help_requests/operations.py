"""What can be done with a help request: made by anybody, and by a school's counsellors opened, taken up, closed."""

from datetime import datetime, tzinfo
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import ConfigDict, Field, StringConstraints
from sqlalchemy import Row, delete, insert, select, update

from climate_survey_api.changes import FindSurveyedSchools
from climate_survey_api.help_requests.errors import HelpRequestNotFound, SurveyNotFound
from climate_survey_api.help_requests.models import help_requests
from climate_survey_api.help_requests.rules import (
    HelpOutcome,
    HelpStatus,
    beginning_of,
    ensure_closable,
    ensure_may_ask,
    may_take_up,
)
from climate_survey_api.source import SOURCE
from climate_survey_api.texts import Language
from shared.auth import Caller
from shared.cloudevents import to_message
from shared.crypto import KeyRing
from shared.db import Session
from shared.events.surveys import HelpRequested
from shared.http.bodies import Id, Narrative, SourcedId, StrictBody
from shared.http.etags import ensure_match
from shared.outbox import record_messages

# PostgreSQL stores no NUL in text; and whom nobody could find, nobody can talk to.
_WITHOUT_NUL = r"^[^\x00]*$"
_NOT_BLANK = r"^[^\x00]*[^\s\x00][^\x00]*$"


class AskForAdult(StrictBody):
    """Somebody wants to talk to an adult at a school."""

    administration_id: Id = Field(description="The survey whose link led here; it is not kept.")
    school_id: SourcedId
    contact: Annotated[str, StringConstraints(max_length=300, pattern=_NOT_BLANK)] = Field(
        description="Who asks, and how to be found."
    )
    message: Annotated[str, StringConstraints(max_length=2_000, pattern=_WITHOUT_NUL)] | None = None
    language: Language | None = Field(None, description="The language to be talked to in.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "administration_id": "019c8a5e-7b7a-7c3e-9f10-3d2a6f1b4c55",
                    "school_id": "s-1",
                    "contact": "Sam in Ms. Rivera's class, at lunch",
                    "message": "Somebody waits for me after school.",
                    "language": "en",
                }
            ]
        }
    )


async def ask_for_adult(
    session: Session,
    ring: KeyRing,
    command: AskForAdult,
    *,
    surveyed_schools: FindSurveyedSchools,
    zone: tzinfo,
    now: datetime,
) -> UUID:
    """The request waits, sealed, at the school; announces HelpRequested. Nothing of it leads to a code or an answer.

    Raises: SurveyNotFound, SchoolNotAsked, AskingIsOver.
    """
    surveyed = await surveyed_schools(session, command.administration_id)
    if surveyed is None:
        raise SurveyNotFound
    ensure_may_ask(command.school_id, surveyed=surveyed.school_ids, survey_closed_at=surveyed.closed_at, now=now)
    help_request_id, today = uuid4(), now.astimezone(zone).date()
    request = {
        "help_request_id": help_request_id,
        "district_id": surveyed.district_id,
        "school_id": command.school_id,
        "contact": _sealed(ring, "contact", command.contact, help_request_id),
        "message": _sealed(ring, "message", command.message or None, help_request_id),
        "language": command.language,
        "requested_on": today,
        "status": HelpStatus.WAITING,
        "version": 1,
    }
    await session.execute(insert(help_requests).values(request))
    fact = HelpRequested(
        event_id=uuid4(),  # one that sorts by time would tell the minute
        occurred_at=beginning_of(today, zone),
        district_id=surveyed.district_id,
        help_request_id=help_request_id,
        school_id=command.school_id,
        requested_on=today,
    )
    # Not by `record`: it would name the trace of this request, which knows when it was.
    await record_messages(session, [to_message(fact, source=SOURCE)])
    return help_request_id


async def note_opening(session: Session, help_request_id: UUID, *, caller: Caller, now: datetime) -> None:
    """Who opens the request, and when, is noted if he is the first. Raises: HelpRequestNotFound."""
    before = await _to_change(session, help_request_id, caller)
    if before.opened_by is None:
        await _change(session, before, opened_by=caller.sub, opened_at=now)


async def take_up(
    session: Session, help_request_id: UUID, *, caller: Caller, if_match: str | None, now: datetime
) -> None:
    """The caller sees to the request. By him again, nothing changes.

    Raises: HelpRequestNotFound, ChangedMeanwhile, AlreadyTakenUp, AlreadyClosed.
    """
    before = await _to_change(session, help_request_id, caller)
    ensure_match(if_match, before.version)
    if may_take_up(HelpStatus(before.status), before.taken_up_by, caller.sub):
        told = {"taken_up_by": caller.sub, "taken_up_at": now}
        await _change(session, before, status=HelpStatus.TAKEN_UP, version=before.version + 1, **told)


class CloseHelpRequest(StrictBody):
    """What came of a request."""

    outcome: Annotated[HelpOutcome, Field(strict=False)]
    note: Narrative | None = None

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"outcome": "talked", "note": "Met at lunch; will come again on Friday."}]}
    )


async def close_help_request(
    session: Session,
    ring: KeyRing,
    help_request_id: UUID,
    command: CloseHelpRequest,
    *,
    caller: Caller,
    if_match: str | None,
    now: datetime,
) -> None:
    """The request is seen to. Raises: HelpRequestNotFound, ChangedMeanwhile, NotTakenUp, AlreadyClosed."""
    before = await _to_change(session, help_request_id, caller)
    ensure_match(if_match, before.version)
    ensure_closable(HelpStatus(before.status))
    note = _sealed(ring, "note", command.note, help_request_id)
    told = {"closed_by": caller.sub, "closed_at": now, "outcome": command.outcome, "note": note}
    await _change(session, before, status=HelpStatus.CLOSED, version=before.version + 1, **told)


async def forget_help_requests(session: Session, before: datetime, *, most: int) -> int:
    """Drop up to `most` requests that were closed before that; how many. One that is not closed stays."""
    h = help_requests.c
    old = select(h.help_request_id).where(h.status == HelpStatus.CLOSED, h.closed_at < before).limit(most)
    return (await session.execute(delete(help_requests).where(h.help_request_id.in_(old)))).rowcount


async def _to_change(session: Session, help_request_id: UUID, caller: Caller) -> Row[Any]:
    """The request, locked until the transaction ends."""
    h = help_requests.c
    this = (h.district_id == caller.district_id, h.help_request_id == help_request_id)
    found = await session.execute(select(help_requests).where(*this).with_for_update())
    before = found.one_or_none()
    if before is None or not caller.sees_school(before.school_id):
        raise HelpRequestNotFound
    return before


async def _change(session: Session, before: Row[Any], **values: object) -> None:
    this = help_requests.c.help_request_id == before.help_request_id
    await session.execute(update(help_requests).where(this).values(values))


def _sealed(ring: KeyRing, column: str, text: str | None, help_request_id: UUID) -> bytes | None:
    if text is None:
        return None
    return ring.seal(text, table="help_requests", column=column, key=str(help_request_id))
