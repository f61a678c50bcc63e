"""The form over HTTP: shown, answered step by step, reviewed."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from climate_survey_api.access_codes.errors import CodeUnknown, CodeUsed
from climate_survey_api.access_codes.rules import normalise, printed
from climate_survey_api.errors import KnocksTooOften
from climate_survey_api.pages.forms import open_form
from climate_survey_api.pages.posted import NotAForm, fields_of
from climate_survey_api.pages.refusing import note
from climate_survey_api.pages.rendering import redirect
from climate_survey_api.pages.routes.told import Language, form_body, pages, redirected
from climate_survey_api.pages.surroundings import Surroundings
from climate_survey_api.responses.errors import SurveyClosed, SurveyNotOpen
from shared.auth.permissions import Permission
from shared.errors import BodyTooLarge, DatabaseUnavailable
from shared.http.runtime import AtHand, Now, PublicSession, open_to_everybody

Code = Annotated[str, Path(description="As it is printed; dashes may be left out.", examples=["7KHD-M4PX-9RWC"])]
At = Annotated[
    str | None,
    Query(
        description="The step to be shown: `1` and up, `about`, `words` or `review`. Without it, or of no such step, "
        "the one at which somebody stopped on this device."
    ),
]
Carried = Annotated[
    str, Query(description="The answers so far, sealed: only where the device has not shown yet that it keeps cookies.")
]
SHUT = (CodeUnknown, CodeUsed, SurveyNotOpen, SurveyClosed, KnocksTooOften, DatabaseUnavailable)
FORM: dict[str, Any] = form_body(
    {
        "type": "object",
        "properties": {
            "draft": {"type": "string", "description": "The answers so far, sealed, as the page carried them."},
            "step": {"type": "string", "description": "The step that was shown."},
            "go": {"type": "string", "description": "The button: next, back, stay, over, or `to:` with a step."},
        },
        "additionalProperties": {"type": "string"},
        "description": "Beside these `answer.` with an item, `facet.` with a facet, `words.` with an item.",
    },
    {"step": "1", "go": "next", "answer.safe_in_hallways": "3"},
)


def add_answering(router: APIRouter, surroundings: Surroundings) -> None:
    """`GET` and `POST /s/{code}`."""
    guarded = [Depends(open_to_everybody(Permission.SURVEYS_ANSWER)), Depends(surroundings.welcome)]

    @router.get(
        "/s/{code}",
        response_class=Response,
        responses=pages(*SHUT, keeps=True)
        | redirected("The same with the code as it is printed, or without a draft that the device has kept."),
        dependencies=guarded,
    )
    async def show_form(
        code: Code,
        request: Request,
        session: PublicSession,
        at_hand: AtHand,
        now: Now,
        at: At = None,
        draft: Carried = "",
        language: Language = "",
    ) -> Response:
        """The form that a code opens: its first step, the one at which somebody stopped on this device, or any.

        With what was answered by now, also where somebody went back in his browser.
        """
        symbols = normalise(code)
        if symbols is not None and code != printed(symbols):
            return redirect(surroundings.reader_of(request).address(f"/s/{printed(symbols)}"))
        form = await open_form(session, at_hand.ring, request, surroundings, code, now=now)
        return form.as_kept() if at is None else form.at_step(at, draft)

    @router.post(
        "/s/{code}",
        response_class=Response,
        responses=pages(*SHUT, BodyTooLarge, NotAForm, keeps=True)
        | redirected("The step that the button leads to, to be fetched.", keeps=True),
        openapi_extra=FORM,
        dependencies=guarded,
    )
    async def answer_step(
        code: Code, request: Request, session: PublicSession, at_hand: AtHand, now: Now, language: Language = ""
    ) -> Response:
        """One step answered. Nothing is stored here: the answers so far go back with the answer, sealed.

        Sent again, it changes nothing. Words too long for the device to keep go with the page itself: it is answered
        with 200 then, and where something is no answer with 422.
        """
        form = await open_form(session, at_hand.ring, request, surroundings, code, now=now)
        fields = await fields_of(request)
        draft = form.draft_with(fields.get("draft", ""))
        note(request, remembered=draft.language)
        if fields.get("go") == "over":
            return form.begun_anew(draft)
        return form.answered(draft, fields.get("step", ""), fields.get("go", "next"), fields)
