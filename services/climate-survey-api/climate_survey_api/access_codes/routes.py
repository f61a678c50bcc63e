"""Access codes over HTTP: made, voided, counted."""

from datetime import tzinfo
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from climate_survey_api.access_codes import rules
from climate_survey_api.access_codes.errors import (
    BatchNotFound,
    CodesMadeBefore,
    NobodyIsKnown,
    NoPlacesLeft,
    RecipientsMissing,
    RecipientsNotToBeAsked,
    RecipientsUnwanted,
    SchoolNotFound,
    SurveyOver,
    TooManyForOneSheet,
    UnitNotAsked,
)
from climate_survey_api.access_codes.operations import making, voiding
from climate_survey_api.access_codes.operations.making import MakeAccessCodes
from climate_survey_api.access_codes.sheets.answers import CSV, MADE, PDF, answer_of
from climate_survey_api.access_codes.views.batches import Batch, batches_of
from climate_survey_api.access_codes.views.participants import Participant, participants_of
from climate_survey_api.access_codes.views.units import SurveyStatus, survey_status
from climate_survey_api.administrations.errors import AdministrationNotFound
from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.events.surveys import RespondentGroup
from shared.http.bodies import SourcedId
from shared.http.idempotency import MOST_CHARACTERS
from shared.http.negotiation import preferred
from shared.http.paging import (
    DEFAULT_LIMIT,
    Cursor,
    CursorUnusable,
    Limit,
    Page,
    behind_instant,
    behind_text,
    cursor_at,
    encode_cursor,
    link_next,
    page_of,
    unusable,
)
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, ReadOnlySession, WriteSession, allowed

_BATCHES, _PARTICIPANTS = "code-batches", "survey-participants"

Maker = Annotated[Caller, Depends(allowed(Permission.ACCESS_CODES_MAKE))]
Follower = Annotated[Caller, Depends(allowed(Permission.SURVEYS_FOLLOW))]
Accept = Annotated[str, Header(description="`application/pdf` for cards to print and cut out.")]
Key = Annotated[
    str | None,
    Header(
        alias="idempotency-key",
        min_length=1,
        max_length=MOST_CHARACTERS,
        pattern="^[ -~]+$",
        description="A repeat under the same key makes no other codes: it is refused and names the first batch, whose "
        "codes are stored nowhere and cannot be shown again.",
    ),
]


def access_code_routes(public_url: str, zone: tzinfo) -> APIRouter:
    """The routes; respondents reach the service at `public_url`, and a sheet tells the time in `zone`."""
    router = APIRouter(prefix="/v1/administrations/{administration_id}", tags=["surveys"])
    _add_making(router, f"{public_url}/s/", zone)
    _add_keeping(router)
    _add_following(router)
    return router


def _add_making(router: APIRouter, address_of: str, zone: tzinfo) -> None:
    refusals = problems(
        AdministrationNotFound,
        SchoolNotFound,
        SurveyOver,
        CodesMadeBefore,
        NoPlacesLeft,
        RecipientsNotToBeAsked,
        UnitNotAsked,
        RecipientsUnwanted,
        RecipientsMissing,
        TooManyForOneSheet,
    )

    @router.post("/access-codes", status_code=201, response_class=Response, responses=MADE | refusals)
    async def make_access_codes(
        caller: Maker,
        administration_id: UUID,
        command: MakeAccessCodes,
        session: WriteSession,
        at_hand: AtHand,
        now: Now,
        accept: Accept = CSV,
        idempotency_key: Key = None,
    ) -> Response:
        """Make codes for a group of a school, each good for one answer. They are shown once and stored as digests.

        They can be made before the survey opens, so that sheets are printed ahead. `text/csv` has a code and its
        address in each row, and `recipient` where there are any; `application/pdf` takes at most 1,000 codes.
        """
        form = preferred(accept, (CSV, PDF))
        if form == PDF:
            rules.ensure_printable(command.count)
        batch = await making.make_access_codes(
            session,
            at_hand.ring,
            administration_id,
            command,
            caller=caller,
            idempotency_key=idempotency_key,
            now=now,
        )
        return answer_of(batch, form, address_of=address_of, zone=zone)


def _add_keeping(router: APIRouter) -> None:
    @router.get("/access-codes", responses=problems(AdministrationNotFound, CursorUnusable))
    async def list_code_batches(
        caller: Maker,
        administration_id: UUID,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[Batch]:
        """The batches of the caller's schools, newest first. Nothing is told of single codes."""
        before = behind_instant(_BATCHES, cursor)
        found = await batches_of(session, administration_id, caller=caller, before=before, limit=limit + 1)
        return page_of(found, limit, _cursor_behind, request=request, response=response)

    @router.delete("/access-codes/{batch_id}", status_code=204, responses=problems(BatchNotFound))
    async def void_code_batch(
        caller: Maker, administration_id: UUID, batch_id: UUID, session: WriteSession, now: Now
    ) -> None:
        """Void a batch whose sheet was lost: its unused codes open nothing any more. Again, nothing changes."""
        await voiding.void_batch(session, administration_id, batch_id, caller=caller, now=now)


def _cursor_behind(batch: Batch) -> str:
    return cursor_at(_BATCHES, batch.made_at, batch.batch_id)


def _add_following(router: APIRouter) -> None:
    @router.get("/status", responses=problems(AdministrationNotFound))
    async def read_survey_status(
        caller: Follower, administration_id: UUID, session: ReadOnlySession, now: Now
    ) -> SurveyStatus:
        """How many of each school and group have answered by now: the rate of submission, live."""
        return await survey_status(session, administration_id, caller=caller, now=now)

    @router.get(
        "/participants", responses=problems(AdministrationNotFound, SchoolNotFound, NobodyIsKnown, CursorUnusable)
    )
    async def list_participants(
        caller: Maker,
        administration_id: UUID,
        request: Request,
        response: Response,
        session: ReadOnlySession,
        at_hand: AtHand,
        school_id: Annotated[SourcedId, Query(description="One of the caller's schools.")],
        group: RespondentGroup,
        cursor: Cursor = None,
        limit: Limit = DEFAULT_LIMIT,
    ) -> Page[Participant]:
        """Who was given a code of a confidential survey and whether he has answered, never what; in no order."""
        found = await participants_of(
            session,
            at_hand.ring,
            administration_id,
            school_id,
            group,
            caller=caller,
            after=_digest_behind(cursor),
            limit=limit + 1,
        )
        next_cursor = encode_cursor(_PARTICIPANTS, found[limit - 1][0].hex()) if len(found) > limit else None
        link_next(request, response, next_cursor)
        return Page(items=[participant for _, participant in found[:limit]], next_cursor=next_cursor)


def _digest_behind(cursor: str | None) -> bytes:
    try:
        return bytes.fromhex(behind_text(_PARTICIPANTS, cursor) or "")
    except ValueError:
        raise unusable() from None
