"""How many officers are trained as they should be, by school and requirement, on any day."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    Table,
    Text,
    and_,
    func,
    literal_column,
    select,
    union_all,
)

from reporting.codec import STANDINGS
from reporting.models import officer_standings as versions
from reporting.models import officer_steps as steps
from reporting.models import officer_terms as terms
from reporting.views import answers
from reporting.views.periods import ForbidUnknown, OneSchool, ensure_keys, names_of
from reporting.views.rows import Row
from reporting.views.scope import of_whole_district, schools_by_number, scope_of, values_of, within
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


# No number is given to a place, and no id to a requirement, that could be taken for these.
_EVERYWHERE = literal_column("0", Integer)
_TOGETHER = literal_column("''", Text)


async def training(session: ReadSession, caller: Caller, asked: TrainingParameters, day: date) -> list[Row]:
    """How the officers assigned on a day stand to what binds them, as far as is known now.

    Shape: a row per school and requirement, per school for all requirements together, per requirement for all schools
    together, and one for all; schools and requirements by their ids, what is together behind them. Schools without an
    officer on that day are absent, and so are requirements that bind none of theirs. Asked for one school or one
    requirement, there is nothing to be told together of it.
    Units: officers. Who serves at two schools counts at each and once together. An officer whom nothing binds is
    current with all requirements.
    """
    question = _question(caller, asked, day)
    counted: defaultdict[tuple[int, str], dict[int, int]] = defaultdict(dict)
    for place_no, requirement_id, status, n in await session.execute(question, values_of(caller, asked.school_id)):
        counted[place_no, requirement_id][status] = n
    schools = await schools_by_number(session, caller)
    rows = [
        _row(schools.get(place_no), requirement_id or None, by_status)
        for (place_no, requirement_id), by_status in counted.items()
        if _is_asked_for(asked, is_of_school=bool(place_no), is_of_requirement=bool(requirement_id))
    ]
    return sorted(rows, key=_reading_order)


def _valid(table: Table, day: date) -> ColumnElement[bool]:
    """The condition that keeps rows of a day, in the latest version of each officer."""
    return and_(
        of_whole_district(versions),
        versions.c.officer_id == table.c.officer_id,
        versions.c.version == table.c.version,
        table.c.from_on <= day,
        table.c.to_on >= day,
    )


def _question(caller: Caller, asked: TrainingParameters, day: date) -> Select[*tuple[Any, ...]]:
    """How many officers of each place stand how to each requirement."""
    own = (within(terms, scope_of(caller, asked.school_id)), _valid(terms, day))
    assigned = select(terms.c.place_no, terms.c.officer_id).where(*own).distinct().cte("assigned")
    once = select(assigned.c.officer_id).distinct().subquery("once")
    at_places = select(assigned.c.place_no, assigned.c.officer_id)
    if asked.school_id is None:
        everywhere = select(_EVERYWHERE.label("place_no"), once.c.officer_id)
        at = union_all(at_places, everywhere).subquery("at")
    else:
        at = at_places.subquery("at")
    standing = _standings(asked, day, once)
    return (
        select(at.c.place_no, standing.c.requirement_id, standing.c.status, func.count())
        .join_from(at, standing, at.c.officer_id == standing.c.officer_id)
        .group_by(at.c.place_no, standing.c.requirement_id, standing.c.status)
    )


def _standings(asked: TrainingParameters, day: date, officers: Subquery) -> Subquery:
    """How each officer stands to each requirement that is asked for, or to each and to all together."""
    single = select(steps.c.officer_id, steps.c.requirement_id, steps.c.status).where(
        of_whole_district(steps), _valid(steps, day)
    )
    if asked.requirement_id is not None:
        return single.where(steps.c.requirement_id == asked.requirement_id).subquery("standing")
    each = single.cte("each_standing")
    # The numbers grow with how bad it is: see the codec.
    worst = func.coalesce(func.max(each.c.status), literal_column(str(STANDINGS[StandingStatus.CURRENT])))
    together = (
        select(officers.c.officer_id, _TOGETHER.label("requirement_id"), worst.label("status"))
        .join_from(officers, each, officers.c.officer_id == each.c.officer_id, isouter=True)
        .group_by(officers.c.officer_id)
    )
    return union_all(select(each), together).subquery("standing")


def _is_asked_for(asked: TrainingParameters, *, is_of_school: bool, is_of_requirement: bool) -> bool:
    if asked.by is None:
        return True
    keys = names_of(asked.by)
    return (asked.school_id is not None or is_of_school is (TrainingKey.SCHOOL_ID in keys)) and (
        asked.requirement_id is not None or is_of_requirement is (TrainingKey.REQUIREMENT_ID in keys)
    )


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
