"""What a closed survey found, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.rules import Administration
from climate_survey_api.results.errors import (
    EarlierWaveNotCounted,
    EarlierWaveNotFound,
    FacetNotAsked,
    ResultsNotCounted,
    SchoolNotSurveyed,
)
from climate_survey_api.results.views import answers
from climate_survey_api.results.views.comparisons import change, earlier_wave, representativeness
from climate_survey_api.results.views.results import Asked, columns, results
from climate_survey_api.results.views.shapes import (
    Change,
    DimensionChange,
    Representativeness,
    SurveyResults,
    ValueShare,
)
from climate_survey_api.results.views.sheets import (
    By,
    Wanted,
    counted_administration,
    ensure_asked,
    ensure_surveyed,
    minimum_of,
)
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.db import ReadSession
from shared.errors import ServiceError
from shared.events.surveys import RespondentGroup, SurveyFacet
from shared.http.bodies import Id
from shared.http.headers import RETRY_AFTER
from shared.http.problems import problems
from shared.http.runtime import ReadOnlySession, allowed

Reader = Annotated[Caller, Depends(allowed(Permission.SURVEY_RESULTS_READ))]
OneSchool = Annotated[
    str | None, Query(max_length=255, description="Only this school's rows; without it all, and the district's.")
]
OneGroup = Annotated[RespondentGroup | None, Query(description="Only this group.")]


def result_routes() -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/administrations/{administration_id}/results", tags=["results"])

    @router.get("", responses=_described(SurveyResults, FacetNotAsked), response_model=None)
    async def read_results(
        caller: Reader,
        administration_id: Id,
        session: ReadOnlySession,
        by: Annotated[By, Query(description="What rows are told of.")] = By.DIMENSION,
        school_id: OneSchool = None,
        group: OneGroup = None,
        facet: Annotated[SurveyFacet | None, Query(description="Break rows down by what respondents said.")] = None,
        weighted: Annotated[
            SurveyFacet | None, Query(description="Add figures weighted by this facet's frame, beside the raw ones.")
        ] = None,
        accept: answers.Accept = answers.JSON,
    ) -> Response:
        """What a closed survey found: a row per school and group, and with `school_id` null the district's.

        Rows of too few, and those from which these could be worked out, are suppressed for everybody.
        """
        there = await counted_administration(session, caller, administration_id)
        ensure_surveyed(there, caller, school_id)
        ensure_asked(there, facet)
        ensure_asked(there, weighted)
        asked = Asked(by, Wanted(school_id, group), facet, weighted)
        found = await results(session, caller, there, asked)
        return answers.answer(found, columns(asked), await _frozen(session, there), accept, warns=True)

    @router.get("/representativeness", responses=_described(Representativeness), response_model=None)
    async def read_representativeness(
        caller: Reader,
        administration_id: Id,
        session: ReadOnlySession,
        school_id: OneSchool = None,
        group: OneGroup = None,
        accept: answers.Accept = answers.JSON,
    ) -> Response:
        """How those who answered are composed, beside those who were invited. Suppressed as results are."""
        there = await counted_administration(session, caller, administration_id)
        ensure_surveyed(there, caller, school_id)
        rows = await representativeness(session, caller, there, Wanted(school_id, group))
        return answers.answer(rows, tuple(ValueShare.model_fields), await _frozen(session, there), accept)

    @router.get(
        "/change", responses=_described(Change, EarlierWaveNotFound, EarlierWaveNotCounted), response_model=None
    )
    async def read_change(
        caller: Reader,
        administration_id: Id,
        session: ReadOnlySession,
        from_: Annotated[Id, Query(alias="from", description="The earlier survey's `administration_id`.")],
        school_id: OneSchool = None,
        group: OneGroup = None,
        accept: answers.Accept = answers.JSON,
    ) -> Response:
        """By how much dimensions changed since an earlier survey, with intervals. Suppressed where either is."""
        there = await counted_administration(session, caller, administration_id)
        before = await earlier_wave(session, caller, from_)
        ensure_surveyed(there, caller, school_id)
        rows = await change(session, caller, before, there, Wanted(school_id, group))
        beside = {"from_administration_id": str(from_), **await _frozen(session, there)}
        return answers.answer(rows, tuple(DimensionChange.model_fields), beside, accept, warns=True)

    return router


async def _frozen(session: ReadSession, there: Administration) -> dict[str, object]:
    """What was settled when the survey was counted."""
    return {"policy": {"minimum": await minimum_of(session, there)}, "as_of": there.counted_at}


def _described(model: type[Any], *refusals: type[ServiceError]) -> dict[int | str, dict[str, Any]]:
    """What such a route may answer: its rows as JSON or as CSV, or why there are none."""
    saved = {"description": "With CSV alone.", "schema": {"type": "string"}, "example": answers.SAVED_AS}
    rows = {
        "model": model,
        "content": {answers.CSV: {"schema": {"type": "string"}}},
        "headers": {"Content-Disposition": saved},
    }
    described = problems(AdministrationNotFound, SchoolNotSurveyed, ResultsNotCounted, *refusals)
    again = {"description": "Seconds, while it is counted.", "schema": {"type": "integer", "minimum": 1}, "example": 5}
    described[ResultsNotCounted.status]["headers"] = {RETRY_AFTER: again}
    return {200: rows, **described}
