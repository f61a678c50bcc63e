"""Asking to talk to an adult: pages that know no code and no answer."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.rules import Administration
from climate_survey_api.administrations.views import administration_anywhere
from climate_survey_api.administrations.views.schools import surveyed_schools
from climate_survey_api.errors import KnocksTooOften
from climate_survey_api.help_requests.errors import AskingIsOver
from climate_survey_api.help_requests.operations import AskForAdult, ask_for_adult
from climate_survey_api.help_requests.rules import ensure_may_ask
from climate_survey_api.pages.help_form import LONGEST_CONTACT, LONGEST_MESSAGE, Given, faults_in, given_in
from climate_survey_api.pages.posted import NotAForm, fields_of
from climate_survey_api.pages.refusing import note
from climate_survey_api.pages.rendering import page, redirect
from climate_survey_api.pages.routes.told import (
    AdministrationId,
    Language,
    form_body,
    id_in,
    pages,
    redirected,
    refused,
)
from climate_survey_api.pages.surroundings import Surroundings
from shared.auth.permissions import Permission
from shared.db import ReadSession
from shared.errors import BodyTooLarge, DatabaseUnavailable
from shared.http.runtime import AtHand, Now, PublicSession, PublicWriteSession, open_to_everybody

_REFUSED = (AdministrationNotFound, AskingIsOver, DatabaseUnavailable)
_FORM: dict[str, Any] = form_body(
    {
        "type": "object",
        "properties": {name: {"type": "string"} for name in ("school_id", "contact", "message")},
        "additionalProperties": {"type": "string"},
    },
    {"school_id": "s-1", "contact": "Sam in Ms. Rivera's class, at lunch", "message": ""},
)


def add_asking(router: APIRouter, surroundings: Surroundings) -> None:
    """`GET` and `POST /help/{administration_id}`, and the page that says what happens next."""
    guarded = [Depends(open_to_everybody(Permission.HELP_ASK))]

    async def welcome(request: Request) -> None:
        surroundings.calls.ensure_welcome(request)

    @router.get("/help/{administration_id}", response_class=Response, responses=pages(*_REFUSED), dependencies=guarded)
    async def show_help_form(
        administration_id: AdministrationId,
        request: Request,
        session: PublicSession,
        now: Now,
        language: Language = "",
    ) -> Response:
        """Where somebody asks to talk to an adult at a school. Whoever was shown a survey may; it takes no code."""
        planned = await _planned(session, request, administration_id, now)
        return _form(request, surroundings, planned, Given())

    @router.post(
        "/help/{administration_id}",
        status_code=303,
        response_class=Response,
        responses=refused(*_REFUSED, KnocksTooOften, BodyTooLarge, NotAForm)
        | redirected("What happens next: loading that page again asks nobody again."),
        openapi_extra=_FORM,
        dependencies=[*guarded, Depends(welcome)],
    )
    async def send_help_form(
        administration_id: AdministrationId,
        request: Request,
        session: PublicWriteSession,
        at_hand: AtHand,
        now: Now,
        language: Language = "",
    ) -> Response:
        """Ask to talk to an adult at a school: sealed, read at that school alone, joined to no code or answer."""
        planned = await _planned(session, request, administration_id, now)
        given = given_in(await fields_of(request))
        if faults_in(given, _schools(planned)):
            return _form(request, surroundings, planned, given, is_sent=True)
        surroundings.calls.knocked(request)
        reader = surroundings.reader_of(request, planned.languages)
        command = AskForAdult.model_validate(
            {
                "administration_id": str(planned.administration_id),
                "school_id": given.school_id,
                "contact": given.contact,
                "message": given.message or None,
                "language": reader.speaker.tongue.asked,
            }
        )
        await ask_for_adult(
            session,
            at_hand.ring,
            command,
            surveyed_schools=surveyed_schools,
            zone=surroundings.zone,
            now=now,
        )
        return redirect(reader.address(f"/help/{planned.administration_id}/sent"))

    @router.get(
        "/help/{administration_id}/sent", response_class=Response, responses=pages(*_REFUSED), dependencies=guarded
    )
    async def show_what_happens_next(
        administration_id: AdministrationId,
        request: Request,
        session: PublicSession,
        now: Now,
        language: Language = "",
    ) -> Response:
        """What happens next, when somebody reads the request, and what to do if it cannot wait."""
        planned = await _planned(session, request, administration_id, now)
        return page("help_sent", surroundings.reader_of(request, planned.languages))


async def _planned(session: ReadSession, request: Request, administration_id: str, now: datetime) -> Administration:
    """The survey whose link led here. Raises: AdministrationNotFound (404), AskingIsOver (410)."""
    planned = await administration_anywhere(session, id_in(administration_id))
    schools = _schools(planned)
    ensure_may_ask(schools[0], surveyed=schools, survey_closed_at=planned.closed_at, now=now)
    note(request, administration=planned)
    return planned


def _schools(planned: Administration) -> list[str]:
    return sorted({unit.school_id for unit in planned.units})


def _form(
    request: Request, surroundings: Surroundings, planned: Administration, given: Given, *, is_sent: bool = False
) -> Response:
    """The form as it was filled in; no school is chosen for anybody."""
    names = planned.school_names()
    schools = sorted(_schools(planned), key=lambda school_id: names.get(school_id, school_id))
    faults = faults_in(given, schools) if is_sent else []
    return page(
        "help",
        surroundings.reader_of(request, planned.languages),
        422 if faults else 200,
        administration_id=planned.administration_id,
        schools=schools,
        names=names,
        given=given,
        faults=faults,
        faulty={fault.anchor: fault.says for fault in faults},
        longest={"contact": LONGEST_CONTACT, "message": LONGEST_MESSAGE},
    )
