"""What can be read of the drills: one, or those of the caller's schools."""

from collections.abc import Collection
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import ColumnElement, Row, select, true, tuple_

from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.base import Instant
from shared.events.training import DrillType
from shared.http.bodies import StrictBody
from training_registry.activities.errors import DrillNotFound
from training_registry.activities.models import drills
from training_registry.activities.rules import Drill, is_trauma_informed, notice_in_time
from training_registry.activities.views.ledger import seal_key

content_of = attrgetter(
    *("school_id", "type", "held_at", "announced", "notice_sent_at", "trauma_informed", "officers_present"),
    *("full_scale", "on_school_day", "parental_consent", "after_action"),
)
"""What is said of a drill: two that agree in it are the same."""


class Checklist(StrictBody):
    """What makes a drill trauma-informed, point by point; null: nobody says.

    Source: 8 NYCRR 155.17 (props, actors, simulations); NASP, NASRO and Safe and Sound Schools, guidance of 2021.
    """

    no_props: bool | None = None
    no_actors: bool | None = None
    no_simulation: bool | None = None
    age_appropriate: bool | None = None
    counselor_available: bool | None = None
    opt_out_offered: bool | None = None
    debriefed: bool | None = None


EXAMPLE: dict[str, JsonValue] = {
    "drill_id": "0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e40",
    "school_id": "s-1",
    "type": "lockdown",
    "held_at": "2026-11-23T15:00:00Z",
    "announced": True,
    "notice_sent_at": "2026-11-19T13:00:00Z",
    "trauma_informed": dict.fromkeys(Checklist.model_fields, True),
    "officers_present": ["o-1"],
    "full_scale": False,
    "on_school_day": True,
    "parental_consent": None,
    "after_action": "Two doors of the gym did not lock.",
}


class RecordedDrill(BaseModel):
    """A drill that a school held."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                EXAMPLE
                | {
                    "held_on": "2026-11-23",
                    "notice_in_time": True,
                    "is_trauma_informed": True,
                    "recorded_at": "2026-11-23T20:02:11Z",
                }
            ]
        }
    )

    drill_id: UUID
    school_id: str
    type: DrillType
    held_at: Instant
    held_on: date = Field(description="The day it counts under.")
    announced: bool
    notice_sent_at: Instant | None
    notice_in_time: bool | None = Field(description="Whether parents were told within the week before; null: not told.")
    trauma_informed: Checklist | None
    is_trauma_informed: bool | None = Field(description="Whether every point was kept; null: a point is open.")
    officers_present: list[str]
    full_scale: bool
    on_school_day: bool | None
    parental_consent: bool | None
    after_action: str | None
    recorded_at: Instant


def _drill_of(row: Row[Any], ring: KeyRing) -> Drill:
    told = dict(row._mapping)
    if row.after_action is not None:
        key = seal_key(row.district_id, row.drill_id)
        told["after_action"] = ring.open(row.after_action, table="drills", column="after_action", key=key)
    told["type"] = DrillType(row.type)
    told["trauma_informed"] = orjson.loads(row.trauma_informed) if row.trauma_informed is not None else None
    told["officers_present"] = tuple(orjson.loads(row.officers_present))
    return Drill(**told)


def _view_of(drill: Drill) -> RecordedDrill:
    told = {name: getattr(drill, name) for name in RecordedDrill.model_fields if hasattr(drill, name)}
    points = drill.trauma_informed
    told |= {
        "notice_in_time": notice_in_time(drill.held_at, drill.notice_sent_at),
        "trauma_informed": Checklist(**points) if points is not None else None,
        "is_trauma_informed": is_trauma_informed(points),
        "officers_present": list(drill.officers_present),
    }
    return RecordedDrill(**told)


def _open_to(caller: Caller) -> ColumnElement[bool]:
    return drills.c.school_id.in_(sorted(caller.school_ids)) if caller.school_ids is not None else true()


async def contents(
    session: ReadSession, district_id: str, drill_ids: Collection[UUID], ring: KeyRing
) -> dict[UUID, tuple[object, ...]]:
    """What is said of the drills with these ids, as `content_of` has it; an id that was never used is absent."""
    if not drill_ids:
        return {}
    wanted = select(drills).where(drills.c.district_id == district_id, drills.c.drill_id.in_(drill_ids))
    return {row.drill_id: content_of(_drill_of(row, ring)) for row in await session.execute(wanted)}


async def find_drill(session: ReadSession, caller: Caller, drill_id: UUID, ring: KeyRing) -> RecordedDrill:
    """One drill. Raises: DrillNotFound, also where it is none of the caller's schools'."""
    d = drills.c
    wanted = select(drills).where(d.district_id == caller.district_id, d.drill_id == drill_id, _open_to(caller))
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise DrillNotFound
    return _view_of(_drill_of(row, ring))


async def list_drills(
    session: ReadSession,
    caller: Caller,
    ring: KeyRing,
    *,
    school_id: str | None,
    kind: DrillType | None,
    from_on: date | None,
    to_on: date | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[RecordedDrill]:
    """The drills of the caller's schools, the newest first, behind (older than) `before`."""
    d = drills.c
    wanted = select(drills).where(d.district_id == caller.district_id, _open_to(caller))
    if school_id is not None:
        wanted = wanted.where(d.school_id == school_id)
    if kind is not None:
        wanted = wanted.where(d.type == kind)
    if from_on is not None:
        wanted = wanted.where(d.held_on >= from_on)
    if to_on is not None:
        wanted = wanted.where(d.held_on <= to_on)
    if before is not None:
        wanted = wanted.where(tuple_(d.held_at, d.drill_id) < before)
    found = await session.execute(wanted.order_by(d.held_at.desc(), d.drill_id.desc()).limit(limit))
    return [_view_of(_drill_of(row, ring)) for row in found]
