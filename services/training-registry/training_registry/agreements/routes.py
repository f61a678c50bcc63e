"""Agreements over HTTP."""

from datetime import tzinfo
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.events.training import AgreementStatus
from shared.http.bodies import ChosenId, Moment, SourcedId
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
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed
from training_registry.agreements.errors import (
    AgreementNotFound,
    AgreementTerminated,
    AlreadySigned,
    EndsOutsideTerm,
    SchoolNotCovered,
    SignedInFuture,
)
from training_registry.agreements.operations import ending, signing, writing
from training_registry.agreements.operations.ending import TerminateAgreement
from training_registry.agreements.operations.signing import SignAgreement
from training_registry.agreements.operations.storing import Clerk
from training_registry.agreements.operations.writing import WriteAgreement
from training_registry.agreements.views import finding
from training_registry.agreements.views.finding import find_agreement, find_agreement_on
from training_registry.agreements.views.records import AgreementVersionView, AgreementView, version_view_of, view_of
from training_registry.days import NearDay

_LIST, _VERSIONS = "agreements", "agreement-versions"
_MADE: dict[int | str, dict[str, Any]] = {201: {"model": AgreementView, "description": "It was not there before."}}
_THERE: dict[int | str, dict[str, Any]] = {200: {"model": AgreementView, "description": "It was so already."}}

Reader = Annotated[Caller, Depends(allowed(Permission.AGREEMENTS_READ))]
Keeper = Annotated[Caller, Depends(allowed(Permission.AGREEMENTS_KEEP))]
AsOf = Annotated[NearDay | None, Query(description="How it stands on this day; today where it is left out.")]
KnownAt = Annotated[Moment | None, Query(description="As it was known at this instant; now where it is left out.")]


def agreement_routes(zone: tzinfo) -> APIRouter:
    """The routes; a day begins in `zone`."""
    router = APIRouter(prefix="/v1/agreements", tags=["agreements"], route_class=RememberedRoute)
    _add_reading(router, zone)
    _add_changing(router, zone)
    return router


def _add_reading(router: APIRouter, zone: tzinfo) -> None:
    @router.get("", responses=problems(CursorUnusable))
    async def list_agreements(
        caller: Reader,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        at_hand: AtHand,
        now: Now,
        school_id: Annotated[SourcedId | None, Query(description="Only those for this school.")] = None,
        status: Annotated[AgreementStatus | None, Query(description="Only those that stand so on that day.")] = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[AgreementView]:
        """The district's agreements by id; a caller of single schools sees those that are for one of his."""
        on = as_of or now.astimezone(zone).date()
        kept = await finding.list_agreements(
            session,
            caller,
            school_id=school_id,
            status=status,
            on=on,
            known_at=known_at,
            after=behind_text(_LIST, cursor),
            limit=limit + 1,
        )
        found = [view_of(one, at_hand.ring, on) for one in kept]
        return page_of(found, limit, _cursor_behind, request=request, response=response)

    @router.get("/{agreement_id}", responses=problems(AgreementNotFound))
    async def read_agreement(
        caller: Reader,
        agreement_id: ChosenId,
        response: Response,
        session: ReadOnlySession,
        at_hand: AtHand,
        now: Now,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> AgreementView:
        """An agreement, how it stands on a day, and whether records may be opened under it, or why not.

        A change makes nothing untrue of the days before it: of such a day the terms are told that were in force then.
        """
        on = as_of or now.astimezone(zone).date()
        kept = await find_agreement_on(session, caller, agreement_id, on, known_at=known_at)
        response.headers["ETag"] = etag(kept.version)
        return view_of(kept, at_hand.ring, on)

    @router.get("/{agreement_id}/versions", responses=problems(AgreementNotFound, CursorUnusable))
    async def read_agreement_versions(
        caller: Reader,
        agreement_id: ChosenId,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        at_hand: AtHand,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[AgreementVersionView]:
        """What each change left, newest first: who wrote what when, and the signatures there were by then."""
        before = behind_version(_VERSIONS, agreement_id, cursor)
        kept = await finding.versions_of(session, caller, agreement_id, before=before, limit=limit + 1)
        found = [version_view_of(one, at_hand.ring, one.row.recorded_at.astimezone(zone).date()) for one in kept]
        return page_of(found, limit, _cursor_behind_version, request=request, response=response)


def _cursor_behind(agreement: AgreementView) -> str:
    return encode_cursor(_LIST, agreement.agreement_id)


def _cursor_behind_version(agreement: AgreementVersionView) -> str:
    return cursor_at_version(_VERSIONS, agreement.agreement_id, agreement.version)


def _add_changing(router: APIRouter, zone: tzinfo) -> None:
    @router.put(
        "/{agreement_id}",
        responses=_MADE | problems(AgreementNotFound, SchoolNotCovered, AgreementTerminated, ChangedMeanwhile),
    )
    async def write_agreement(
        caller: Keeper,
        agreement_id: ChosenId,
        command: WriteAgreement,
        response: Response,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> AgreementView:
        """Write an agreement down, or change it. Wider terms need both signatures anew, narrower ones keep them.

        Wider is every change of the agency, more schools, a longer term, a clause that says something else, a FERPA
        basis that was not there. To keep the old terms in force meanwhile, write the new ones as another agreement.
        """
        clerk = Clerk(caller, now, zone, at_hand.ring)
        is_new = await writing.write_agreement(session, agreement_id, command, clerk, if_match=if_match)
        return await _answer(session, agreement_id, clerk, response, is_new=is_new)

    @router.post(
        "/{agreement_id}/signatures",
        status_code=201,
        responses=_THERE
        | problems(
            AgreementNotFound,
            SchoolNotCovered,
            SignedInFuture,
            AlreadySigned,
            AgreementTerminated,
            ChangedMeanwhile,
            KeyReused,
        ),
    )
    async def sign_agreement(
        caller: Keeper,
        agreement_id: ChosenId,
        command: SignAgreement,
        response: Response,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> AgreementView:
        """Record that a party has signed the terms as they are now; `If-Match` says which those are."""
        clerk = Clerk(caller, now, zone, at_hand.ring)
        is_new = await signing.sign_agreement(session, agreement_id, command, clerk, if_match=if_match)
        return await _answer(session, agreement_id, clerk, response, is_new=is_new)

    @router.post(
        "/{agreement_id}/termination",
        status_code=201,
        responses=_THERE
        | problems(
            AgreementNotFound, SchoolNotCovered, EndsOutsideTerm, AgreementTerminated, ChangedMeanwhile, KeyReused
        ),
    )
    async def terminate_agreement(
        caller: Keeper,
        agreement_id: ChosenId,
        command: TerminateAgreement,
        response: Response,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
        if_match: IfMatch = None,
    ) -> AgreementView:
        """End an agreement before its term, for good; from `terminated_on` on it holds no more."""
        clerk = Clerk(caller, now, zone, at_hand.ring)
        is_new = await ending.terminate_agreement(session, agreement_id, command, clerk, if_match=if_match)
        return await _answer(session, agreement_id, clerk, response, is_new=is_new)


async def _answer(
    session: WriteSession, agreement_id: str, clerk: Clerk, response: Response, *, is_new: bool
) -> AgreementView:
    """The agreement as the change has left it."""
    kept = await find_agreement(session, clerk.caller, agreement_id)
    response.status_code = 201 if is_new else 200
    response.headers["ETag"] = etag(kept.version)
    return view_of(kept, clerk.ring, clerk.today)
