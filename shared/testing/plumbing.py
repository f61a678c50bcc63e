"""A database with the tables every service has, and a counting sink: what relay and consumer are tested on."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Integer, MetaData, Table, Text, select

from shared.bulk import bulk_upsert
from shared.db import EVERY_DISTRICT, Database, Session, plumbing
from shared.events.base import Event
from shared.events.facets import Disability, Facets, GradeBand, RaceEthnicity, Sex
from shared.events.referrals import Need, ReferralAccepted, Urgency
from shared.outbox import new_event_id

TOPICS = {"referrals": 6}
metadata = MetaData()
counted = Table("counted", metadata, Column("school_id", Text, primary_key=True), Column("n", Integer, nullable=False))


@asynccontextmanager
async def plumbed(url: str) -> AsyncIterator[Database]:
    """A database with outbox, inbox, offsets and the table that the counting sink writes."""
    database = Database(url, pool_size=8)
    async with database.write(EVERY_DISTRICT) as session:
        await session.run_sync(plumbing.create_all)
        await session.run_sync(metadata.create_all)
    try:
        yield database
    finally:
        await database.close()


class PerSchool:
    """A sink that counts accepted referrals per school, and is poisoned by the schools named."""

    known: Mapping[str, type[Event]] = {ReferralAccepted.name: ReferralAccepted}

    def __init__(self, *, cannot_prepare: str | None = None, cannot_store: str | None = None) -> None:
        self.cannot_prepare = cannot_prepare
        self.cannot_store = cannot_store

    def prepare(self, events: Sequence[Event]) -> dict[str, int]:
        """Count by school."""
        counts: dict[str, int] = {}
        for event in events:
            assert isinstance(event, ReferralAccepted)
            if event.school_id == self.cannot_prepare:
                raise ZeroDivisionError
            counts[event.school_id] = counts.get(event.school_id, 0) + 1
        return counts

    async def store(self, session: Session, prepared: dict[str, int]) -> None:
        """Add the counts."""
        if self.cannot_store in prepared:
            raise LookupError
        await bulk_upsert(session, counted, ("school_id", "n"), sorted(prepared.items()), on_conflict="add")


async def counts(database: Database) -> dict[str, int]:
    """What the sink has counted."""
    async with database.read(EVERY_DISTRICT) as session:
        rows: list[Any] = list(await session.execute(select(counted.c.school_id, counted.c.n)))
    return {row.school_id: row.n for row in rows}


def an_acceptance(school_id: str = "s-1", *, referral_id: UUID | None = None, version: int = 2) -> ReferralAccepted:
    """A referral at this school was accepted."""
    return ReferralAccepted(
        event_id=new_event_id(),
        occurred_at=datetime(2026, 11, 2, 15, 0, tzinfo=UTC),
        district_id="demo",
        referral_id=referral_id or new_event_id(),
        version=version,
        student_id="st-1",
        school_id=school_id,
        need=Need.GRIEF,
        urgency=Urgency.SOON,
        facets=Facets(
            race_ethnicity=RaceEthnicity.ASIAN,
            sex=Sex.FEMALE,
            disability=Disability.NONE,
            english_learner=None,
            grade_band=GradeBand.G6_8,
        ),
        submitted_at=datetime(2026, 11, 2, 14, 0, tzinfo=UTC),
        submitted_on=date(2026, 11, 2),
    )
