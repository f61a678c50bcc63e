"""Pages for people over HTTP."""

from datetime import tzinfo

from fastapi import APIRouter

from climate_survey_api.doors import Doors
from climate_survey_api.pages.refusing import page_route
from climate_survey_api.pages.routes.answering import add_answering
from climate_survey_api.pages.routes.asking import add_asking
from climate_survey_api.pages.routes.entering import add_entering
from climate_survey_api.pages.routes.sending import add_sending
from climate_survey_api.pages.routes.showing import add_showing
from climate_survey_api.pages.surroundings import Surroundings


def page_routes(public_url: str, doors: Doors, calls: Doors, zone: tzinfo) -> APIRouter:
    """The routes; `doors` slow down those who guess codes, `calls` those who ask for everybody."""
    surroundings = Surroundings(public_url, doors, calls, zone)
    router = APIRouter(tags=["pages"], route_class=page_route(surroundings))
    add_entering(router, surroundings)
    add_answering(router, surroundings)
    add_sending(router, surroundings)
    add_asking(router, surroundings)
    add_showing(router, surroundings)
    return router
