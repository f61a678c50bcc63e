"""The district's calendar over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from referral_api.calendar import operations
from referral_api.calendar.errors import CalendarUnreadable
from referral_api.calendar.operations import OnChange, SetCalendar
from referral_api.calendar.views import DistrictCalendar, KnownCalendar, find_calendar, view_of
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.etags import ChangedMeanwhile, IfMatch, etag
from shared.http.problems import problems
from shared.http.runtime import Now, ReadOnlySession, WriteSession, allowed


def calendar_routes(on_change: OnChange) -> APIRouter:
    """The routes; `on_change` is what follows from a change in the nouns whose clocks run in school time."""
    router = APIRouter(prefix="/v1/calendar", tags=["calendar"])

    @router.get("", responses=problems(CalendarUnreadable))
    async def read_calendar(
        caller: Annotated[Caller, Depends(allowed(Permission.CALENDAR_READ))],
        response: Response,
        session: ReadOnlySession,
    ) -> DistrictCalendar:
        """The school time that clocks run in: the district's own, or a default until it has set one."""
        return _answer(await find_calendar(session, caller.district_id), response)

    @router.put("", responses=problems(ChangedMeanwhile))
    async def set_calendar(
        caller: Annotated[Caller, Depends(allowed(Permission.CALENDAR_SET))],
        command: SetCalendar,
        response: Response,
        session: WriteSession,
        now: Now,
        if_match: IfMatch = None,
    ) -> DistrictCalendar:
        """Set the school time that clocks run in. Referrals that wait for a contact are due anew.

        The first 500 of them at once, the others within seconds: until then their `due_at` is that of before.
        """
        known = await operations.set_calendar(
            session, command, caller=caller, if_match=if_match, now=now, on_change=on_change
        )
        return _answer(known, response)

    return router


def _answer(known: KnownCalendar, response: Response) -> DistrictCalendar:
    response.headers["ETag"] = etag(known.version)
    return view_of(known)
