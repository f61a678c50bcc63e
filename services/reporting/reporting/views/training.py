"""How many officers are trained as they should be, by school and requirement, on any day."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import Integer, Table, Text, bindparam, select
from sqlalchemy.engine import Dialect

from reporting.codec import STANDINGS
from reporting.measures.standings import EVERYWHERE, Counted, Standing, altogether, counted_at
from reporting.models import officer_standings as versions
from reporting.models import officer_steps as steps
from reporting.models import officer_terms as terms
from reporting.views import answers
from reporting.views.periods import ForbidUnknown, OneSchool, ensure_keys, names_of
from reporting.views.prepared import Prepared, prepare
from reporting.views.rows import Row
from reporting.views.scope import Scope, of_whole_district, schools_by_number, scope_of, values_of, within
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.training import StandingStatus
from shared.http.bodies import Day, SourcedId


class TrainingKey(StrEnum):
    """What officers' standings can be broken down by."""

    SCHOOL_ID = "school_id"
    REQUIREMENT_ID = "requirement_id"


class TrainingParameters(ForbidUnknown):
    """The query of officers' standings: a day, and no school year."""

    as_of: Day | None = Field(default=None, description="The day asked about, past or to come; today if not given.")
    school_id: OneSchool = Field(default=None, description="Only this school.")
    requirement_id: SourcedId | None = Field(default=None, description="Only this requirement.")
    by: str | None = Field(
        default=None,
        description="Only the rows that tell these keys apart and no others, with commas between them: "
        + ", ".join(TrainingKey)
        + ". Not given: every row, sums included.",
        examples=["school_id"],
    )

    @field_validator("by")
    @classmethod
    def _names_keys(cls, by: str | None) -> str | None:
        return by if by is None else ensure_keys(by, TrainingKey)


class TrainingRow(BaseModel):
    """How the officers of one school, or of all, stand to one requirement, or to all together."""

    model_config = ConfigDict(frozen=True)

    school_id: str | None = Field(description="null: all schools that the reader sees, each officer once.")
    requirement_id: str | None = Field(description="null: all requirements together, each officer once.")
    officers: int = Field(description="Officers assigned on the day; of a requirement, those whom it binds.")
    compliant: int = Field(description="`current` and `exempt`: neither due nor overdue nor expired.")
    current: int
    exempt: int = Field(description="Of all requirements together: exempt from each.")
    due: int = Field(description="Of all requirements together: one is due, and none overdue or expired.")
    overdue: int = Field(description="Of all requirements together: one is overdue or expired.")
    expired: int | None = Field(description="null in a row of all requirements together, where `overdue` has them.")
    suppressed: bool = Field(description="Never: an officer holds a public office, and nobody's name is here.")


