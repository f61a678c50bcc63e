"""training-registry put together: its nouns' routes, its sweep, its tables."""

from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from shared.db import plumbing
from shared.migrations import Migrations
from shared.service import Process, Service, Worker
from training_registry.activities.routes import activity_routes
from training_registry.agreements.routes import agreement_routes
from training_registry.base import metadata
from training_registry.completions.routes import completion_routes
from training_registry.credentials.routes import credential_routes
from training_registry.officers.routes import officer_routes
from training_registry.requirements.routes import requirement_routes
from training_registry.settings import Settings
from training_registry.source import SOURCE
from training_registry.standing.operations import announce_every_standing, announce_standings
from training_registry.standing.routes import standing_routes
from training_registry.standing.worker import Sweep

MIGRATIONS = Migrations(Path(__file__).parent.parent / "migrations", (metadata, plumbing))


def _routers(process: Process[Settings]) -> Sequence[APIRouter]:
    return _made_of(process.settings.time_zone, process.settings.public_url.rstrip("/"))


@cache  # they keep nothing, so whoever runs several processes in one program makes them once
def _made_of(time_zone: str, public_url: str) -> Sequence[APIRouter]:
    zone = ZoneInfo(time_zone)
    announce = partial(announce_standings, zone=zone)
    return (
        officer_routes(zone, announce),
        agreement_routes(zone),
        requirement_routes(zone, announce_every_standing),
        completion_routes(zone, public_url, announce),
        credential_routes(public_url, zone),
        activity_routes(zone),
        standing_routes(zone),
    )


def _workers(process: Process[Settings]) -> Sequence[Worker]:
    return (Sweep(process.database, process.clock, ZoneInfo(process.settings.time_zone)),)


SERVICE = Service(
    name=SOURCE,
    title="Rapport training registry",
    description="Which officer may serve where, under what agreement and with what training, and what officers do.",
    settings=Settings,
    migrations=MIGRATIONS,
    announces=("training",),
    hears=(),
    routers=_routers,
    workers=_workers,
)
