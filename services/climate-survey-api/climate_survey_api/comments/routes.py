"""Comments over HTTP: read and decided about by trained readers, and shown where they were released."""

from datetime import tzinfo
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.comments import operations, views
from climate_survey_api.comments.errors import (
    AlreadyReviewed,
    CommentNotFound,
    CommentsNotReady,
    OnlyReleasedIsRedacted,
    ReaderNotNamed,
)
from climate_survey_api.comments.operations import ReviewComment
from climate_survey_api.comments.rules import CommentStatus
from climate_survey_api.comments.views import (
    CommentsUnderReview,
    CommentUnderReview,
    ReleasedComment,
    ReleasedComments,
)
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.events.surveys import RespondentGroup
from shared.http.etags import ChangedMeanwhile, IfMatch, etag
from shared.http.idempotency import KeyReused, RememberedRoute
from shared.http.paging import DEFAULT_LIMIT, Cursor, CursorUnusable, Limit, behind_id, encode_cursor, page_of
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed

_REVIEW, _RELEASED = "comments", "released-comments"

Reviewer = Annotated[Caller, Depends(allowed(Permission.SURVEY_COMMENTS_REVIEW))]
Reader = Annotated[Caller, Depends(allowed(Permission.SURVEY_COMMENTS_READ))]
OfSchool = Annotated[str | None, Query(max_length=255, description="Only those of this school.")]
OfGroup = Annotated[RespondentGroup | None, Query(description="Only those of this group.")]


def comment_routes(zone: tzinfo) -> APIRouter:
    """The routes; a day begins in `zone`."""
    router = APIRouter(prefix="/v1", tags=["surveys"], route_class=RememberedRoute)
    _add_reviewing(router, zone)
    _add_reading(router)
    return router


def _add_reviewing(router: APIRouter, zone: tzinfo) -> None:
    @router.get(
        "/administrations/{administration_id}/comments",
        responses=problems(ReaderNotNamed, AdministrationNotFound, CommentsNotReady, CursorUnusable),
    )
    async def read_comments(
        caller: Reviewer,
        administration_id: UUID,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        at_hand: AtHand,
        status: Annotated[
            CommentStatus, Query(description="How they stand; those that wait for a reader where it is left out.")
        ] = CommentStatus.UNREAD,
        school_id: OfSchool = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> CommentsUnderReview:
        """What respondents wrote, for the trained readers that the district's rules name. In an order by chance."""
        await views.ensure_trained(session, caller)
        await views.ensure_counted(session, caller, administration_id)
        found = await views.comments_under_review(
            session,
            caller,
            at_hand.ring,
            administration_id=administration_id,
            status=status,
            school_id=school_id,
            after=behind_id(_REVIEW, cursor),
            limit=limit + 1,
        )
        page = page_of(found, limit, _behind_reviewed, request=request, response=response)
        counts = await views.review_counts(session, caller, administration_id=administration_id, school_id=school_id)
        return CommentsUnderReview(items=page.items, next_cursor=page.next_cursor, counts=counts)

    @router.post(
        "/comments/{comment_id}/review",
        responses=problems(
            ReaderNotNamed, CommentNotFound, AlreadyReviewed, ChangedMeanwhile, OnlyReleasedIsRedacted, KeyReused
        ),
    )
    async def review_comment(
        caller: Reviewer,
        comment_id: UUID,
        command: ReviewComment,
        response: Response,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> CommentUnderReview:
        """Release a comment, withhold it, or escalate it. To decide anew takes `If-Match` with its `ETag`."""
        today = now.astimezone(zone).date()
        await operations.review_comment(
            session, at_hand.ring, comment_id, command, caller=caller, if_match=if_match, today=today
        )
        found = await views.find_comment(session, caller, at_hand.ring, comment_id)
        response.headers["ETag"] = etag(found.version)
        return found


def _behind_reviewed(comment: CommentUnderReview) -> str:
    return encode_cursor(_REVIEW, str(comment.comment_id))


def _add_reading(router: APIRouter) -> None:
    @router.get(
        "/administrations/{administration_id}/released-comments",
        responses=problems(AdministrationNotFound, CommentsNotReady, CursorUnusable),
    )
    async def read_released_comments(
        caller: Reader,
        administration_id: UUID,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        at_hand: AtHand,
        school_id: OfSchool = None,
        group: OfGroup = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> ReleasedComments:
        """What readers released, where enough wrote, in an order by chance that stays the same."""
        await views.ensure_counted(session, caller, administration_id)
        found = await views.released_comments(
            session,
            caller,
            at_hand.ring,
            administration_id=administration_id,
            school_id=school_id,
            group=group,
            after=behind_id(_RELEASED, cursor),
            limit=limit + 1,
        )
        page = page_of(found, limit, _behind_released, request=request, response=response)
        units = []
        if cursor is None:
            units = await views.units_of_comments(
                session, caller, administration_id=administration_id, school_id=school_id, group=group
            )
        return ReleasedComments(items=page.items, next_cursor=page.next_cursor, units=units)


def _behind_released(comment: ReleasedComment) -> str:
    return encode_cursor(_RELEASED, str(comment.comment_id))
