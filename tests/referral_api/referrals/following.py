"""Somebody who follows the changes beneath HTTP, page after page, and what there is to follow."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import update

from referral_api.referrals.models import referrals
from referral_api.referrals.operations.storing import add
from referral_api.referrals.views.changes import changes_since
from referral_api.referrals.views.standing import BEGINNING
from referral_api.settings import Settings
from shared.db import Session
from shared.testing.service import DISTRICT, ServiceInTest
from tests.referral_api.referrals.test_rules import a_caller, a_referral

COUNSELOR = a_caller("counselor", "c-1")


class Reader:
    """Somebody who follows the changes, and what he has by now."""

    def __init__(self, api: ServiceInTest[Settings], limit: int = 50) -> None:
        self._process = api.process
        self._limit = limit
        self.place = BEGINNING
        self.versions: dict[UUID, str] = {}

    async def page(self) -> list[UUID]:
        """The next page."""
        process = self._process
        found = await changes_since(
            process.database, COUNSELOR, process.ring, since=self.place, school_id=None, limit=self._limit
        )
        assert found.behind >= self.place
        self.place = found.behind
        items = orjson.loads(found.items)
        self.versions |= {UUID(item["referral_id"]): item["updated_at"] for item in items}
        return [UUID(item["referral_id"]) for item in items]


def a_new_one(api: ServiceInTest[Settings]) -> Any:
    """A referral that nobody has stored yet."""
    rid = uuid4()
    summary = api.process.ring.seal("Quiet.", table="referrals", column="summary", key=f"{DISTRICT}/{rid}")
    return a_referral(referral_id=rid, summary=summary, submitted_on=datetime.now(UTC).date())


async def added(api: ServiceInTest[Settings]) -> UUID:
    """A referral that was stored just now."""
    made = a_new_one(api)
    async with api.process.database.write(DISTRICT) as session:
        await add(session, made)
    referral_id: UUID = made.referral_id
    return referral_id


async def touch(session: Session, referral_id: UUID, version: int) -> None:
    """Change a referral, as every operation does: under a new version."""
    await session.execute(
        update(referrals)
        .where(referrals.c.referral_id == referral_id)
        .values(version=version, updated_at=datetime.now(UTC))
    )
