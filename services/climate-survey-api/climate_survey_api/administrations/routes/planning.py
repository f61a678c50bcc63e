"""Plans over HTTP: made, changed while they may be, taken back."""

from datetime import tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from climate_survey_api.administrations.errors import (
    AdministrationExists,
    AdministrationNotFound,
    PlanIsFixed,
    PlanUnsound,
)
from climate_survey_api.administrations.operations import planning
from climate_survey_api.administrations.plan import ChangePlan, PlanAdministration
from climate_survey_api.administrations.routes.reading import answer_record
from climate_survey_api.administrations.views.records import AdministrationView
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.bodies import Id
from shared.http.etags import ChangedMeanwhile, IfMatch
from shared.http.idempotency import KeyReused
from shared.http.problems import problems
from shared.http.reach import OnlyForWholeDistrict, for_whole_district
from shared.http.runtime import Now, WriteSession, allowed

Planner = Annotated[Caller, Depends(for_whole_district(allowed(Permission.SURVEYS_PLAN)))]
_THERE: dict[int | str, dict[str, Any]] = {200: {"model": AdministrationView, "description": "It was there already."}}


def add_planning_routes(router: APIRouter, zone: tzinfo) -> None:
    """Make, change and take back plans."""

    @router.post(
        "",
        status_code=201,
        responses=_THERE | problems(OnlyForWholeDistrict, AdministrationExists, PlanUnsound, KeyReused),
    )
    async def plan_administration(
        caller: Planner, command: PlanAdministration, response: Response, session: WriteSession, now: Now
    ) -> AdministrationView:
        """Plan a survey: a draft that opens by itself when its window comes, unless something forbids it then."""
        administration_id, is_new = await planning.plan_administration(session, command, caller=caller, now=now)
        response.status_code = 201 if is_new else 200
        response.headers["Location"] = f"/v1/administrations/{administration_id}"
        return await answer_record(session, caller, administration_id, response, now=now, zone=zone)

    @router.put(
        "/{administration_id}",
        responses=problems(OnlyForWholeDistrict, AdministrationNotFound, PlanIsFixed, ChangedMeanwhile, PlanUnsound),
    )
    async def change_plan(
        caller: Planner,
        administration_id: Id,
        command: ChangePlan,
        response: Response,
        session: WriteSession,
        now: Now,
        if_match: IfMatch = None,
    ) -> AdministrationView:
        """Set the plan anew, all of it.

        Of a draft with access codes only name, window and `ppra` may differ, and that as long as parents are given the
        same; of an open survey only `closes_at`, earlier or later, in the future; once that has come nothing.
        """
        await planning.change_plan(session, administration_id, command, caller=caller, if_match=if_match, now=now)
        return await answer_record(session, caller, administration_id, response, now=now, zone=zone)

    @router.delete(
        "/{administration_id}",
        status_code=204,
        responses=problems(OnlyForWholeDistrict, AdministrationNotFound, PlanIsFixed, ChangedMeanwhile),
    )
    async def withdraw_plan(
        caller: Planner, administration_id: Id, session: WriteSession, now: Now, if_match: IfMatch = None
    ) -> None:
        """Take a draft back that has no access codes. It leaves nothing behind."""
        await planning.withdraw_plan(session, administration_id, caller=caller, if_match=if_match, now=now)