class Training(answers.View):
    """How officers stand on a day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rows": [
                        {
                            "school_id": "sc-003",
                            "requirement_id": "nasro-basic",
                            "officers": 2,
                            "compliant": 1,
                            "current": 1,
                            "exempt": 0,
                            "due": 0,
                            "overdue": 1,
                            "expired": 0,
                            "suppressed": False,
                        }
                    ],
                    "as_of": "2026-11-22T15:04:05Z",
                    "policy": answers.Policy.of(0).model_dump(),
                    "day": "2026-11-22",
                }
            ]
        }
    )

    rows: list[TrainingRow]
    day: date = Field(
        description="The day that standings are told of. Not given, it is today in the time zone that reporting is set "
        "to (`TIME_ZONE`)."
    )


async def training(session: ReadSession, caller: Caller, asked: TrainingParameters, day: date) -> list[Row]:
    """How the officers assigned on a day stand to what binds them, as far as is known now.

    Shape: a row per school and requirement, per school for all requirements together, per requirement for all schools
    together, and one for all; schools and requirements by their ids, what is together behind them. Schools without an
    officer on that day are absent, and so are requirements that bind none of theirs. Asked for one school or one
    requirement, there is nothing to be told together of it.
    Units: officers. Who serves at two schools counts at each and once together. An officer whom nothing binds is
    current with all requirements.
    """
    found = await _known(session, caller, asked, day)
    schools = await schools_by_number(session, caller)
    # Of a large district it takes as long as a hundred other answers, which need not wait for it.
    return await asyncio.to_thread(_reckoned, asked, found, schools)


class _Known(NamedTuple):
    """What the registers say of a day, in rows as they were found: also of versions that no longer hold."""

    latest: Sequence[tuple[str, int]]
    """Of each officer his version."""
    terms: Sequence[tuple[str, int, int]]
    """Officer, version, place."""
    steps: Sequence[tuple[str, int, str, int]]
    """Officer, version, requirement, status."""


async def _known(session: ReadSession, caller: Caller, asked: TrainingParameters, day: date) -> _Known:
    """What the registers say of the day.

    They are not joined by the database: PostgreSQL, which expects few rows of them, then looks every officer up for
    each school, 9 s for 2,000 officers and 1,000 schools.
    """
    scope, of_one = scope_of(caller, asked.school_id), asked.requirement_id is not None
    values = values_of(caller, asked.school_id) | {"day": day.toordinal(), "requirement_id": asked.requirement_id}

    async def rows_of(table: Table) -> Sequence[Any]:
        return await _question(table, scope, session.dialect, of_one=of_one).rows(session, values)

    return _Known(await rows_of(versions), await rows_of(terms), await rows_of(steps))


def _reckoned(asked: TrainingParameters, known: _Known, schools: Mapping[int, str]) -> list[Row]:
    """The rows of the view, from what the latest version of each officer says; what is not asked for is not counted."""
    latest = dict(known.latest)
    by_school, together, by_requirement, of_all = _asked_for(asked)
    everywhere = {EVERYWHERE} if together else set()
    assigned: dict[str, set[int]] = {}
    for officer_id, version, place_no in known.terms:
        if latest[officer_id] == version:
            places = assigned.setdefault(officer_id, {*everywhere})
            if by_school:
                places.add(place_no)

    def standings() -> Iterator[Standing]:
        for officer_id, version, requirement_id, status in known.steps:
            if latest[officer_id] == version:
                yield officer_id, requirement_id, status

    counted: Counter[Counted] = Counter()
    if by_requirement:
        counted.update(counted_at(assigned, standings()))
    if of_all:
        counted.update(counted_at(assigned, altogether(assigned, standings())))
    return _rows(counted, schools)


def _asked_for(asked: TrainingParameters) -> tuple[bool, bool, bool, bool]:
    """Whether rows are asked for: by school, of all schools together, by requirement, of all requirements together."""
    keys = tuple(TrainingKey) if asked.by is None else names_of(asked.by)
    one_school, one_requirement = asked.school_id is not None, asked.requirement_id is not None
    by_school, by_requirement = TrainingKey.SCHOOL_ID in keys, TrainingKey.REQUIREMENT_ID in keys
    return (
        one_school or by_school,
        not one_school and (asked.by is None or not by_school),
        one_requirement or by_requirement,
        not one_requirement and (asked.by is None or not by_requirement),
    )


@lru_cache
def _question(table: Table, scope: Scope, dialect: Dialect, *, of_one: bool) -> Prepared:
    """What one register says of the officers in a scope: all of them, or those who were ever assigned there."""
    named = {versions: (), terms: ("place_no",), steps: ("requirement_id", "status")}[table]
    found = select(table.c.officer_id, table.c.version, *(table.c[name] for name in named))
    day = bindparam("day", type_=Integer)
    if table is not versions:
        found = found.where(table.c.from_day <= day, table.c.to_day >= day)
    if table is terms:
        return prepare(found.where(within(terms, scope)), dialect)
    found = found.where(of_whole_district(table))
    if table is steps and of_one:
        found = found.where(steps.c.requirement_id == bindparam("requirement_id", type_=Text))
    if scope != _WHOLE_DISTRICT:
        # Else all that is known of a district would be read for each of its schools.
        found = found.where(table.c.officer_id.in_(select(terms.c.officer_id).where(within(terms, scope))))
    return prepare(found, dialect)


_WHOLE_DISTRICT = Scope(one_school=False, named_schools=None)


def _rows(counted: Mapping[Counted, int], schools: Mapping[int, str]) -> list[Row]:
    by_status: defaultdict[tuple[int, str], dict[int, int]] = defaultdict(dict)
    for (place_no, requirement_id, status), n in counted.items():
        by_status[place_no, requirement_id][status] = n
    rows = [
        _row(schools.get(place_no), requirement_id or None, n) for (place_no, requirement_id), n in by_status.items()
    ]
    return sorted(rows, key=_reading_order)


def _row(school_id: str | None, requirement_id: str | None, by_status: Mapping[int, int]) -> Row:
    n = {status: by_status.get(number, 0) for status, number in STANDINGS.items()}
    is_single = requirement_id is not None
    current, exempt, expired = n[StandingStatus.CURRENT], n[StandingStatus.EXEMPT], n[StandingStatus.EXPIRED]
    return {
        "school_id": school_id,
        "requirement_id": requirement_id,
        "officers": sum(n.values()),
        "compliant": current + exempt,
        "current": current,
        "exempt": exempt,
        "due": n[StandingStatus.DUE],
        "overdue": n[StandingStatus.OVERDUE] + (0 if is_single else expired),
        "expired": expired if is_single else None,
        "suppressed": False,
    }


def _reading_order(row: Row) -> tuple[tuple[bool, str], ...]:
    return tuple((row[key] is None, str(row[key])) for key in TrainingKey)
