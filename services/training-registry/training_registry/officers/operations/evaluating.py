"""A school's part of an officer's yearly evaluation: the command, then the function that carries it out."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import orjson
from pydantic import ConfigDict, Field
from sqlalchemy import insert, update

from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.http.bodies import Id, Narrative, SourcedId, StrictBody
from shared.outbox import new_event_id
from training_registry.days import NearDay
from training_registry.officers.errors import EvaluationExists, SchoolNotYours
from training_registry.officers.models import evaluation_versions, evaluations
from training_registry.officers.operations.keeping import lock_officer
from training_registry.officers.rules import Criterion, Evaluator, ensure_may_be_evaluated, ensure_not_own
from training_registry.officers.views.evaluations import EvaluationView, find_evaluation, remarks_key
from training_registry.officers.views.finding import ensure_officer_visible, officers_known


class EvaluateOfficer(StrictBody):
    """What one school says of an officer's year there."""

    evaluation_id: Id | None = Field(
        None, description="Chosen by the caller for a new one; that of the one to be corrected."
    )
    school_year: int = Field(ge=2000, le=2200, description="The year the school year ends in; it begins on 1 July.")
    school_id: SourcedId
    evaluated_on: NearDay
    by_role: Annotated[Evaluator, Field(strict=False)] = Field(description="Whose view it is.")
    ratings: dict[Annotated[Criterion, Field(strict=False)], Annotated[int, Field(ge=1, le=5)]] = Field(
        min_length=1, description="From 1 to 5; a criterion that nobody could judge is left out."
    )
    remarks: Narrative | None = Field(None, description="Sealed; read by the school's own and by the district.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "school_year": 2026,
                    "school_id": "s-1",
                    "evaluated_on": "2026-05-20",
                    "by_role": "principal",
                    "ratings": {"teaching": 4, "mentoring": 5, "keeps_out_of_discipline": 5},
                    "remarks": "Knows the students by name.",
                }
            ]
        }
    )


async def evaluate_officer(
    session: Session,
    officer_id: str,
    command: EvaluateOfficer,
    *,
    caller: Caller,
    ring: KeyRing,
    today: date,
    now: datetime,
) -> tuple[UUID, bool]:
    """This is what the school says in that role, and replaces what it said before. Its id, and whether it is the first.

    There is one of each school, year and role; what it said before is kept. The same again changes nothing. Who
    corrects one names it, so that nobody replaces what he has not heard of.
    Raises: OwnRecord, OfficerNotFound, SchoolNotYours, EvaluatedInFuture, NotAssignedThere, EvaluationExists.
    """
    district_id = caller.district_id
    ensure_not_own(officer_id, caller.sub)
    await ensure_officer_visible(session, caller, officer_id)
    if not caller.sees_school(command.school_id):
        raise SchoolNotYours
    await lock_officer(session, district_id, officer_id)
    known = await officers_known(session, district_id, officer_ids=[officer_id])
    ensure_may_be_evaluated(
        known[officer_id].assignments,
        school_id=command.school_id,
        school_year=command.school_year,
        evaluated_on=command.evaluated_on,
        today=today,
    )
    key = (command.school_year, command.school_id, command.by_role)
    there = await find_evaluation(session, district_id, officer_id, key, ring)
    if there is None:
        return await _add(session, officer_id, command, caller=caller, ring=ring, now=now), True
    if command.evaluation_id not in (None, there.evaluation_id):
        raise EvaluationExists
    if all(getattr(there, name) == getattr(command, name) for name in ("evaluated_on", "ratings", "remarks")):
        return there.evaluation_id, False
    if command.evaluation_id is None:
        raise EvaluationExists("Name it to correct it.", evaluation_id=str(there.evaluation_id))
    await _replace(session, there, command, caller=caller, ring=ring, now=now)
    return there.evaluation_id, False


async def _replace(
    session: Session, there: EvaluationView, command: EvaluateOfficer, *, caller: Caller, ring: KeyRing, now: datetime
) -> None:
    e, version = evaluations.c, there.version + 1
    this = update(evaluations).where(e.district_id == caller.district_id, e.evaluation_id == there.evaluation_id)
    await session.execute(this.values(version=version))
    # The clock of another process may be behind; no version is known earlier than the one before it.
    at = max(now, there.recorded_at)
    await _write(session, there.evaluation_id, version, command, caller=caller, ring=ring, now=at)


async def _add(
    session: Session,
    officer_id: str,
    command: EvaluateOfficer,
    *,
    caller: Caller,
    ring: KeyRing,
    now: datetime,
) -> UUID:
    evaluation_id = command.evaluation_id or new_event_id()
    columns = ("district_id", "evaluation_id", "officer_id", "school_year", "school_id", "by_role", "version")
    key = (command.school_year, command.school_id, command.by_role.value)
    row = (caller.district_id, evaluation_id, officer_id, *key, 1)
    if not await bulk_upsert(session, evaluations, columns, [row], on_conflict="ignore"):
        raise EvaluationExists
    await _write(session, evaluation_id, 1, command, caller=caller, ring=ring, now=now)
    return evaluation_id


async def _write(
    session: Session,
    evaluation_id: UUID,
    version: int,
    command: EvaluateOfficer,
    *,
    caller: Caller,
    ring: KeyRing,
    now: datetime,
) -> None:
    remarks = None
    if command.remarks is not None:
        key = remarks_key(caller.district_id, evaluation_id, version)
        remarks = ring.seal(command.remarks, table="evaluation_versions", column="remarks", key=key)
    await session.execute(
        insert(evaluation_versions).values(
            district_id=caller.district_id,
            evaluation_id=evaluation_id,
            version=version,
            evaluated_on=command.evaluated_on,
            ratings=orjson.dumps({name.value: rating for name, rating in command.ratings.items()}).decode(),
            remarks=remarks,
            recorded_at=now,
            recorded_by=caller.sub,
        )
    )
