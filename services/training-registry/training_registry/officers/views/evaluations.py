"""What schools say of an officer's year, one by one and together."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, Select, and_, select

from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.base import Instant
from training_registry.officers.models import evaluation_versions, evaluations
from training_registry.officers.rules import Criterion, Evaluator, Rated, means, schools_served
from training_registry.officers.views.finding import ensure_officer_visible, officers_known

_EVALUATION: dict[str, Any] = {
    "evaluation_id": "019c8a5e-7b7a-7c3e-9f10-3d2a6f1b4c55",
    "officer_id": "o-1",
    "school_year": 2026,
    "school_id": "s-1",
    "evaluated_on": "2026-05-20",
    "by_role": "principal",
    "ratings": {"teaching": 4, "mentoring": 5},
    "remarks": "Knows the students by name.",
    "version": 1,
    "recorded_at": "2026-05-20T15:00:00Z",
    "recorded_by": "principal-1",
}


class EvaluationView(BaseModel):
    """What one school said of an officer's year, in one role."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EVALUATION]})

    evaluation_id: UUID
    officer_id: str
    school_year: int
    school_id: str
    evaluated_on: date
    by_role: Evaluator
    ratings: dict[Criterion, int]
    remarks: str | None
    version: int
    recorded_at: Instant
    recorded_by: str = Field(description="Subject of the token that sent it.")


class MeanView(BaseModel):
    """What all who rated a criterion make of it together."""

    mean: float = Field(description="From 1 to 5, to two places; every input counts the same.")
    n: int = Field(description="How many rated it.")


class YearOfEvaluations(BaseModel):
    """An officer's year as his schools see it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "officer_id": "o-1",
                    "school_year": 2026,
                    "criteria": {"teaching": {"mean": 4.0, "n": 1}, "mentoring": {"mean": 5.0, "n": 1}},
                    "schools_with_input": ["s-1"],
                    "schools_assigned_without_input": ["s-2"],
                    "evaluations": [_EVALUATION],
                }
            ]
        }
    )

    officer_id: str
    school_year: int
    criteria: dict[Criterion, MeanView] = Field(description="Over the input of all schools; unrated ones are absent.")
    schools_with_input: list[str]
    schools_assigned_without_input: list[str] = Field(description="Schools he served that year that said nothing yet.")
    evaluations: list[EvaluationView] = Field(description="Those of the caller's own schools, by school and role.")


async def year_of_evaluations(
    session: ReadSession, caller: Caller, officer_id: str, school_year: int, ring: KeyRing
) -> YearOfEvaluations:
    """An officer's year. The figures are over all schools; what a school said in particular is for that school.

    Raises: OfficerNotFound.
    """
    district_id = caller.district_id
    await ensure_officer_visible(session, caller, officer_id)
    e = evaluations.c
    wanted = _newest(district_id, officer_id).where(e.school_year == school_year)
    rows = (await session.execute(wanted.order_by(e.school_id, e.by_role))).all()
    rated = [Rated(row.school_id, _ratings(row)) for row in rows]
    known = await officers_known(session, district_id, officer_ids=[officer_id])
    served = schools_served(known[officer_id].assignments, school_year)
    heard = {one.school_id for one in rated}
    return YearOfEvaluations(
        officer_id=officer_id,
        school_year=school_year,
        criteria={criterion: MeanView(mean=m.mean, n=m.n) for criterion, m in means(rated).items()},
        schools_with_input=sorted(heard),
        schools_assigned_without_input=sorted(served - heard),
        evaluations=[_view_of(row, ring) for row in rows if caller.sees_school(row.school_id)],
    )


async def find_evaluation(
    session: ReadSession, district_id: str, officer_id: str, key: tuple[int, str, Evaluator], ring: KeyRing
) -> EvaluationView | None:
    """What this school said of that year in that role, as it was last written down."""
    e = evaluations.c
    school_year, school_id, by_role = key
    wanted = _newest(district_id, officer_id).where(
        e.school_year == school_year, e.school_id == school_id, e.by_role == by_role
    )
    row = (await session.execute(wanted)).one_or_none()
    return None if row is None else _view_of(row, ring)


def remarks_key(district_id: str, evaluation_id: UUID, version: int) -> str:
    """What the remarks of a version are bound to."""
    return f"{district_id}/{evaluation_id}/{version}"


def _newest(district_id: str, officer_id: str) -> Select[Any]:
    e, v = evaluations.c, evaluation_versions.c
    newest = and_(v.district_id == e.district_id, v.evaluation_id == e.evaluation_id, v.version == e.version)
    told = (evaluations, v.evaluated_on, v.ratings, v.remarks, v.recorded_at, v.recorded_by)
    joined = select(*told).join(evaluation_versions, newest)
    return joined.where(e.district_id == district_id, e.officer_id == officer_id)


def _ratings(row: Row[Any]) -> dict[Criterion, int]:
    return {Criterion(name): rating for name, rating in orjson.loads(row.ratings).items()}


def _view_of(row: Row[Any], ring: KeyRing) -> EvaluationView:
    remarks = None
    if row.remarks is not None:
        key = remarks_key(row.district_id, row.evaluation_id, row.version)
        remarks = ring.open(row.remarks, table="evaluation_versions", column="remarks", key=key)
    return EvaluationView(
        evaluation_id=row.evaluation_id,
        officer_id=row.officer_id,
        school_year=row.school_year,
        school_id=row.school_id,
        evaluated_on=row.evaluated_on,
        by_role=row.by_role,
        ratings=_ratings(row),
        remarks=remarks,
        version=row.version,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )
