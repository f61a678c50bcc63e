"""The district's rules for surveys over HTTP."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from climate_survey_api.policies import operations, views
from climate_survey_api.policies.operations import SetSurveyPolicy
from climate_survey_api.policies.views import SurveyPolicyView
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.etags import ChangedMeanwhile, IfMatch, etag
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    behind_version,
    cursor_at_version,
    page_of,
)
from shared.http.problems import problems
from shared.http.reach import OnlyForWholeDistrict, for_whole_district
from shared.http.runtime import Now, ReadOnlySession, WriteSession, allowed

_VERSIONS = "survey-policy-versions"

Reader = Annotated[Caller, Depends(allowed(Permission.SURVEY_POLICY_READ))]
Setter = Annotated[Caller, Depends(for_whole_district(allowed(Permission.SURVEY_POLICY_SET)))]


def policy_routes() -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/v1/survey-policy", tags=["surveys"])

    @router.get("")
    async def read_survey_policy(caller: Reader, response: Response, session: ReadOnlySession) -> SurveyPolicyView:
        """The rules that hold now; those that are shipped until the district sets its own."""
        return _answer(await views.find_policy(session, caller.district_id), response)

    @router.put("", responses=problems(OnlyForWholeDistrict, ChangedMeanwhile))
    async def set_survey_policy(
        caller: Setter,
        command: SetSurveyPolicy,
        response: Response,
        session: WriteSession,
        now: Now,
        if_match: IfMatch = None,
    ) -> SurveyPolicyView:
        """Set the rules, as a whole. What was counted before stays as it was counted."""
        found = await operations.set_survey_policy(session, command, caller=caller, if_match=if_match, now=now)
        return _answer(found, response)

    @router.get("/versions", responses=problems(CursorUnusable))
    async def list_survey_policy_versions(
        caller: Reader,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[SurveyPolicyView]:
        """What each change left, newest first; none until the district has set its rules."""
        before = behind_version(_VERSIONS, caller.district_id, cursor)
        found = await views.policy_versions(session, caller.district_id, before=before, limit=limit + 1)
        return page_of(found, limit, partial(_cursor_behind, caller), request=request, response=response)

    return router


def _answer(found: SurveyPolicyView, response: Response) -> SurveyPolicyView:
    response.headers["ETag"] = etag(found.version)
    return found


def _cursor_behind(caller: Caller, policy: SurveyPolicyView) -> str:
    return cursor_at_version(_VERSIONS, caller.district_id, policy.version)
