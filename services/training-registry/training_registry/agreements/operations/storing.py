"""How an agreement is taken up for a change and put back: locked, its days told, stored whole under a new version."""

from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any

import orjson
from sqlalchemy import insert, select, update

from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.outbox import record
from training_registry.agencies import agency_id
from training_registry.agreements import announcements
from training_registry.agreements.eras import Change
from training_registry.agreements.errors import SchoolNotCovered
from training_registry.agreements.models import agreement_versions, agreements
from training_registry.agreements.rules import Clause, Facts, next_turn_on, turns_of
from training_registry.agreements.views.finding import Kept, find_agreement
from training_registry.agreements.views.records import SEALED, opened, version_key
from training_registry.source import SOURCE

NOT_YET = 0
"""The version of an agreement that nobody has written."""


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who keeps the agreements just now, and with what."""

    caller: Caller
    now: datetime
    zone: tzinfo
    ring: KeyRing

    @property
    def today(self) -> date:
        """The day, where the registry is."""
        return self.now.astimezone(self.zone).date()

    @property
    def district_id(self) -> str:
        """Whose agreements."""
        return self.caller.district_id


@dataclass(frozen=True, slots=True)
class Draft:
    """An agreement as a change leaves it, before it is stored."""

    facts: Facts
    version: int
    terms_version: int
    details: dict[str, str | None]
    """What may name people, by column."""
    terminated_because: str | None
    announced_through: date
    recorded_at: datetime | None = None
    """When the version before was; None: there is none."""


@dataclass(frozen=True, slots=True)
class Taken:
    """An agreement taken up for a change, with the day through which its days are told by now."""

    kept: Kept
    announced_through: date


async def lock_new(session: Session, agreement_id: str, clerk: Clerk) -> None:
    """See to it that there is a row to lock, so that two who write the same agreement first come one by one."""
    first = (clerk.district_id, agreement_id, NOT_YET, clerk.today)
    columns = ("district_id", "agreement_id", "version", "announced_through")
    await bulk_upsert(session, agreements, columns, [first], on_conflict="ignore")


async def to_change(session: Session, agreement_id: str, clerk: Clerk) -> Taken:
    """The agreement as it is, locked until the transaction ends.

    Only by who acts for every school of it: whatever changes is changed for all of them.
    What its days have brought until today is announced first: the change could make it untrue, and it was true.
    Raises: AgreementNotFound, SchoolNotCovered.
    """
    a, district_id, today = agreements.c, clerk.district_id, clerk.today
    locked = select(a.announced_through).where(a.district_id == district_id, a.agreement_id == agreement_id)
    announced_through = (await session.execute(locked.with_for_update())).scalar_one_or_none()
    kept = await find_agreement(session, clerk.caller, agreement_id)
    assert announced_through is not None, "every version has its agreement"
    if not all(map(clerk.caller.sees_school, kept.facts.terms.school_ids)):
        raise SchoolNotCovered
    if turns := turns_of(kept.facts, after=announced_through, through=today):
        # Here and not with the change: one that turns out to change nothing is stored no more, and these are told.
        this = update(agreements).where(a.district_id == district_id, a.agreement_id == agreement_id)
        next_on = next_turn_on(kept.facts, after=today)
        await session.execute(this.values(announced_through=today, next_turn_on=next_on))
        told = announcements.turned(turns, district_id=district_id, agreement_id=agreement_id, now=clerk.now)
        await record(session, *told, source=SOURCE)
    return Taken(kept, max(announced_through, today))


def draft_of(taken: Taken, clerk: Clerk) -> Draft:
    """The agreement as it is, to be changed."""
    kept = taken.kept
    return Draft(
        facts=kept.facts,
        version=kept.version,
        terms_version=kept.row.terms_version,
        details={name: opened(kept, clerk.ring, name) for name in SEALED},
        terminated_because=kept.terminated_because,
        announced_through=taken.announced_through,
        recorded_at=kept.row.recorded_at,
    )


async def store(session: Session, after: Draft, change: Change, clerk: Clerk) -> None:
    """The agreement is this from its next version on; AgreementChanged is announced.

    What the change itself brings about by today is told by it: days are counted on from here.
    """
    version = after.version + 1
    facts, district_id = after.facts, clerk.district_id
    through = after.announced_through
    await session.execute(
        update(agreements)
        .where(agreements.c.district_id == district_id, agreements.c.agreement_id == facts.agreement_id)
        .values(version=version, announced_through=through, next_turn_on=next_turn_on(facts, after=through))
    )
    row = _row_of(replace(after, version=version), district_id, clerk.ring)
    # The clock of another process may be behind; no version is known earlier than the one before it.
    recorded_at = max(clerk.now, after.recorded_at or clerk.now)
    recorded_on = recorded_at.astimezone(clerk.zone).date()
    row |= {"change": change, "recorded_at": recorded_at, "recorded_on": recorded_on, "recorded_by": clerk.caller.sub}
    await session.execute(insert(agreement_versions).values(row))
    told = announcements.changed(facts, district_id=district_id, version=version, now=clerk.now)
    await record(session, told, source=SOURCE)


def _row_of(draft: Draft, district_id: str, ring: KeyRing) -> dict[str, Any]:
    facts, terms = draft.facts, draft.facts.terms
    key = version_key(district_id, facts.agreement_id, draft.version)
    return {
        "district_id": district_id,
        "agreement_id": facts.agreement_id,
        "version": draft.version,
        "terms_version": draft.terms_version,
        "agency": terms.agency,
        "agency_id": agency_id(terms.agency),
        "school_ids": orjson.dumps(sorted(terms.school_ids)).decode(),
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "review_on": facts.review_on,
        "clauses": orjson.dumps({name.value: terms.clauses[name] for name in Clause}).decode(),
        "ferpa_basis": terms.ferpa_basis,
        **{
            name: None if text is None else ring.seal(text, table="agreement_versions", column=name, key=key)
            for name, text in draft.details.items()
        },
        "terminated_on": facts.terminated_on,
        "terminated_because": draft.terminated_because,
    }
