"""How many officers are trained as they should be, by school and requirement, on any day."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Integer, Table, Text, bindparam, select
from sqlalchemy.engine import Dialect

from reporting.codec import STANDINGS, month_of, month_text
from reporting.measures.standings import EVERYWHERE, Counted, Standing, altogether, counted_at
from reporting.models import officer_standings as versions
from reporting.models import officer_steps as steps
from reporting.models import officer_terms as terms
from reporting.views import answers
from reporting.views.prepared import Prepared, prepare
from reporting.views.rows import Row
from reporting.views.scope import Scope, of_whole_district, schools_by_number, scope_of, values_of, within
from reporting.views.training_days import TrainingKey, TrainingParameters
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.training import StandingStatus


class TrainingRow(BaseModel):
    """How the officers of one school, or of all, stand to one requirement, or to all together."""

    model_config = ConfigDict(frozen=True)

    month: str | None = Field(
        default=None, description="The month at whose end it is so, if asked for by `by`: `2026-09`."
    )
    school_id: str | None = Field(description="null: all schools that the reader sees, each officer once.")
    requirement_id: str | None = Field(description="null: all requirements together, each officer once.")
    confirmed: bool | None = Field(
        description="false: part of the rule could not be confirmed at its source; null: all requirements together."
    )
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
                            "confirmed": True,
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
        description="The day that standings are told of, by month the last one. Today is that of the time zone that "
        "reporting is set to (`TIME_ZONE`)."
    )


async def training(session: ReadSession, caller: Caller, asked: TrainingParameters, days: Sequence[date]) -> list[Row]:
    """How the officers assigned on each of these days stand to what binds them, as far as is known now.

    Shape: a row per school and requirement, per school for all requirements together, per requirement for all schools
    together, and one for all; day by day, schools and requirements by their ids, what is together behind them. Schools
    without an officer on that day are absent, and so are requirements that bind none of theirs. Asked for one school
    or one requirement, there is nothing to be told together of it.
    Units: officers. Who serves at two schools counts at each and once together. An officer whom nothing binds is
    current with all requirements.
    """
    schools, rows = await schools_by_number(session, caller), list[Row]()
    for day in days:
        found = await _known(session, caller, asked, day)
        # Of a large district it takes as long as a hundred other answers, which need not wait for it.
        rows += await asyncio.to_thread(_reckoned, asked, found, schools, day)
    return rows


class _Known(NamedTuple):
    """What the registers say of a day, in rows as they were found: also of versions that no longer hold."""

    latest: Sequence[tuple[str, int]]
    """Of each officer his version."""
    terms: Sequence[tuple[str, int, int]]
    """Officer, version, place."""
    steps: Sequence[tuple[str, int, str, int, int]]
    """Officer, version, requirement, status, whether it is confirmed."""


async def _known(session: ReadSession, caller: Caller, asked: TrainingParameters, day: date) -> _Known:
    """What the registers say of the day.

    They are not joined by the database: PostgreSQL, which expects few rows of them, then looks every officer up for
    each school, 9 s for 2,000 officers and 1,000 schools.
    """
    scope, of_one = scope_of(caller, asked.school_id), asked.requirement_id is not None
    values = values_of(caller, asked.school_id) | {"day": day.toordinal(), "requirement_id": asked.requirement_id}

    async def rows_of(table: Table) -> Sequence[Any]:
        return await _question(table, scope, session.dialect, of_one=of_one).many_rows(session, values)

    return _Known(await rows_of(versions), await rows_of(terms), await rows_of(steps))


def _reckoned(asked: TrainingParameters, known: _Known, schools: Mapping[int, str], day: date) -> list[Row]:
    """The rows of the view, from what the latest version of each officer says; what is not asked for is not counted."""
    latest = dict(known.latest)
    by_school, together, of_all = _asked_for(asked)
    everywhere = {EVERYWHERE} if together else set()
    assigned: dict[str, set[int]] = {}
    for officer_id, version, place_no in known.terms:
        if latest[officer_id] == version:
            places = assigned.setdefault(officer_id, {*everywhere})
            if by_school:
                places.add(place_no)

    def standings() -> Iterator[Standing]:
        for officer_id, version, requirement_id, status, _ in known.steps:
            if latest[officer_id] == version:
                yield officer_id, requirement_id, status

    counted = Counter(counted_at(assigned, standings()))
    if of_all:
        counted.update(counted_at(assigned, altogether(assigned, standings())))
    unconfirmed = {
        requirement_id
        for officer_id, version, requirement_id, _, confirmed in known.steps
        if not confirmed and latest[officer_id] == version
    }
    keys: Row = {"month": month_text(month_of(day))} if asked.is_by_month() else {}
    return [{**keys, **row} for row in _rows(counted, schools, unconfirmed)]


def _asked_for(asked: TrainingParameters) -> tuple[bool, bool, bool]:
    """Whether rows are asked for: by school, of all schools together, of all requirements together."""
    keys = asked.keys()
    one_school, one_requirement = asked.school_id is not None, asked.requirement_id is not None
    by_school = keys is None or TrainingKey.SCHOOL_ID in keys
    return (
        one_school or by_school,
        not one_school and (keys is None or not by_school),
        not one_requirement
        and (keys is None or not {TrainingKey.SCHOOL_ID, TrainingKey.REQUIREMENT_ID}.issubset(keys)),
    )


@lru_cache
def _question(table: Table, scope: Scope, dialect: Dialect, *, of_one: bool) -> Prepared:
    """What one register says of the officers in a scope: all of them, or those who were ever assigned there."""
    named = {versions: (), terms: ("place_no",), steps: ("requirement_id", "status", "confirmed")}[table]
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


def _rows(counted: Mapping[Counted, int], schools: Mapping[int, str], unconfirmed: Collection[str]) -> list[Row]:
    by_status: defaultdict[tuple[int, str], dict[int, int]] = defaultdict(dict)
    for (place_no, requirement_id, status), n in counted.items():
        by_status[place_no, requirement_id][status] = n
    rows = [
        _row(schools.get(place_no), requirement_id or None, n, confirmed=requirement_id not in unconfirmed)
        for (place_no, requirement_id), n in by_status.items()
    ]
    return sorted(rows, key=_reading_order)


def _row(school_id: str | None, requirement_id: str | None, by_status: Mapping[int, int], *, confirmed: bool) -> Row:
    n = {status: by_status.get(number, 0) for status, number in STANDINGS.items()}
    is_single = requirement_id is not None
    current, exempt, expired = n[StandingStatus.CURRENT], n[StandingStatus.EXEMPT], n[StandingStatus.EXPIRED]
    return {
        "school_id": school_id,
        "requirement_id": requirement_id,
        "confirmed": confirmed if is_single else None,
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
    return tuple((row[key] is None, str(row[key])) for key in (TrainingKey.SCHOOL_ID, TrainingKey.REQUIREMENT_ID))
