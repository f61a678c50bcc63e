"""What can be read of comments: all of them by a trained reader, by others what he released."""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import ColumnElement, Row, Select, func, select

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.views import find_administration
from climate_survey_api.comments.errors import CommentNotFound, CommentsNotReady, ReaderNotNamed
from climate_survey_api.comments.models import comments
from climate_survey_api.comments.rules import CommentStatus
from climate_survey_api.policies.views import policy_of
from shared.auth import Caller
from shared.crypto import KeyRing
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup
from shared.http.paging import Page

_C = comments.c

_UNIT: dict[str, JsonValue] = {"school_id": "s-1", "respondent_group": "student", "item_id": "words"}
_REVIEWED: dict[str, JsonValue] = _UNIT | {
    "comment_id": "5f3f0c0e-9e5c-4a39-8f38-6d4f2b6d1c77",
    "administration_id": "019c8a5e-7b7a-7c3e-9f10-3d2a6f1b4c55",
    "written": "Ms. Rivera listens to us.",
    "is_suppressed": False,
    "status": "released",
    "redacted": "[A teacher] listens to us.",
    "note": "Named a teacher.",
    "reviewed_by": "c-1",
    "reviewed_on": "2026-11-24",
    "version": 2,
}
_RELEASED: dict[str, JsonValue] = _UNIT | {
    "comment_id": _REVIEWED["comment_id"],
    "text": "[A teacher] listens to us.",
}
_COUNTS: dict[str, JsonValue] = {"unread": 3, "released": 11, "withheld": 1, "escalated": 1}


class CommentUnderReview(BaseModel):
    """A comment as its readers see it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REVIEWED]})

    comment_id: UUID
    administration_id: UUID
    school_id: str
    respondent_group: RespondentGroup
    item_id: str
    written: str = Field(description="What the respondent wrote.")
    is_suppressed: bool = Field(
        description="Too few in its school and group answered this item in words: whatever is decided, it is shown to "
        "nobody but its readers."
    )
    status: CommentStatus
    redacted: str | None = Field(description="What is shown instead of what was written; null: that itself.")
    note: str | None = Field(description="What its reader noted for other readers.")
    reviewed_by: str | None = Field(description="Subject of the token that decided; null: nobody has.")
    reviewed_on: date | None
    version: int = Field(description="Grows with every decision; the `ETag`.")


class ReviewCounts(BaseModel):
    """How the comments that the caller may read stand. What is `escalated` waits for somebody to act."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COUNTS]})

    unread: int = 0
    released: int = 0
    withheld: int = 0
    escalated: int = 0


class CommentsUnderReview(Page[CommentUnderReview]):
    """One page of comments, and how all of them stand."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [_REVIEWED], "next_cursor": None, "counts": _COUNTS}]}
    )

    counts: ReviewCounts


class ReleasedComment(BaseModel):
    """A comment that a reader released."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RELEASED]})

    comment_id: UUID
    school_id: str
    respondent_group: RespondentGroup
    item_id: str
    text: str = Field(description="What was written, or what its reader put in its place.")


class UnitOfComments(BaseModel):
    """The comments of one school and group on one item, as a whole."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _UNIT | {"suppressed": False, "released": 11},
                _UNIT | {"school_id": "s-2", "suppressed": True, "released": None},
            ]
        }
    )

    school_id: str
    respondent_group: RespondentGroup
    item_id: str
    suppressed: bool = Field(description="Too few wrote: none is shown.")
    released: int | None = Field(description="Comments released; null: suppressed, there is nothing to be had.")


class ReleasedComments(Page[ReleasedComment]):
    """One page of released comments, and of which units there are any."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [_RELEASED],
                    "next_cursor": None,
                    "units": [_UNIT | {"suppressed": False, "released": 1}],
                }
            ]
        }
    )

    units: list[UnitOfComments] = Field(
        description="On the first page, of all pages: every school, group and item in which anything was written."
    )


async def ensure_trained(session: ReadSession, caller: Caller) -> None:
    """Refuse who is none of the district's trained readers. Raises: ReaderNotNamed."""
    if caller.sub not in (await policy_of(session, caller.district_id)).comment_readers:
        raise ReaderNotNamed("The district's rules for surveys name its readers in `comment_readers`.")


async def ensure_counted(session: ReadSession, caller: Caller, administration_id: UUID) -> None:
    """Refuse what is asked before the count is over.

    Raises: AdministrationNotFound, also where none of the caller's schools was asked, CommentsNotReady.
    """
    there = await find_administration(session, caller.district_id, administration_id)
    if not any(caller.sees_school(unit.school_id) for unit in there.units):
        raise AdministrationNotFound
    if there.counted_at is None:
        raise CommentsNotReady


