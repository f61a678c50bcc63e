"""Officers and their assignments as they leave the API."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, and_, select

from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.base import Instant
from training_registry.officers.errors import AssignmentNotFound
from training_registry.officers.models import assignment_versions, assignments
from training_registry.officers.rules import Panelist, Position


class OfficerView(BaseModel):
    """An officer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "officer_id": "o-1",
                    "name": "Pat Doe",
                    "agency": "City Police",
                    "badge": "77",
                    "position": "sro",
                    "appointed_on": "2026-01-05",
                    "certified_on": "2018-06-01",
                    "left_on": None,
                    "version": 1,
                    "changed_at": "2026-01-05T15:00:00Z",
                }
            ]
        }
    )

    officer_id: str = Field(description="`sub` of his tokens.")
    name: str
    agency: str
    badge: str | None
    position: Position
    appointed_on: date
    certified_on: date | None
    left_on: date | None = Field(description="His last day with the agency; null while he is there.")
    version: int
    changed_at: Instant


class PanelistView(BaseModel):
    """Somebody on the panel that chose the officer: what he is, not who."""

    school_id: str | None = Field(description="The school he comes from, where it was told.")
    role: Panelist


class AssignmentView(BaseModel):
    """An officer's assignment to a school, and the school's part in choosing him."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "assignment_id": "019c8a5e-7b7a-7c3e-9f10-3d2a6f1b4c55",
                    "officer_id": "o-1",
                    "school_id": "s-1",
                    "from_on": "2026-08-10",
                    "to_on": None,
                    "principal_interviewed": True,
                    "principal_endorsed": None,
                    "selection_panel": [{"school_id": "s-1", "role": "principal"}],
                    "withdrawn": False,
                    "version": 1,
                    "changed_at": "2026-08-01T15:00:00Z",
                }
            ]
        }
    )

    assignment_id: UUID
    officer_id: str
    school_id: str
    from_on: date
    to_on: date | None = Field(description="The last day; null while no end is known.")
    principal_interviewed: bool | None = Field(description="Whether the principal did; null: it was not recorded.")
    principal_endorsed: bool | None = Field(description="Whether the principal did; null: it was not recorded.")
    selection_panel: list[PanelistView]
    withdrawn: bool = Field(description="It was a mistake and never was.")
    version: int
    changed_at: Instant


def officer_view_of(row: Row[Any], ring: KeyRing) -> OfficerView:
    """An officer as one of his versions tells him."""
    return OfficerView(
        officer_id=row.officer_id,
        name=opened(row, "name", ring) or "",
        agency=row.agency,
        badge=opened(row, "badge", ring),
        position=row.position,
        appointed_on=row.appointed_on,
        certified_on=row.certified_on,
        left_on=row.left_on,
        version=row.version,
        changed_at=row.recorded_at,
    )


def opened(row: Row[Any], column: str, ring: KeyRing) -> str | None:
    """What a sealed column of an officer's version says."""
    sealed: bytes | None = getattr(row, column)
    if sealed is None:
        return None
    key = officer_key(row.district_id, row.officer_id, row.version)
    return ring.open(sealed, table="officer_versions", column=column, key=key)


def officer_key(district_id: str, officer_id: str, version: int) -> str:
    """What the sealed fields of an officer's version are bound to."""
    return f"{district_id}/{officer_id}/{version}"


async def list_assignments(
    session: ReadSession, district_id: str, officer_id: str, *, after: UUID | None, limit: int
) -> list[AssignmentView]:
    """An officer's assignments to all schools, withdrawn ones too, by id."""
    wanted = _NEWEST.where(assignments.c.district_id == district_id, assignments.c.officer_id == officer_id)
    if after is not None:
        wanted = wanted.where(assignments.c.assignment_id > after)
    found = await session.execute(wanted.order_by(assignments.c.assignment_id).limit(limit))
    return [assignment_view_of(row) for row in found]


async def find_assignment(
    session: ReadSession, district_id: str, officer_id: str, assignment_id: UUID
) -> AssignmentView:
    """One assignment of an officer. Raises: AssignmentNotFound, also where it is another officer's."""
    a = assignments.c
    wanted = _NEWEST.where(a.district_id == district_id, a.assignment_id == assignment_id, a.officer_id == officer_id)
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise AssignmentNotFound
    return assignment_view_of(row)


_NEWEST = select(assignment_versions).join(
    assignments,
    and_(
        assignments.c.district_id == assignment_versions.c.district_id,
        assignments.c.assignment_id == assignment_versions.c.assignment_id,
        assignments.c.version == assignment_versions.c.version,
    ),
)


def assignment_view_of(row: Row[Any]) -> AssignmentView:
    """An assignment as one of its versions tells it."""
    return AssignmentView(
        assignment_id=row.assignment_id,
        officer_id=row.officer_id,
        school_id=row.school_id,
        from_on=row.from_on,
        to_on=row.to_on,
        principal_interviewed=row.principal_interviewed,
        principal_endorsed=row.principal_endorsed,
        selection_panel=orjson.loads(row.selection_panel),
        withdrawn=row.withdrawn_because is not None,
        version=row.version,
        changed_at=row.recorded_at,
    )
