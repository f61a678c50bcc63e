"""referral-api put together: its nouns' routes, its workers, its tables."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from fastapi import APIRouter

from referral_api.base import metadata
from referral_api.calendar.routes import calendar_routes
from referral_api.clearance.freshness import StandingPolicy
from referral_api.clearance.sink import ClearanceSink
from referral_api.disclosures.routes import ledger
from referral_api.referrals.operations.numbering import begin_era
from referral_api.referrals.operations.rescheduling import reschedule_referrals
from referral_api.referrals.routes import opening, reading, submitting, working
from referral_api.referrals.worker import ContactClock
from referral_api.settings import Settings
from referral_api.students.imports.routes import PATH as IMPORTS
from referral_api.students.imports.routes import import_routes
from referral_api.students.imports.worker import ImportWorker
from referral_api.students.routes import record_routes
from referral_api.students.routes import router as students_router
from shared.db import plumbing
from shared.migrations import Migrations
from shared.service import Process, Service, Worker

MIGRATIONS = Migrations(Path(__file__).parent.parent / "migrations", (metadata, plumbing))


def _routers(process: Process[Settings]) -> Sequence[APIRouter]:
    assert process.caught_up is not None
    policy = StandingPolicy(process.caught_up, timedelta(minutes=process.settings.standing_stale_minutes))
    return (
        submitting.router,  # the first, for a route is looked for in their order
        calendar_routes(on_change=reschedule_referrals),
        import_routes(process.settings),
        students_router,
        ledger.router,  # before the student's own record, whose path takes all that is below it
        record_routes(policy),
        working.router,
        opening.opening_routes(policy),
        reading.router,
    )


def _workers(process: Process[Settings]) -> Sequence[Worker]:
    return (
        ImportWorker(process.database, process.ring, process.settings, process.clock),
        ContactClock(process.database, process.clock),
    )


SERVICE = Service(
    name="referral-api",
    title="Rapport referrals",
    description="The roster, and referrals from the first worry until the student has got help.",
    settings=Settings,
    migrations=MIGRATIONS,
    announces=("roster", "referrals"),
    hears=("training",),
    register="standing",
    routers=_routers,
    sink=ClearanceSink,
    workers=_workers,
    streamed=frozenset({IMPORTS}),
    before_serving=lambda process: begin_era(process.database),
)
