"""reporting put together: the views' routes, the sink that fills them, the rebuild, its tables."""

from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from fastapi import APIRouter

from reporting import models as _models  # noqa: F401  # declares its tables
from reporting.base import metadata
from reporting.rolling import Roller
from reporting.routes.freshness import freshness_router
from reporting.routes.referrals import referrals_router
from reporting.routes.surveys import surveys_router
from reporting.routes.telling import CONSUMER
from reporting.routes.training import training_router
from reporting.settings import Settings
from reporting.sink import ViewSink
from shared.db import plumbing
from shared.horizon import Horizon
from shared.migrations import Migrations
from shared.service import Process, Service

log = structlog.get_logger(__name__)

MIGRATIONS = Migrations(Path(__file__).parent.parent / "migrations", (metadata, plumbing))
HEARS = ("roster", "referrals", "training", "surveys")


def _routers(process: Process[Settings]) -> Sequence[APIRouter]:
    horizon = Horizon(process.bus, HEARS, process.clock)
    zone = ZoneInfo(process.settings.time_zone)
    return (
        referrals_router(horizon, minimum_cell=process.settings.minimum_cell, zone=zone),
        training_router(horizon, zone=zone),
        surveys_router(horizon),
        freshness_router(horizon),
    )


async def _rebuild(process: Process[Settings]) -> None:
    # Imported here: a resting service does not pay for it.
    from reporting.rebuild import rebuild

    passed_over = await rebuild(process.database, process.bus, consumer=CONSUMER, topics=HEARS)
    log.info("rebuilt", passed_over=passed_over)


SERVICE = Service(
    name=CONSUMER,
    title="Rapport reporting",
    description="Cross-cutting, disaggregated, honest views of whether the programme helps students.",
    settings=Settings,
    migrations=MIGRATIONS,
    announces=(),
    hears=HEARS,
    routers=_routers,
    sink=ViewSink,
    workers=lambda process: (Roller(process.database),),
    rebuild=_rebuild,
)
