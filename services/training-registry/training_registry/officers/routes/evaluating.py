"""Officers' yearly evaluations, over HTTP."""

from datetime import tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.events.facets import school_year_of
from shared.http.bodies import ChosenId
from shared.http.idempotency import KeyReused
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed
from training_registry.officers.errors import (
    EvaluatedInFuture,
    EvaluationExists,
    NotAssignedThere,
    OfficerNotFound,
    OwnRecord,
    SchoolNotYours,
)
from training_registry.officers.operations import evaluating
from training_registry.officers.operations.evaluating import EvaluateOfficer
from training_registry.officers.views import evaluations
from training_registry.officers.views.evaluations import EvaluationView, YearOfEvaluations, find_evaluation

_PATH = "/{officer_id}/evaluations"
_THERE: dict[int | str, dict[str, Any]] = {
    200: {"model": EvaluationView, "description": "There was one of this school, year and role; it says this now."}
}


def add_evaluation_routes(router: APIRouter, zone: tzinfo) -> None:
    """Give a school's part of an officer's yearly evaluation, and read them together."""

    @router.post(
        _PATH,
        status_code=201,
        responses=_THERE
        | problems(
            OwnRecord,
            OfficerNotFound,
            SchoolNotYours,
            EvaluatedInFuture,
            NotAssignedThere,
            EvaluationExists,
            KeyReused,
        ),
    )
    async def evaluate_officer(
        caller: Annotated[Caller, Depends(allowed(Permission.EVALUATIONS_RECORD))],
        officer_id: ChosenId,
        command: EvaluateOfficer,
        response: Response,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
    ) -> EvaluationView:
        """Give a school's part of an officer's evaluation. One of each school, year and role: name it to correct it."""
        _, is_new = await evaluating.evaluate_officer(
            session,
            officer_id,
            command,
            caller=caller,
            ring=at_hand.ring,
            today=now.astimezone(zone).date(),
            now=now,
        )
        key = (command.school_year, command.school_id, command.by_role)
        written = await find_evaluation(session, caller.district_id, officer_id, key, at_hand.ring)
        assert written is not None
        response.status_code = 201 if is_new else 200
        return written

    @router.get(_PATH, responses=problems(OfficerNotFound))
    async def read_evaluations(
        caller: Annotated[Caller, Depends(allowed(Permission.EVALUATIONS_READ))],
        officer_id: ChosenId,
        session: ReadOnlySession,
        at_hand: AtHand,
        now: Now,
        school_year: Annotated[
            int | None, Query(ge=2000, le=2200, description="The year it ends in; this one where it is left out.")
        ] = None,
    ) -> YearOfEvaluations:
        """An officer's year: figures over all his schools, whom to hear yet, and what the caller's schools said."""
        year = school_year or school_year_of(now.astimezone(zone).date())
        return await evaluations.year_of_evaluations(session, caller, officer_id, year, at_hand.ring)
