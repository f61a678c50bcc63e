"""Reading completions over HTTP: one, its history, or those that the caller may see."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.etags import etag
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    behind_instant,
    behind_version,
    cursor_at,
    cursor_at_version,
    page_of,
)
from shared.http.problems import problems
from shared.http.runtime import AtHand, ReadOnlySession, allowed
from training_registry.completions.errors import CompletionNotFound
from training_registry.completions.rules import CompletionStatus
from training_registry.completions.views.finding import list_completions, versions_of, visible_completion
from training_registry.completions.views.records import CompletionVersion, CompletionView
from training_registry.officers.errors import OfficerNotFound
from training_registry.officers.views import officers_seen_by

Reader = Annotated[Caller, Depends(allowed(Permission.COMPLETIONS_READ))]

_LIST, _HISTORY = "completions", "completion-history"


def add_reading_routes(router: APIRouter) -> None:
    """The routes by which completions are read."""

    @router.get("/{completion_id:uuid}", responses=problems(CompletionNotFound))
    async def read_completion(
        caller: Reader, completion_id: UUID, session: ReadOnlySession, response: Response, at_hand: AtHand
    ) -> CompletionView:
        """One completion: an officer's own, one of an officer of the caller's schools, or any of the district's."""
        seen = await officers_seen_by(session, caller)
        view, version = await visible_completion(session, caller, completion_id, officer_ids=seen, ring=at_hand.ring)
        response.headers["ETag"] = etag(version)
        return view

    @router.get("/{completion_id:uuid}/history", responses=problems(CompletionNotFound, CursorUnusable))
    async def read_history(
        caller: Reader,
        completion_id: UUID,
        request: Request,
        session: ReadOnlySession,
        response: Response,
        at_hand: AtHand,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[CompletionVersion]:
        """Who did what when, and what the completion said from then on, oldest first."""
        seen = await officers_seen_by(session, caller)
        await visible_completion(session, caller, completion_id, officer_ids=seen, ring=at_hand.ring)
        whose = str(completion_id)
        behind = behind_version(_HISTORY, whose, cursor) or 0
        found = await versions_of(session, caller, completion_id, behind=behind, limit=limit + 1, ring=at_hand.ring)

        def cursor_behind(shown: CompletionVersion) -> str:
            return cursor_at_version(_HISTORY, whose, shown.version)

        return page_of(found, limit, cursor_behind, request=request, response=response)

    @router.get("", responses=problems(OfficerNotFound, CursorUnusable))
    async def read_completions(
        caller: Reader,
        request: Request,
        session: ReadOnlySession,
        response: Response,
        at_hand: AtHand,
        officer_id: Annotated[str | None, Query(description="One that the caller may see.")] = None,
        course: str | None = None,
        status: CompletionStatus | None = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[CompletionView]:
        """The completions that the caller may see, the one recorded last first."""
        found = await list_completions(
            session,
            caller,
            officer_ids=_asked(await officers_seen_by(session, caller), officer_id),
            course=course,
            status=status,
            before=behind_instant(_LIST, cursor),
            limit=limit + 1,
            ring=at_hand.ring,
        )
        return page_of(found, limit, _cursor_behind, request=request, response=response)


def _asked(seen: Collection[str] | None, officer_id: str | None) -> Collection[str] | None:
    """Whose completions are asked for. Raises: OfficerNotFound for somebody whose are not the caller's to see."""
    if officer_id is None:
        return seen
    if seen is not None and officer_id not in seen:
        raise OfficerNotFound
    return {officer_id}


def _cursor_behind(shown: CompletionView) -> str:
    return cursor_at(_LIST, shown.recorded_at, shown.completion_id)
