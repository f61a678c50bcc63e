"""How many drills schools are to hold, and how far they have come, over HTTP."""

from datetime import tzinfo
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.etags import ChangedMeanwhile, IfMatch, etag
from shared.http.problems import problems
from shared.http.reach import OnlyForWholeDistrict, for_whole_district
from shared.http.runtime import Now, ReadOnlySession, WriteSession, allowed
from training_registry.activities.errors import NoSuchCatalogue, SchoolNotFound
from training_registry.activities.operations.quotas import SetDrillQuotas
from training_registry.activities.operations.quotas import set_drill_quotas as set_quotas
from training_registry.activities.views.quotas import (
    DrillQuotas,
    KnownQuotas,
    QuotaCatalogue,
    QuotasOfSchools,
    find_quotas,
    quota_catalogue,
    quotas_of_schools,
    view_of,
)

Reader = Annotated[Caller, Depends(allowed(Permission.DRILLS_READ))]
Setter = Annotated[Caller, Depends(for_whole_district(allowed(Permission.DRILL_QUOTAS_SET)))]


def add_quota_routes(router: APIRouter, zone: tzinfo) -> None:
    """Add them; an hour is that of the clock in `zone`."""

    @router.get("/catalogue/drill-quotas")
    async def read_quota_catalogue(caller: Reader) -> QuotaCatalogue:
        """The quotas that are shipped, each with its source. They bind a district that takes them on."""
        del caller
        return quota_catalogue()

    @router.get("/drill-quotas")
    async def read_drill_quotas(caller: Reader, response: Response, session: ReadOnlySession) -> DrillQuotas:
        """How many drills the district asks of each of its schools in a school year: none until it has said so."""
        return _answer(await find_quotas(session, caller.district_id), response)

    @router.put("/drill-quotas", responses=problems(OnlyForWholeDistrict, ChangedMeanwhile, NoSuchCatalogue))
    async def set_drill_quotas(
        caller: Setter,
        command: SetDrillQuotas,
        response: Response,
        session: WriteSession,
        now: Now,
        if_match: IfMatch = None,
    ) -> DrillQuotas:
        """Say how many drills each school is to hold: take shipped quotas on, or ask for rows of the district's own."""
        return _answer(await set_quotas(session, command, caller=caller, if_match=if_match, now=now), response)

    @router.get("/drills/quotas", responses=problems(SchoolNotFound))
    async def read_quotas_of_schools(
        caller: Reader,
        session: ReadOnlySession,
        school_year: Annotated[int, Query(ge=2000, le=2100, description="Named by the year it ends in.")],
        school_id: Annotated[str | None, Query(max_length=255)] = None,
    ) -> QuotasOfSchools:
        """How many drills each school has held and still owes, and whether their days and hours varied.

        The caller's schools, the one that is asked for, and those that have ever held a drill.
        """
        return await quotas_of_schools(session, caller, school_year=school_year, school_id=school_id, zone=zone)


def _answer(known: KnownQuotas, response: Response) -> DrillQuotas:
    response.headers["ETag"] = etag(known.version)
    return view_of(known)
