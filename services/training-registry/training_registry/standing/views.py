"""What can be read of standing: one officer's, or who of the district's officers is short of something."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import ColumnElement, or_, select

from shared.auth import Caller
from shared.db import ReadSession
from shared.events.base import Instant
from shared.events.training import Blocks, StandingStatus
from training_registry.agreements.rules import Agreement
from training_registry.agreements.views import agreements_known
from training_registry.completions.rules import Completion
from training_registry.completions.views import completions_known
from training_registry.officers.errors import OfficerNotFound
from training_registry.officers.rules import Officer
from training_registry.officers.views import ensure_officer_visible, list_officers, officers_known
from training_registry.requirements.rules import Requirement
from training_registry.requirements.views import requirements_known
from training_registry.standing.models import recalculations
from training_registry.standing.rules import Missing, RequirementOn, Rule, SchoolOn, every_standing_on, schools_on

LONG_SINCE = datetime.fromtimestamp(0, UTC)
_AN_HOUR = 100
_MET = frozenset({StandingStatus.CURRENT, StandingStatus.EXEMPT})
_SHORT: dict[str, JsonValue] = {
    "requirement_id": "basic",
    "title": "Basic SRO course",
    "status": "overdue",
    "because": "32 of 40 hours; the deadline passed on 2026-07-04.",
    "hours_counted": 32,
    "hours_missing": 8,
    "deadline_on": "2026-07-04",
    "blocks": ["serve", "open_records"],
    "source": "district policy",
    "confirmed": True,
    "note": None,
}


class RequirementAsOf(BaseModel):
    """How an officer stands to one requirement on a day."""

    requirement_id: str
    title: str
    status: StandingStatus
    because: str = Field(description="In words, for people.")
    hours_counted: float = Field(description="In the topics that are asked for, also beyond what is asked.")
    hours_missing: float
    deadline_on: date | None = Field(
        description="The last day in time, or the last day before what is current lapses; null: there is none."
    )
    blocks: list[Blocks] = Field(description="What it keeps him from while it is overdue or expired.")
    source: str
    confirmed: bool = Field(description="Whether the rule could be confirmed at its source; false: UNCONFIRMED.")
    note: str | None = Field(description="What could not be.")


class SchoolAsOf(BaseModel):
    """What an officer may do at one school on a day."""

    school_id: str
    is_assigned: bool = Field(description="On that day.")
    may_serve: bool
    may_open_records: bool
    because: list[str] = Field(description="What is missing, in words; empty where he may do both.")
    missing: list[Missing] = Field(description="The keys that he lacks to open records.")


class Standing(BaseModel):
    """How an officer stands on a day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "officer_id": "o-1",
                    "as_of": "2026-11-22",
                    "known_at": None,
                    "requirements": [_SHORT],
                    "schools": [
                        {
                            "school_id": "s-1",
                            "is_assigned": True,
                            "may_serve": False,
                            "may_open_records": False,
                            "because": ["basic is overdue"],
                            "missing": ["training"],
                        }
                    ],
                }
            ]
        }
    )

    officer_id: str
    as_of: date = Field(description="The day asked about.")
    known_at: Instant | None = Field(description="As it was known at this instant; null: as it is known now.")
    requirements: list[RequirementAsOf] = Field(description="By id.")
    schools: list[SchoolAsOf] = Field(description="By id; every school he was, is or will be assigned to.")


