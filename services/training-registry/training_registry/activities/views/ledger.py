"""What can be read of the triad ledger: one entry, or those that the caller may see."""

from collections.abc import Collection
from dataclasses import fields
from datetime import date, datetime
from operator import attrgetter
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, WithJsonSchema
from sqlalchemy import ColumnElement, Row, select, true, tuple_

from shared.auth import Caller, Role
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.base import Instant
from shared.events.facets import GRADES
from shared.events.training import ActivityKind, TriadRole
from shared.http.bodies import Line, StrictBody
from training_registry.activities.errors import ActivityNotFound
from training_registry.activities.models import activities
from training_registry.activities.rules import Entry

COLUMNS = tuple(f.name for f in fields(Entry))
_CONTENT = (
    *("officer_id", "school_id", "role", "kind", "started_at", "minutes", "students_reached"),
    *("programme", "grade", "topic"),
)
content_of = attrgetter(*_CONTENT)
"""What its officer says in an entry: two that agree in it are the same."""

_CODES = (*GRADES, "UG", "Other")


def _is_a_grade(code: str) -> str:
    if code not in _CODES:
        raise ValueError("is no CEDS grade code")
    return code


Grade = Annotated[str, AfterValidator(_is_a_grade), WithJsonSchema({"type": "string", "enum": list(_CODES)})]
"""A CEDS grade code; `UG` and `Other` say that there is none."""


class Lesson(StrictBody):
    """What was taught, and to whom."""

    programme: Line = Field(description="For instance the name of a curriculum.")
    grade: Grade | None = None
    topic: Line | None = None


EXAMPLE: dict[str, JsonValue] = {
    "activity_id": "0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f",
    "officer_id": "o-1",
    "school_id": "s-1",
    "role": "educator",
    "kind": "lesson",
    "started_at": "2026-11-23T14:10:00Z",
    "minutes": 45,
    "students_reached": 24,
    "lesson": {"programme": "Digital citizenship", "grade": "07", "topic": "Passwords"},
}


class Activity(BaseModel):
    """An entry of the triad ledger."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                EXAMPLE
                | {
                    "started_on": "2026-11-23",
                    "logged_at": "2026-11-23T20:02:11Z",
                    "withdrawn_at": None,
                    "withdrawn_because": None,
                }
            ]
        }
    )

    activity_id: UUID
    officer_id: str
    school_id: str
    role: TriadRole
    kind: ActivityKind
    started_at: Instant
    started_on: date = Field(description="The day it counts under.")
    minutes: int
    students_reached: int
    lesson: Lesson | None
    logged_at: Instant
    withdrawn_at: Instant | None = Field(description="Since when it counts no more.")
    withdrawn_because: str | None


def seal_key(district_id: str, entry_id: UUID) -> str:
    """What a sealed text of an entry or a drill is bound to."""
    return f"{district_id}/{entry_id}"


def _view_of(row: Row[Any], ring: KeyRing) -> Activity:
    because = row.withdrawn_because
    if because is not None:
        key = seal_key(row.district_id, row.activity_id)
        because = ring.open(because, table="activities", column="withdrawn_because", key=key)
    told = {name: getattr(row, name) for name in Activity.model_fields.keys() & activities.c.keys()}
    # Built unchecked: what was once taken stays readable, also when a later release would take it no more.
    lesson = Lesson.model_construct(programme=row.programme, grade=row.grade, topic=row.topic)
    return Activity(**told | {"withdrawn_because": because, "lesson": lesson if row.programme is not None else None})


def _open_to(caller: Caller) -> ColumnElement[bool]:
    """An officer sees what he did himself, whichever school it was for; others what was done for their schools."""
    if caller.role is Role.OFFICER:
        return activities.c.officer_id == caller.sub
    return activities.c.school_id.in_(sorted(caller.school_ids)) if caller.school_ids is not None else true()


async def contents(
    session: ReadSession, district_id: str, activity_ids: Collection[UUID]
) -> dict[UUID, tuple[object, ...]]:
    """What the entries with these ids say, as `content_of` has it; an id that was never used is absent."""
    if not activity_ids:
        return {}
    a = activities.c
    wanted = select(a.activity_id, *(a[name] for name in _CONTENT))
    found = await session.execute(wanted.where(a.district_id == district_id, a.activity_id.in_(activity_ids)))
    return {activity_id: tuple(content) for activity_id, *content in found}


async def find_activity(session: ReadSession, caller: Caller, activity_id: UUID, ring: KeyRing) -> Activity:
    """One entry. Raises: ActivityNotFound, also where it is not the caller's to see."""
    a = activities.c
    wanted = select(activities).where(
        a.district_id == caller.district_id, a.activity_id == activity_id, _open_to(caller)
    )
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise ActivityNotFound
    return _view_of(row, ring)


async def list_activities(
    session: ReadSession,
    caller: Caller,
    ring: KeyRing,
    *,
    officer_id: str | None,
    school_id: str | None,
    role: TriadRole | None,
    from_on: date | None,
    to_on: date | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Activity]:
    """The entries open to the caller, the newest first, behind (older than) `before`; those withdrawn are marked."""
    a = activities.c
    asked = {a.officer_id: officer_id, a.school_id: school_id, a.role: role}
    wanted = select(activities).where(
        a.district_id == caller.district_id,
        _open_to(caller),
        *(column == value for column, value in asked.items() if value is not None),
    )
    if from_on is not None:
        wanted = wanted.where(a.started_on >= from_on)
    if to_on is not None:
        wanted = wanted.where(a.started_on <= to_on)
    if before is not None:
        wanted = wanted.where(tuple_(a.started_at, a.activity_id) < before)
    found = await session.execute(wanted.order_by(a.started_at.desc(), a.activity_id.desc()).limit(limit))
    return [_view_of(row, ring) for row in found]
