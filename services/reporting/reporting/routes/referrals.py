"""The views of referrals over HTTP: who is told small counts is told them, and nobody else can work them out."""

from collections.abc import Mapping
from datetime import tzinfo
from functools import partial
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Response

from reporting.routes.telling import described, ensure_known, told
from reporting.views import answers
from reporting.views.answers import Table
from reporting.views.breakdown import Breakdown, ViewParameters
from reporting.views.contact_times import METHOD, ContactTimes, contact_times
from reporting.views.errors import TooFine
from reporting.views.open_referrals import OpenReferrals, open_referrals
from reporting.views.referral_funnel import ReferralFunnel, referral_funnel
from reporting.views.rows import Row
from reporting.views.students_referred import StudentsReferred, students_referred
from shared.auth import PERMISSIONS, Caller, Permission
from shared.db import ReadSession
from shared.horizon import Horizon
from shared.http.runtime import Now, ReadOnlySession, allowed

FUNNEL = Table("referral-funnel", ("stage", "n", "per_100"))
STUDENTS = Table("students-referred", ("students", "per_100"))
TIMES = Table("contact-times", ("n", "median_hours", "p90_hours", "within_clock"))
OPEN = Table("open-referrals", ("age_days", "n"))

Reader = Annotated[Caller, Depends(allowed(Permission.VIEWS_READ))]
Asked = Annotated[ViewParameters, Query()]


class ViewQuery(Protocol):
    """What computes a view's rows; counts under `minimum` are suppressed, none where it is 0."""

    async def __call__(
        self, session: ReadSession, caller: Caller, breakdown: Breakdown, *, school_id: str | None, minimum: int
    ) -> list[Row]:
        """The rows, by the keys of the breakdown in their order."""


def referrals_router(horizon: Horizon, *, minimum_cell: int, zone: tzinfo) -> APIRouter:
    """The views of referrals, as far as `horizon` sees; a day begins in `zone`, whatever the district."""
    router = APIRouter(prefix="/v1", tags=["views"])

    async def answered(
        view: ViewQuery,
        table: Table,
        caller: Caller,
        session: ReadSession,
        asked: ViewParameters,
        accept: str,
        beside: Mapping[str, object] | None = None,
    ) -> Response:
        """One view as this caller may see it."""
        minimum = 0 if Permission.VIEWS_SMALL_CELLS in PERMISSIONS[caller.role] else minimum_cell
        await ensure_known(session, caller, asked.school_id)
        breakdown = asked.breakdown()
        rows = await view(session, caller, breakdown, school_id=asked.school_id, minimum=minimum)
        policy = answers.Policy.of(minimum)
        return await told(session, horizon, rows, breakdown.keys, table, accept, policy=policy, beside=beside)

    @router.get(f"/views/{FUNNEL.name}", responses=described(ReferralFunnel, FUNNEL, TooFine), response_model=None)
    async def get_referral_funnel(
        caller: Reader, session: ReadOnlySession, asked: Asked, accept: answers.Accept = answers.JSON
    ) -> Response:
        """How many of the referrals submitted in the period ever reached each stage."""
        return await answered(referral_funnel, FUNNEL, caller, session, asked, accept)

    @router.get(
        f"/views/{STUDENTS.name}", responses=described(StudentsReferred, STUDENTS, TooFine), response_model=None
    )
    async def get_students_referred(
        caller: Reader, session: ReadOnlySession, asked: Asked, accept: answers.Accept = answers.JSON
    ) -> Response:
        """How many students were referred in the period, each counted once, and the risk of it."""
        return await answered(students_referred, STUDENTS, caller, session, asked, accept)

    @router.get(f"/views/{TIMES.name}", responses=described(ContactTimes, TIMES, TooFine), response_model=None)
    async def get_contact_times(
        caller: Reader, session: ReadOnlySession, asked: Asked, accept: answers.Accept = answers.JSON
    ) -> Response:
        """How long the referrals submitted in the period waited for their first contact, and how many in time."""
        method = {"method": METHOD.model_dump()}
        return await answered(contact_times, TIMES, caller, session, asked, accept, beside=method)

    @router.get(f"/views/{OPEN.name}", responses=described(OpenReferrals, OPEN, TooFine), response_model=None)
    async def get_open_referrals(
        caller: Reader, session: ReadOnlySession, asked: Asked, now: Now, accept: answers.Accept = answers.JSON
    ) -> Response:
        """How many of the referrals submitted in the period are open now, by the days since they were submitted."""
        today = now.astimezone(zone).date()
        view = partial(open_referrals, today=today)
        return await answered(view, OPEN, caller, session, asked, accept, beside={"today": today})

    return router
