"""Requirements, and the rules that are shipped, over HTTP."""

from datetime import tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.bodies import ChosenId, Line, Moment
from shared.http.etags import ChangedMeanwhile, IfMatch, etag
from shared.http.idempotency import KeyReused, RememberedRoute
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    behind_text,
    behind_version,
    cursor_at_version,
    encode_cursor,
    page_of,
)
from shared.http.problems import problems
from shared.http.reach import OnlyForWholeDistrict, for_whole_district
from shared.http.runtime import Now, ReadOnlySession, WriteSession, allowed
from training_registry.changes import OnRequirementsChanged
from training_registry.requirements import operations, views
from training_registry.requirements.errors import NothingToAdopt, NotShipped, RequirementNotFound
from training_registry.requirements.operations import Adoption, AdoptRequirements
from training_registry.requirements.terms import RequirementTerms
from training_registry.requirements.views import RequirementView, ShippedRequirement, TopicView

_LIST, _VERSIONS = "requirements", "requirement-versions"
_MADE: dict[int | str, dict[str, Any]] = {201: {"model": RequirementView, "description": "It was not there before."}}

Reader = Annotated[Caller, Depends(allowed(Permission.REQUIREMENTS_READ))]
Keeper = Annotated[Caller, Depends(for_whole_district(allowed(Permission.REQUIREMENTS_KEEP)))]
KnownAt = Annotated[Moment | None, Query(description="As it was known at this instant; now where it is left out.")]
Jurisdiction = Annotated[Line | None, Query(description="Only those of this jurisdiction, for instance `US-WA`.")]


def requirement_routes(zone: tzinfo, on_change: OnRequirementsChanged) -> APIRouter:
    """The routes; a day begins in `zone`, and `on_change` is what follows for every officer's standing."""
    router = APIRouter(prefix="/v1", tags=["requirements"], route_class=RememberedRoute)
    _add_reading(router)
    _add_changing(router, zone, on_change)
    _add_catalogue(router, zone, on_change)
    return router


def _add_reading(router: APIRouter) -> None:
    @router.get("/requirements", responses=problems(CursorUnusable))
    async def list_requirements(
        caller: Reader,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        jurisdiction: Jurisdiction = None,
        known_at: KnownAt = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[RequirementView]:
        """The rules that bind the district's officers, by id."""
        found = await views.list_requirements(
            session,
            caller.district_id,
            jurisdiction=jurisdiction,
            known_at=known_at,
            after=behind_text(_LIST, cursor),
            limit=limit + 1,
        )
        return page_of(found, limit, _cursor_behind, request=request, response=response)

    @router.get("/requirements/{requirement_id}", responses=problems(RequirementNotFound))
    async def read_requirement(
        caller: Reader,
        requirement_id: ChosenId,
        response: Response,
        session: ReadOnlySession,
        known_at: KnownAt = None,
    ) -> RequirementView:
        """A rule as it is, or as it was known."""
        found = await views.find_requirement(session, caller.district_id, requirement_id, known_at=known_at)
        response.headers["ETag"] = etag(found.version)
        return found

    @router.get("/requirements/{requirement_id}/versions", responses=problems(RequirementNotFound, CursorUnusable))
    async def read_requirement_versions(
        caller: Reader,
        requirement_id: ChosenId,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[RequirementView]:
        """What each change left of it, newest first; of one that is withdrawn too."""
        before = behind_version(_VERSIONS, requirement_id, cursor)
        found = await views.versions_of(session, caller.district_id, requirement_id, before=before, limit=limit + 1)
        return page_of(found, limit, _cursor_behind_version, request=request, response=response)


def _cursor_behind(requirement: RequirementView) -> str:
    return encode_cursor(_LIST, requirement.requirement_id)


def _cursor_behind_version(requirement: RequirementView) -> str:
    return cursor_at_version(_VERSIONS, requirement.requirement_id, requirement.version)


def _add_changing(router: APIRouter, zone: tzinfo, on_change: OnRequirementsChanged) -> None:
    @router.put("/requirements/{requirement_id}", responses=_MADE | problems(OnlyForWholeDistrict, ChangedMeanwhile))
    async def keep_requirement(
        caller: Keeper,
        requirement_id: ChosenId,
        command: RequirementTerms,
        response: Response,
        session: WriteSession,
        now: Now,
        if_match: IfMatch = None,
    ) -> RequirementView:
        """Write a rule down, or change it. Every officer's standing follows within seconds.

        Under the id of a shipped rule it is the district's own version of it. Courses that an earlier version named
        keep counting where they were completed before the change: a new version ends no old certificate.
        """
        is_new = await operations.keep_requirement(
            session,
            requirement_id,
            command,
            caller=caller,
            if_match=if_match,
            today=now.astimezone(zone).date(),
            now=now,
            on_change=on_change,
        )
        response.status_code = 201 if is_new else 200
        found = await views.find_requirement(session, caller.district_id, requirement_id)
        response.headers["ETag"] = etag(found.version)
        return found

    @router.delete(
        "/requirements/{requirement_id}",
        status_code=204,
        responses=problems(OnlyForWholeDistrict, RequirementNotFound, ChangedMeanwhile),
    )
    async def withdraw_requirement(
        caller: Keeper,
        requirement_id: ChosenId,
        session: WriteSession,
        now: Now,
        if_match: IfMatch = None,
    ) -> None:
        """Withdraw a rule: it binds nobody any more; its versions can still be read."""
        await operations.withdraw_requirement(
            session, requirement_id, caller=caller, if_match=if_match, now=now, on_change=on_change
        )


def _add_catalogue(router: APIRouter, zone: tzinfo, on_change: OnRequirementsChanged) -> None:
    @router.get("/catalogue/requirements")
    async def list_shipped(caller: Reader, jurisdiction: Jurisdiction = None) -> Page[ShippedRequirement]:
        """The rules that are shipped, all on one page. They bind nobody until the district takes them on."""
        return Page(items=views.shipped(jurisdiction), next_cursor=None)

    @router.get("/catalogue/topics")
    async def list_topics(caller: Reader) -> Page[TopicView]:
        """The topics that are shipped, all on one page: Washington's thirteen are the default, then NASRO's."""
        return Page(items=views.topics(), next_cursor=None)

    @router.post(
        "/catalogue/adoptions", responses=problems(OnlyForWholeDistrict, NotShipped, NothingToAdopt, KeyReused)
    )
    async def adopt_requirements(
        caller: Keeper, command: AdoptRequirements, session: WriteSession, now: Now
    ) -> Adoption:
        """Take shipped rules on. Again, nothing doubles; what the district has changed is left as it is."""
        today = now.astimezone(zone).date()
        return await operations.adopt_requirements(
            session, command, caller=caller, today=today, now=now, on_change=on_change
        )
