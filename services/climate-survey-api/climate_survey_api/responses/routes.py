"""Answers over HTTP, for apps."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict

from climate_survey_api.access_codes.errors import CodeUnknown, CodeUsed
from climate_survey_api.doors import Doors
from climate_survey_api.errors import KnocksTooOften
from climate_survey_api.responses.errors import AnswersRefused, SurveyClosed, SurveyNotOpen
from climate_survey_api.responses.forms import SurveyForm
from climate_survey_api.responses.operations import SubmitResponse, submit_response
from climate_survey_api.responses.views import form_behind
from shared.auth.permissions import Permission
from shared.http.problems import problems
from shared.http.runtime import AtHand, Now, PublicSession, PublicWriteSession, open_to_everybody

_SHUT = (CodeUnknown, CodeUsed, SurveyNotOpen, SurveyClosed, KnocksTooOften)
Code = Annotated[str, Path(description="As it is printed; dashes may be left out.", examples=["7KHD-M4PX-9RWC"])]


class AnswersReceived(BaseModel):
    """The answers were taken. Nothing more is told: there is no number under which they could be found again."""

    received: Literal[True] = True

    model_config = ConfigDict(json_schema_extra={"examples": [{"received": True}]})


def response_routes(doors: Doors) -> APIRouter:
    """The routes; `doors` slow down those who guess."""

    async def welcome(request: Request) -> None:
        doors.ensure_welcome(request)

    # Before a session: whoever is made to wait holds no transaction meanwhile.
    guarded = [Depends(open_to_everybody(Permission.SURVEYS_ANSWER)), Depends(welcome)]
    router = APIRouter(prefix="/v1", tags=["answering"])

    @router.get("/surveys/{code}", responses=problems(*_SHUT), dependencies=guarded)
    async def read_survey(
        code: Code, request: Request, session: PublicSession, at_hand: AtHand, now: Now
    ) -> SurveyForm:
        """The form that a code opens; reading it uses nothing up."""
        with doors.watching(request, for_misses=CodeUnknown):
            return await form_behind(session, at_hand.ring, code, now=now)

    @router.post("/responses", status_code=201, responses=problems(*_SHUT, AnswersRefused), dependencies=guarded)
    async def send_response(
        request: Request, command: SubmitResponse, session: PublicWriteSession, at_hand: AtHand, now: Now
    ) -> AnswersReceived:
        """Answer a survey: the code is used up, and the answers go into a box that is opened when the survey is over.

        Sent again, they are refused as used (410): they were counted the first time.
        """
        with doors.watching(request, for_misses=CodeUnknown):
            await submit_response(session, at_hand.ring, command, now=now)
        return AnswersReceived()

    return router
