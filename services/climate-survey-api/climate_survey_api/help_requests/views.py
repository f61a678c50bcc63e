"""What can be read of help requests by the counsellors of a school: all of them by day, one at a time what it says."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import Row, func, select, tuple_

from climate_survey_api.help_requests.errors import HelpRequestNotFound
from climate_survey_api.help_requests.models import help_requests
from climate_survey_api.help_requests.rules import HelpOutcome, HelpStatus, due_on, is_overdue, overdue_through
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.base import Instant

_H = help_requests.c
_SEALED = ("contact", "message", "note")
_EXAMPLE: dict[str, JsonValue] = {
    "help_request_id": "b2a7c1de-4f0e-4d62-9a43-0f8f2f0c9d10",
    "school_id": "s-1",
    "language": "en",
    "requested_on": "2026-11-24",
    "due_on": "2026-11-25",
    "is_overdue": False,
    "status": "taken_up",
    "opened_by": "c-1",
    "opened_at": "2026-11-25T14:05:00Z",
    "taken_up_by": "c-1",
    "taken_up_at": "2026-11-25T14:06:00Z",
    "closed_by": None,
    "closed_at": None,
    "outcome": None,
    "version": 2,
}


class HelpRequest(BaseModel):
    """Somebody asked to talk to an adult: how far that has come, not what it says."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    help_request_id: UUID
    school_id: str
    language: str | None
    requested_on: date
    due_on: date = Field(description="The next weekday: by its end somebody takes it up. Holidays are not known here.")
    is_overdue: bool = Field(description="The second weekday has come, and nobody has taken it up.")
    status: HelpStatus
    opened_by: str | None = Field(description="Subject of the token that read it first; null: nobody has.")
    opened_at: Instant | None
    taken_up_by: str | None
    taken_up_at: Instant | None
    closed_by: str | None
    closed_at: Instant | None
    outcome: HelpOutcome | None
    version: int = Field(description="Grows when it is taken up and when it is closed; the `ETag`.")


class OpenedHelpRequest(HelpRequest):
    """A request with what it says."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _EXAMPLE
                | {
                    "contact": "Sam in Ms. Rivera's class, at lunch",
                    "message": "Somebody waits for me after school.",
                    "note": None,
                }
            ]
        }
    )

    contact: str = Field(description="Who asks, and how to be found.")
    message: str | None
    note: str | None = Field(description="What whoever closed it noted.")


async def list_help_requests(
    session: ReadSession,
    caller: Caller,
    *,
    school_id: str | None,
    status: HelpStatus | None,
    today: date,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[HelpRequest]:
    """The requests at the caller's schools, the oldest first, behind this day and id; within a day by chance."""
    columns = [column for column in help_requests.columns if column.name not in _SEALED]
    wanted = select(*columns).where(_H.district_id == caller.district_id)
    if caller.school_ids is not None:
        wanted = wanted.where(_H.school_id.in_(sorted(caller.school_ids)))
    if school_id is not None:
        wanted = wanted.where(_H.school_id == school_id)
    if status is not None:
        wanted = wanted.where(_H.status == status)
    if after is not None:
        wanted = wanted.where(tuple_(_H.requested_on, _H.help_request_id) > after)
    found = await session.execute(wanted.order_by(_H.requested_on, _H.help_request_id).limit(limit))
    return [HelpRequest(**_told(row, today)) for row in found]


async def find_help_request(session: ReadSession, caller: Caller, help_request_id: UUID, *, today: date) -> HelpRequest:
    """One request without what it says. Raises: HelpRequestNotFound."""
    return HelpRequest(**_told(await _row(session, caller, help_request_id), today))


async def opened_help_request(
    session: ReadSession, caller: Caller, ring: KeyRing, help_request_id: UUID, *, today: date
) -> OpenedHelpRequest:
    """One request with what it says: note that it was opened first. Raises: HelpRequestNotFound."""
    row = await _row(session, caller, help_request_id)
    key = str(help_request_id)
    opened = {
        name: ring.open(sealed, table="help_requests", column=name, key=key) if sealed is not None else None
        for name, sealed in ((name, getattr(row, name)) for name in _SEALED)
    }
    return OpenedHelpRequest(**(_told(row, today) | opened))


async def overdue_by_district(session: ReadSession, *, today: date) -> dict[str, int]:
    """How many requests are overdue in each district; one that has none is absent."""
    overdue = (_H.status == HelpStatus.WAITING, _H.requested_on <= overdue_through(today))
    found = await session.execute(select(_H.district_id, func.count()).where(*overdue).group_by(_H.district_id))
    return {district_id: n for district_id, n in found}


async def _row(session: ReadSession, caller: Caller, help_request_id: UUID) -> Row[Any]:
    wanted = select(help_requests).where(_H.district_id == caller.district_id, _H.help_request_id == help_request_id)
    row = (await session.execute(wanted)).one_or_none()
    if row is None or not caller.sees_school(row.school_id):
        raise HelpRequestNotFound
    return row


def _told(row: Row[Any], today: date) -> dict[str, Any]:
    told = {name: value for name, value in row._mapping.items() if name in HelpRequest.model_fields}
    overdue = is_overdue(HelpStatus(row.status), row.requested_on, today)
    return told | {"due_on": due_on(row.requested_on), "is_overdue": overdue}
