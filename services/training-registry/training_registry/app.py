"""training-registry put together: its nouns' routes, its sweep, its tables."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter

from shared.db import plumbing
from shared.migrations import Migrations
from shared.service import Process, Service
from training_registry.base import metadata
from training_registry.settings import Settings

MIGRATIONS = Migrations(Path(__file__).parent.parent / "migrations", (metadata, plumbing))


def _routers(_process: Process[Settings]) -> Sequence[APIRouter]:
    return ()


SERVICE = Service(
    name="training-registry",
    title="Rapport training registry",
    description="Which officer may serve where, under what agreement and with what training, and what officers do.",
    settings=Settings,
    migrations=MIGRATIONS,
    announces=("training",),
    hears=(),
    routers=_routers,
)