async def comments_under_review(
    session: ReadSession,
    caller: Caller,
    ring: KeyRing,
    *,
    administration_id: UUID,
    status: CommentStatus,
    school_id: str | None,
    after: UUID | None,
    limit: int,
) -> list[CommentUnderReview]:
    """A survey's comments at the caller's schools that stand so, behind this id: in an order made by chance."""
    wanted = select(comments).where(*_open_to(caller, administration_id, school_id), _C.status == status)
    found = await session.execute(_page(wanted, after, limit))
    return [_under_review(row, ring) for row in found]


async def review_counts(
    session: ReadSession, caller: Caller, *, administration_id: UUID, school_id: str | None
) -> ReviewCounts:
    """How a survey's comments at the caller's schools stand."""
    wanted = select(_C.status, func.count()).where(*_open_to(caller, administration_id, school_id))
    found = await session.execute(wanted.group_by(_C.status))
    return ReviewCounts(**{status: n for status, n in found})


async def find_comment(session: ReadSession, caller: Caller, ring: KeyRing, comment_id: UUID) -> CommentUnderReview:
    """One comment of the caller's schools. Raises: CommentNotFound."""
    wanted = select(comments).where(_C.district_id == caller.district_id, _C.comment_id == comment_id)
    row = (await session.execute(wanted)).one_or_none()
    if row is None or not caller.sees_school(row.school_id):
        raise CommentNotFound
    return _under_review(row, ring)


async def released_comments(
    session: ReadSession,
    caller: Caller,
    ring: KeyRing,
    *,
    administration_id: UUID,
    school_id: str | None,
    group: RespondentGroup | None,
    after: UUID | None,
    limit: int,
) -> list[ReleasedComment]:
    """What readers released of a survey at the caller's schools, where enough wrote; behind this id, by chance."""
    wanted = select(comments).where(
        *_open_to(caller, administration_id, school_id, group),
        _C.status == CommentStatus.RELEASED,
        _C.is_suppressed.is_(False),
    )
    return [_released(row, ring) for row in await session.execute(_page(wanted, after, limit))]


async def units_of_comments(
    session: ReadSession,
    caller: Caller,
    *,
    administration_id: UUID,
    school_id: str | None,
    group: RespondentGroup | None,
) -> list[UnitOfComments]:
    """One row per school, group and item in which anything was written, by these; of a suppressed one no number."""
    released = func.count().filter(_C.status == CommentStatus.RELEASED)
    unit = (_C.school_id, _C.respondent_group, _C.item_id, _C.is_suppressed)
    wanted = select(*unit, released).where(*_open_to(caller, administration_id, school_id, group))
    found = await session.execute(wanted.group_by(*unit).order_by(*unit))
    return [
        UnitOfComments(
            school_id=school,
            respondent_group=RespondentGroup(of_group),
            item_id=item_id,
            suppressed=suppressed,
            released=None if suppressed else n,
        )
        for school, of_group, item_id, suppressed, n in found
    ]


async def escalated_by_district(session: ReadSession) -> dict[str, int]:
    """How many comments stand escalated in each district; one that has none is absent."""
    escalated = _C.status == CommentStatus.ESCALATED
    found = await session.execute(select(_C.district_id, func.count()).where(escalated).group_by(_C.district_id))
    return {district_id: n for district_id, n in found}


def _open_to(
    caller: Caller, administration_id: UUID, school_id: str | None, group: RespondentGroup | None = None
) -> list[ColumnElement[bool]]:
    conditions = [_C.district_id == caller.district_id, _C.administration_id == administration_id]
    if caller.school_ids is not None:
        conditions.append(_C.school_id.in_(sorted(caller.school_ids)))
    if school_id is not None:
        conditions.append(_C.school_id == school_id)
    if group is not None:
        conditions.append(_C.respondent_group == group)
    return conditions


def _page(wanted: Select[Any], after: UUID | None, limit: int) -> Select[Any]:
    if after is not None:
        wanted = wanted.where(_C.comment_id > after)
    return wanted.order_by(_C.comment_id).limit(limit)


def _under_review(row: Row[Any], ring: KeyRing) -> CommentUnderReview:
    told = {name: value for name, value in row._mapping.items() if name in CommentUnderReview.model_fields}
    opened = {name: _opened(row, name, ring) for name in ("written", "redacted", "note")}
    return CommentUnderReview(**(told | opened))


def _released(row: Row[Any], ring: KeyRing) -> ReleasedComment:
    return ReleasedComment(
        comment_id=row.comment_id,
        school_id=row.school_id,
        respondent_group=RespondentGroup(row.respondent_group),
        item_id=row.item_id,
        text=_opened(row, "written" if row.redacted is None else "redacted", ring) or "",
    )


def _opened(row: Row[Any], column: str, ring: KeyRing) -> str | None:
    sealed: bytes | None = getattr(row, column)
    if sealed is None:
        return None
    return ring.open(sealed, table="comments", column=column, key=str(row.comment_id))
