"""What everybody may see of a survey: thanks, what it asks, how many have answered."""

from fastapi import APIRouter, Depends, Request, Response

from climate_survey_api.access_codes.views import codes_by_unit
from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.rules import Administration
from climate_survey_api.administrations.views import administration_anywhere
from climate_survey_api.pages.asked import forms_for
from climate_survey_api.pages.refusing import note
from climate_survey_api.pages.rendering import page
from climate_survey_api.pages.routes.told import AdministrationId, Language, id_in, pages
from climate_survey_api.pages.standing import standing_of
from climate_survey_api.pages.surroundings import Surroundings
from climate_survey_api.pages.turnout import MINIMUM, turnout_of
from climate_survey_api.policies.views import policy_of
from shared.auth.permissions import Permission
from shared.db import ReadSession
from shared.errors import DatabaseUnavailable
from shared.http.runtime import Now, PublicSession, open_to_everybody

_REFUSED = (AdministrationNotFound, DatabaseUnavailable)


def add_showing(router: APIRouter, surroundings: Surroundings) -> None:
    """`GET /thanks/{administration_id}`, `/preview/{administration_id}` and `/status/{administration_id}`."""
    for_those_asked = [Depends(open_to_everybody(Permission.SURVEYS_ANSWER))]
    for_everybody = [Depends(open_to_everybody(Permission.SURVEYS_PREVIEW))]

    @router.get(
        "/thanks/{administration_id}",
        response_class=Response,
        responses=pages(*_REFUSED),
        dependencies=for_those_asked,
    )
    async def thank(
        administration_id: AdministrationId, request: Request, session: PublicSession, language: Language = ""
    ) -> Response:
        """Thanks to whoever has answered, and where help is to be had. It knows nobody, and no code."""
        planned = await _planned(session, request, administration_id)
        policy = await policy_of(session, planned.district_id)
        return page(
            "thanks",
            surroundings.reader_of(request, planned.languages),
            administration_id=planned.administration_id,
            helpline=policy.helpline,
        )

    @router.get(
        "/preview/{administration_id}",
        response_class=Response,
        responses=pages(*_REFUSED),
        dependencies=for_everybody,
    )
    async def preview_survey(
        administration_id: AdministrationId,
        request: Request,
        session: PublicSession,
        now: Now,
        language: Language = "",
    ) -> Response:
        """Every item of every group as it is asked, from the day the survey is planned: for parents above all.

        With whether it is open, and when it opens, or the day on which it was closed.
        """
        planned = await _planned(session, request, administration_id)
        forms = await forms_for(session, planned)
        return page(
            "preview",
            surroundings.reader_of(request, planned.languages),
            administration=planned,
            standing=standing_of(planned, now),
            forms=forms,
            has_protected=any(item.ppra_area for form in forms for item in form.items),
        )

    @router.get(
        "/status/{administration_id}",
        response_class=Response,
        responses=pages(*_REFUSED),
        dependencies=for_everybody,
    )
    async def follow_survey(
        administration_id: AdministrationId,
        request: Request,
        session: PublicSession,
        now: Now,
        language: Language = "",
    ) -> Response:
        """How many codes of each school have been used by now; a school with few people is not shown on its own."""
        planned = await _planned(session, request, administration_id)
        codes = await codes_by_unit(session, planned.district_id, planned.administration_id)
        return page(
            "status",
            surroundings.reader_of(request, planned.languages),
            administration=planned,
            turnout=turnout_of(planned.units, codes),
            names=planned.school_names(),
            minimum=MINIMUM,
            now=now,
        )


async def _planned(session: ReadSession, request: Request, administration_id: str) -> Administration:
    """The survey, whatever district it belongs to. Raises: AdministrationNotFound (404)."""
    planned = await administration_anywhere(session, id_in(administration_id))
    note(request, administration=planned)
    return planned
