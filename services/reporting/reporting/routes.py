"""The routes of the views: who may see them, what is asked, one query, one answer."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import tzinfo
from functools import partial
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Query, Response

from reporting.views import answers
from reporting.views.answers import Table
from reporting.views.breakdown import Breakdown, ViewParameters
from reporting.views.contact_times import METHOD, ContactTimes, contact_times
from reporting.views.errors import BusAway, TooFine, UnknownSchool
from reporting.views.freshness import Freshness, Horizon, applied_offsets, as_of, freshness_of
from reporting.views.open_referrals import OpenReferrals, open_referrals
from reporting.views.referral_funnel import ReferralFunnel, referral_funnel
from reporting.views.rows import Row
from reporting.views.scope import ensure_school
from reporting.views.students_referred import StudentsReferred, students_referred
from shared.auth import PERMISSIONS, Caller, Permission
from shared.db import ReadSession
from shared.http.problems import problems
from shared.http.runtime import Now, ReadOnlySession, allowed

CONSUMER = "reporting"
"""Under which name the consumer keeps its offsets."""

FUNNEL = Table("referral-funnel", ("stage", "n", "per_100"))
STUDENTS = Table("students-referred", ("students", "per_100"))
TIMES = Table("contact-times", ("n", "median_hours", "p90_hours", "within_clock"))
OPEN = Table("open-referrals", ("age_days", "n"))

Reader = Annotated[Caller, Depends(allowed(Permission.VIEWS_READ))]
Watcher = Annotated[Caller, Depends(allowed(Permission.FRESHNESS_READ))]
Asked = Annotated[ViewParameters, Query()]


class ViewQuery(Protocol):
    """What computes a view's rows; counts under `minimum` are suppressed, none where it is 0."""

    async def __call__(
        self, session: ReadSession, caller: Caller, breakdown: Breakdown, *, school_id: str | None, minimum: int
    ) -> list[Row]:
        """The rows, by the keys of the breakdown in their order."""


def views_router(horizon: Horizon, *, minimum_cell: int, zone: tzinfo) -> APIRouter:
    """Every route of reporting, over the logs that `horizon` watches; a day begins in `zone`, whatever the district."""

    @asynccontextmanager
    async def watching(_app: object) -> AsyncIterator[None]:
        task = asyncio.create_task(horizon.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    router = APIRouter(prefix="/v1", tags=["views"], lifespan=watching)

    async def answered(
        view: ViewQuery,
        table: Table,
        caller: Caller,
        session: ReadSession,
        asked: ViewParameters,
        accept: str,
        beside: Mapping[str, object] | None = None,
    ) -> Response:
        """One view as this caller may see it, with the instant up to which it is complete."""
        minimum = 0 if Permission.VIEWS_SMALL_CELLS in PERMISSIONS[caller.role] else minimum_cell
        if asked.school_id is not None:
            await ensure_school(session, caller, asked.school_id)
        breakdown = asked.breakdown()
        rows = await view(session, caller, breakdown, school_id=asked.school_id, minimum=minimum)
        instant = as_of(await applied_offsets(session, CONSUMER), horizon.seen)
        return answers.answer(rows, breakdown, table, as_of=instant, minimum=minimum, accept=accept, beside=beside)

    @router.get(f"/views/{FUNNEL.name}", responses=_answers(ReferralFunnel, FUNNEL), response_model=None)
    async def get_referral_funnel(
        caller: Reader, session: ReadOnlySession, asked: Asked, accept: answers.Accept = answers.JSON
    ) -> Response:
        """How many of the referrals submitted in the period ever reached each stage."""
        return await answered(referral_funnel, FUNNEL, caller, session, asked, accept)

    @router.get(f"/views/{STUDENTS.name}", responses=_answers(StudentsReferred, STUDENTS), response_model=None)
    async def get_students_referred(
        caller: Reader, session: ReadOnlySession, asked: Asked, accept: answers.Accept = answers.JSON
    ) -> Response:
        """How many students were referred in the period, each counted once, and the risk of it."""
        return await answered(students_referred, STUDENTS, caller, session, asked, accept)

    @router.get(f"/views/{TIMES.name}", responses=_answers(ContactTimes, TIMES), response_model=None)
    async def get_contact_times(
        caller: Reader, session: ReadOnlySession, asked: Asked, accept: answers.Accept = answers.JSON
    ) -> Response:
        """How long the referrals submitted in the period waited for their first contact, and how many in time."""
        method = {"method": METHOD.model_dump()}
        return await answered(contact_times, TIMES, caller, session, asked, accept, beside=method)

    @router.get(f"/views/{OPEN.name}", responses=_answers(OpenReferrals, OPEN), response_model=None)
    async def get_open_referrals(
        caller: Reader, session: ReadOnlySession, asked: Asked, now: Now, accept: answers.Accept = answers.JSON
    ) -> Response:
        """How many of the referrals submitted in the period are open now, by the days since they were submitted."""
        today = now.astimezone(zone).date()
        view = partial(open_referrals, today=today)
        return await answered(view, OPEN, caller, session, asked, accept, beside={"today": today})

    @router.get("/freshness", responses=problems(BusAway))
    async def get_freshness(_caller: Watcher, session: ReadOnlySession, now: Now) -> Freshness:
        """How far the views are behind the bus, per partition."""
        ends = await horizon.look()  # before the offsets are read: else what is applied meanwhile would look like lag
        return freshness_of(await applied_offsets(session, CONSUMER), ends, now)

    return router


def _answers(view: type[answers.View], table: Table) -> dict[int | str, dict[str, Any]]:
    """What the route of a view may answer: its rows as JSON or as CSV, or why there are none."""
    content, headers = {answers.CSV: {"schema": {"type": "string"}}}, answers.described_headers(view, table)
    return {200: {"model": view, "content": content, "headers": headers}, **problems(UnknownSchool, TooFine)}
