"""climate-survey-api put together: its nouns' routes, its workers, its tables."""

import time
from collections.abc import Sequence
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from climate_survey_api.access_codes.operations import void_codes_of
from climate_survey_api.access_codes.routes import access_code_routes
from climate_survey_api.access_codes.views import codes_by_unit
from climate_survey_api.administrations.routes import administration_routes, parental_choice_routes
from climate_survey_api.administrations.views.schools import surveyed_schools
from climate_survey_api.administrations.worker import Timetable
from climate_survey_api.base import metadata
from climate_survey_api.comments.operations import forget_comments
from climate_survey_api.comments.routes import comment_routes
from climate_survey_api.doors import MOST_CALLS_FOR_HELP, MOST_MISSES, Doors
from climate_survey_api.help_requests.operations import forget_help_requests
from climate_survey_api.help_requests.routes import asking_routes, help_request_routes
from climate_survey_api.instruments.routes import instrument_routes
from climate_survey_api.networks import networks_in
from climate_survey_api.pages.routes import page_routes
from climate_survey_api.policies.routes import policy_routes
from climate_survey_api.responses.operations import make_box
from climate_survey_api.responses.routes import response_routes
from climate_survey_api.results.operations import see_to_closing
from climate_survey_api.results.routes import result_routes
from climate_survey_api.results.worker import Counting
from climate_survey_api.settings import Settings
from climate_survey_api.source import SOURCE
from climate_survey_api.watching import Watching
from shared.db import plumbing
from shared.janitor import Kept
from shared.migrations import Migrations
from shared.service import Process, Service, Worker

MIGRATIONS = Migrations(Path(__file__).parent.parent / "migrations", (metadata, plumbing))


def _routers(process: Process[Settings]) -> Sequence[APIRouter]:
    settings = process.settings
    zone, public_url = ZoneInfo(settings.time_zone), settings.public_url.rstrip("/")
    trusted = networks_in(settings.trusted_proxies)
    doors = Doors(trusted, MOST_MISSES, time.monotonic)
    calls = Doors(trusted, MOST_CALLS_FOR_HELP, time.monotonic)
    return (
        *_made_of(settings.time_zone, public_url),
        response_routes(doors),
        asking_routes(zone, calls, surveyed_schools),
        page_routes(public_url, doors, calls, zone),
    )


@cache  # they keep nothing, so whoever runs several processes in one program makes them once
def _made_of(time_zone: str, public_url: str) -> Sequence[APIRouter]:
    zone = ZoneInfo(time_zone)
    return (
        instrument_routes(),
        policy_routes(),
        administration_routes(zone, make_box, partial(see_to_closing, zone=zone), codes_by_unit),
        parental_choice_routes(void_codes_of),
        access_code_routes(public_url, zone),
        comment_routes(zone),
        help_request_routes(zone),
        result_routes(),
    )


def _workers(process: Process[Settings]) -> Sequence[Worker]:
    zone = ZoneInfo(process.settings.time_zone)
    return (
        Timetable(
            process.database,
            process.ring,
            process.clock,
            zone,
            on_opening=make_box,
            on_closing=partial(see_to_closing, zone=zone),
            used_codes=codes_by_unit,
        ),
        Counting(process.database, process.ring, process.clock, zone),
        Watching(process.database, process.clock, zone),
    )


def _keeps(settings: Settings) -> Sequence[Kept]:
    words = timedelta(days=settings.words_days)
    return Kept("comments", words, forget_comments), Kept("help_requests", words, forget_help_requests)


SERVICE = Service(
    name=SOURCE,
    title="Rapport climate surveys",
    description="Surveys that nobody can be traced by, and results that are honest about small numbers.",
    settings=Settings,
    migrations=MIGRATIONS,
    announces=("surveys",),
    hears=(),
    routers=_routers,
    workers=_workers,
    keeps=_keeps,
)
