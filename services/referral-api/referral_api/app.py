"""referral-api put together: its nouns' routes, its workers, its tables."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter

from referral_api.base import metadata
from referral_api.disclosures import models as _disclosures  # noqa: F401  # declares its tables
from referral_api.referrals import models as _referrals  # noqa: F401  # declares its tables
from referral_api.referrals.routes import router as referrals_router
from referral_api.settings import Settings
from referral_api.students import models as _students  # noqa: F401  # declares its tables
from shared.db import plumbing
from shared.migrations import Migrations
from shared.service import Process, Service

MIGRATIONS = Migrations(Path(__file__).parent.parent / "migrations", (metadata, plumbing))


def _routers(_process: Process[Settings]) -> Sequence[APIRouter]:
    return (referrals_router,)


SERVICE = Service(
    name="referral-api",
    title="Rapport referrals",
    description="The roster, and referrals from the first worry until the student has got help.",
    settings=Settings,
    migrations=MIGRATIONS,
    announces=("roster", "referrals"),
    hears=(),
    routers=_routers,
)