class Shortfall(BaseModel):
    """An officer and what he is short of on a day, or soon will be; without it two empty lists."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "officer_id": "o-1",
                    "requirements": [_SHORT],
                    "schools": [
                        {
                            "school_id": "s-1",
                            "is_assigned": True,
                            "may_serve": False,
                            "may_open_records": False,
                            "because": ["Basic SRO course is overdue, which blocks open records and serve."],
                            "missing": ["training"],
                        }
                    ],
                }
            ]
        }
    )

    officer_id: str
    requirements: list[RequirementAsOf] = Field(description="Those that are due, overdue or expired, by id.")
    schools: list[SchoolAsOf] = Field(description="His schools at which he may not do everything, by id.")


@dataclass(frozen=True, slots=True)
class Known:
    """What standing follows from, as it was known at an instant."""

    officers: Mapping[str, Officer]
    requirements: Sequence[Requirement]
    completions: Mapping[str, Sequence[Completion]]
    agreements: Sequence[Agreement]


async def find_standing(
    session: ReadSession, caller: Caller, officer_id: str, *, as_of: date, known_at: datetime | None
) -> Standing:
    """How one officer stands. Raises: OfficerNotFound, also where he was not known then."""
    await ensure_officer_visible(session, caller, officer_id)
    known = await _known(session, caller.district_id, [officer_id], known_at)
    officer = known.officers.get(officer_id)
    if officer is None:
        raise OfficerNotFound
    return standing_of(officer, known, as_of=as_of, known_at=known_at)


async def list_shortfalls(
    session: ReadSession, caller: Caller, *, as_of: date, school_id: str | None, after: str, limit: int
) -> tuple[list[Shortfall], str | None]:
    """What the officers are short of whom the caller may see, by id behind `after`; and the id to go on behind.

    With a school only those who are assigned to it on that day. Whoever is short of nothing is left out, so a page may
    hold few and still have a next one.
    """
    found = await list_officers(session, caller, school_id=school_id, agency=None, after=after, limit=limit + 1)
    officer_ids = [row.officer_id for row in found[:limit]]
    known = await _known(session, caller.district_id, officer_ids, None)
    shortfalls = []
    for officer_id in officer_ids:
        officer = known.officers[officer_id]
        if school_id is None or officer.is_assigned(school_id, as_of):
            standing = standing_of(officer, known, as_of=as_of, known_at=None)
            shortfalls.append(_shortfall(standing, school_id))
    return [s for s in shortfalls if s.requirements or s.schools], officer_ids[-1] if len(found) > limit else None


def _shortfall(standing: Standing, school_id: str | None) -> Shortfall:
    return Shortfall(
        officer_id=standing.officer_id,
        requirements=[r for r in standing.requirements if r.status not in _MET],
        schools=[
            s
            for s in standing.schools
            if school_id in (None, s.school_id) and s.is_assigned and not (s.may_serve and s.may_open_records)
        ],
    )


async def next_recalculation(session: ReadSession) -> datetime | None:
    """From when on some change of rules has to be seen to; None where every one has reached every standing."""
    again_at = recalculations.c.again_at
    soonest = (await session.execute(select(again_at).order_by(again_at.nulls_first()).limit(1))).first()
    return None if soonest is None else soonest[0] or LONG_SINCE


def waits(now: datetime) -> ColumnElement[bool]:
    """Which changes of rules somebody has to see to now."""
    return or_(recalculations.c.again_at.is_(None), recalculations.c.again_at <= now)


async def _known(
    session: ReadSession, district_id: str, officer_ids: Sequence[str] | None, known_at: datetime | None
) -> Known:
    return Known(
        await officers_known(session, district_id, officer_ids=officer_ids, known_at=known_at),
        await requirements_known(session, district_id, known_at=known_at),
        await completions_known(session, district_id, officer_ids=officer_ids, known_at=known_at),
        await agreements_known(session, district_id, known_at=known_at),
    )


def standing_of(officer: Officer, known: Known, *, as_of: date, known_at: datetime | None) -> Standing:
    """How an officer stands, worked out from what is known."""
    rules = [Rule(requirement) for requirement in sorted(known.requirements, key=lambda r: r.requirement_id)]
    found = every_standing_on(rules, officer, known.completions.get(officer.officer_id, ()), as_of)
    schools = schools_on(officer, known.agreements, [(on.requirement, on.status) for on in found], as_of)
    return Standing(
        officer_id=officer.officer_id,
        as_of=as_of,
        known_at=known_at,
        requirements=[_told(on) for on in found],
        schools=[_allowed(school) for school in schools],
    )


def _told(on: RequirementOn) -> RequirementAsOf:
    requirement = on.requirement
    return RequirementAsOf(
        requirement_id=requirement.requirement_id,
        title=requirement.title,
        status=on.status,
        because=on.because,
        hours_counted=on.hours_counted / _AN_HOUR,
        hours_missing=on.hours_missing / _AN_HOUR,
        deadline_on=on.deadline_on,
        blocks=[blocked for blocked in Blocks if blocked in requirement.blocks],
        source=requirement.source,
        confirmed=requirement.confirmed,
        note=requirement.note,
    )


def _allowed(school: SchoolOn) -> SchoolAsOf:
    return SchoolAsOf(
        school_id=school.school_id,
        is_assigned=school.is_assigned,
        may_serve=school.may_serve,
        may_open_records=school.may_open_records,
        because=list(school.because),
        missing=[key for key in Missing if key in school.missing],
    )
