"""Surveys opened and closed over HTTP, where nobody wants to wait for the clock."""

from datetime import tzinfo
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from climate_survey_api.administrations.errors import (
    AdministrationNotFound,
    AlreadyClosed,
    ConsentTooWeak,
    NeverOpened,
    ParentsNotTold,
    WindowNotBegun,
    WindowOver,
)
from climate_survey_api.administrations.operations.running import close_administration, open_administration
from climate_survey_api.administrations.routes.reading import answer_record
from climate_survey_api.administrations.views.records import AdministrationView
from climate_survey_api.changes import OnClosing, OnOpening, UsedCodes
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.http.bodies import Id
from shared.http.etags import ChangedMeanwhile, IfMatch
from shared.http.idempotency import KeyReused
from shared.http.problems import problems
from shared.http.reach import OnlyForWholeDistrict, for_whole_district
from shared.http.runtime import AtHand, Now, WriteSession, allowed

Planner = Annotated[Caller, Depends(for_whole_district(allowed(Permission.SURVEYS_PLAN)))]
_FORBIDDEN = (AlreadyClosed, WindowOver, WindowNotBegun, ConsentTooWeak, ParentsNotTold)


def add_running_routes(
    router: APIRouter, zone: tzinfo, on_opening: OnOpening, on_closing: OnClosing, used_codes: UsedCodes
) -> None:
    """Open and close."""

    @router.post(
        "/{administration_id}/opening",
        responses=problems(OnlyForWholeDistrict, AdministrationNotFound, *_FORBIDDEN, ChangedMeanwhile, KeyReused),
    )
    async def open_administration_now(
        caller: Planner,
        administration_id: Id,
        response: Response,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> AdministrationView:
        """Open a survey within its window; again changes nothing. What forbids it stands in `because`."""
        await open_administration(
            session,
            at_hand.ring,
            administration_id,
            district_id=caller.district_id,
            now=now,
            zone=zone,
            on_opening=on_opening,
            if_match=if_match,
        )
        return await answer_record(session, caller, administration_id, response, now=now, zone=zone)

    @router.post(
        "/{administration_id}/closing",
        responses=problems(OnlyForWholeDistrict, AdministrationNotFound, NeverOpened, ChangedMeanwhile, KeyReused),
    )
    async def close_administration_now(
        caller: Planner,
        administration_id: Id,
        response: Response,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> AdministrationView:
        """Close a survey, before its window ends too; again changes nothing. Its results follow.

        `counted_at` is null while they are not there yet.
        """
        await close_administration(
            session,
            at_hand.ring,
            administration_id,
            district_id=caller.district_id,
            now=now,
            zone=zone,
            used_codes=used_codes,
            on_closing=on_closing,
            if_match=if_match,
        )
        return await answer_record(session, caller, administration_id, response, now=now, zone=zone)
