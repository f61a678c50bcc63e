"""The answers over HTTP: sent once, whatever the connection does."""

from fastapi import APIRouter, Depends, Request, Response

from climate_survey_api.access_codes.errors import CodeUnknown
from climate_survey_api.access_codes.rules import normalise, printed
from climate_survey_api.errors import KnocksTooOften
from climate_survey_api.pages.forms import open_form
from climate_survey_api.pages.keeping import forget
from climate_survey_api.pages.posted import NotAForm, fields_of, response_of
from climate_survey_api.pages.refusing import note
from climate_survey_api.pages.rendering import redirect
from climate_survey_api.pages.routes.answering import FORM, SHUT, Code
from climate_survey_api.pages.routes.told import Language, redirected, refused
from climate_survey_api.pages.surroundings import Surroundings
from climate_survey_api.responses.forms import asked_in
from climate_survey_api.responses.operations import SubmitResponse, submit_response
from climate_survey_api.responses.rules import read_answers
from shared.auth.permissions import Permission
from shared.errors import BodyTooLarge
from shared.http.runtime import AtHand, Now, PublicWriteSession, open_to_everybody


def add_sending(router: APIRouter, surroundings: Surroundings) -> None:
    """`POST /s/{code}/sending`, and what whoever loads that address is shown."""
    guarded = [Depends(open_to_everybody(Permission.SURVEYS_ANSWER)), Depends(surroundings.welcome)]

    @router.post(
        "/s/{code}/sending",
        status_code=303,
        response_class=Response,
        responses=refused(*SHUT, BodyTooLarge, NotAForm, keeps=True)
        | redirected("Thanks: loading that page again sends nothing again.", keeps=True),
        openapi_extra=FORM,
        dependencies=guarded,
    )
    async def send_answers(
        code: Code, request: Request, session: PublicWriteSession, at_hand: AtHand, now: Now, language: Language = ""
    ) -> Response:
        """Send the answers: the code is used up, by the same rules as `POST /v1/responses`. Sent twice, one counts."""
        form = await open_form(session, at_hand.ring, request, surroundings, code, now=now)
        draft = form.draft_with((await fields_of(request)).get("draft", ""))
        note(request, remembered=draft.language)
        if wordy := form.too_long_anywhere(draft):
            return wordy
        said = response_of(draft, form.form)
        planned = form.form.administration
        read = read_answers(await asked_in(session, planned, form.form.respondent_group), **said)
        if read.faults or read.is_empty:
            return form.unsent(draft, "fault.refused" if read.faults else "fault.empty")
        await submit_response(session, at_hand.ring, SubmitResponse(code=code, **said), now=now)
        reader = surroundings.reader_of(request, planned.languages, remembered=draft.language)
        sent = redirect(reader.address(f"/thanks/{planned.administration_id}"))
        forget(sent, surroundings, form.path)
        return sent

    @router.get(
        "/s/{code}/sending",
        status_code=303,
        response_class=Response,
        responses=refused(CodeUnknown, KnocksTooOften) | redirected("The form."),
        dependencies=guarded,
    )
    async def look_where_answers_were_sent(code: Code, request: Request, language: Language = "") -> Response:
        """The way back to the form, for whoever loads the address that answers were sent to."""
        symbols = normalise(code)
        if symbols is None:
            surroundings.doors.knocked(request)
            raise CodeUnknown
        return redirect(surroundings.reader_of(request).address(f"/s/{printed(symbols)}"))
