"""The views of the topic `surveys` over HTTP: suppressed where they are before they come here, for every role."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from reporting.routes.telling import described, ensure_known, told
from reporting.views import answers
from reporting.views.answers import Table
from reporting.views.climate import Climate, ClimateParameters, climate
from reporting.views.survey_progress import SurveyProgress, SurveyProgressParameters, survey_progress_of
from shared.auth import Caller, Permission
from shared.horizon import Horizon
from shared.http.runtime import ReadOnlySession, allowed

CLIMATE = Table(
    "climate",
    (
        "administration_id",
        "opened_on",
        "closed_on",
        "school_id",
        "respondent_group",
        "dimension",
        "schools_counted",
        "invited",
        "n",
        "favorable",
        "mean",
    ),
)
PROGRESS = Table(
    "survey-progress",
    (
        "administration_id",
        "school_id",
        "respondent_group",
        "status",
        "opened_on",
        "closed_on",
        "counted_on",
        "invited",
        "generated",
        "used",
        "submission_rate",
    ),
)

Reader = Annotated[Caller, Depends(allowed(Permission.VIEWS_READ))]


def surveys_router(horizon: Horizon) -> APIRouter:
    """The views of climate surveys, as far as `horizon` sees."""
    router = APIRouter(prefix="/v1", tags=["views"])

    @router.get(f"/views/{CLIMATE.name}", responses=described(Climate, CLIMATE), response_model=None)
    async def get_climate(
        caller: Reader,
        session: ReadOnlySession,
        asked: Annotated[ClimateParameters, Query()],
        accept: answers.Accept = answers.JSON,
    ) -> Response:
        """What the surveys found that are closed and counted: never a single answer, nor what few people answered."""
        await ensure_known(session, caller, asked.school_id)
        found = await climate(session, caller, asked)
        return await told(session, horizon, found.rows, (), CLIMATE, accept, policy=found.policy)

    @router.get(f"/views/{PROGRESS.name}", responses=described(SurveyProgress, PROGRESS), response_model=None)
    async def get_survey_progress(
        caller: Reader,
        session: ReadOnlySession,
        asked: Annotated[SurveyProgressParameters, Query()],
        accept: answers.Accept = answers.JSON,
    ) -> Response:
        """How many people have answered the surveys, by the last day that is known."""
        await ensure_known(session, caller, asked.school_id)
        rows = await survey_progress_of(session, caller, asked)
        return await told(session, horizon, rows, (), PROGRESS, accept)

    return router
