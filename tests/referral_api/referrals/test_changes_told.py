"""What changes tell is what the rules allow and the models say, for every kind of caller and referral."""

from collections.abc import Iterator
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import ColumnElement, select

from referral_api.referrals import rules
from referral_api.referrals.models import referrals
from referral_api.referrals.operations.storing import COLUMNS, row_of, sealed
from referral_api.referrals.rules import Referral, Status
from referral_api.referrals.views.changes import changes_since
from referral_api.referrals.views.records import ReferralTombstone, view_for
from referral_api.referrals.views.standing import BEGINNING
from referral_api.referrals.views.visibility import gone_for, readable_in_full, told_to, visible_to
from referral_api.settings import Settings
from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Database
from shared.events.referrals import Stage, StatusReason
from shared.testing.service import DISTRICT, ServiceInTest
from tests.referral_api.referrals.test_rules import NOW, a_caller, a_referral

CALLERS = [
    *(
        a_caller(role, sub, schools)
        for role in ("counselor", "administrator")
        for sub in ("o-1", "c-1")
        for schools in (None, set(), {"s-1"}, {"s-1", "s-2"})
    ),
    *(a_caller(role, sub, {"s-1"}) for role in ("officer", "staff") for sub in ("o-1", "o-2")),
    *(a_caller("provider", sub, None, provider) for sub in ("o-1", "p-1") for provider in ("p-1", "p-2", None)),
]


def every_kind() -> Iterator[Referral]:
    """A referral of each kind that a rule could tell apart, whether it can come about or not."""
    kinds = product(
        Status, (None, NOW), ("s-1", "s-2"), ("o-1", "o-2"), (None, "p-1", "p-2"), (None, False, True), (False, True)
    )
    for status, submitted_at, school, author, provider, agreed, shared in kinds:
        yield a_referral(
            referral_id=uuid4(),
            status=status,
            submitted_at=submitted_at,
            school_id=school,
            submitted_by=author,
            provider_id=provider,
            consent_agreed=agreed,
            was_shared=shared,
        )


async def put(database: Database, *kinds: Referral) -> None:
    async with database.write(DISTRICT) as session:
        rows = [row_of(one) for one in kinds]
        await bulk_upsert(session, referrals, COLUMNS, rows, on_conflict="ignore")


async def test_the_conditions_find_what_the_rules_allow(api: ServiceInTest[Settings]) -> None:
    database, kinds = api.process.database, list(every_kind())
    await put(database, *kinds)

    async def found(condition: ColumnElement[bool]) -> set[UUID]:
        async with database.read(DISTRICT) as session:
            return set((await session.execute(select(referrals.c.referral_id).where(condition))).scalars())

    def allowed(rule: Any, caller: Caller) -> set[UUID]:
        return {one.referral_id for one in kinds if rule(caller, one)}

    for caller in CALLERS:
        full, status = allowed(rules.may_read_in_full, caller), allowed(rules.may_read_status, caller)
        assert await found(readable_in_full(caller)) == full, caller
        assert await found(visible_to(caller)) == full | status, caller
        gone = allowed(rules.may_learn_it_is_gone, caller)
        assert await found(gone_for(caller)) == gone, caller
        assert await found(told_to(caller)) == full | status | gone, caller


def in_words(ring: KeyRing, referral_id: UUID, **changes: Any) -> Referral:
    """A referral with everything in it, its texts sealed."""
    texts = {
        "summary": 'Quotes " and \\, a line\nbreak, \x7f, \u2028, ünï, 🕊, </script>.',
        "requested_service": "tutor",
        "message_to_referrer": "Thank you.",
    }
    everything: dict[str, Any] = {
        "referral_id": referral_id,
        **{column: sealed(ring, column, text, referral_id, DISTRICT) for column, text in texts.items()},
        "provider_id": "p-1",
        "consent_agreed": True,
        "consent_by": "guardian",
        "consent_on": NOW.date(),
        "was_shared": True,
        "reopens": uuid4(),
        "merged_into": uuid4(),
        "noted_at": NOW.replace(microsecond=120_000),
        "due_at": NOW.replace(microsecond=1),
        "contacted_at": NOW,
        "closed_at": NOW,
        "reason": StatusReason.DUPLICATE,
    }
    return a_referral(**everything | changes)


@pytest.mark.parametrize(
    "caller", CALLERS, ids=lambda c: f"{c.role}-{c.sub}-{sorted(c.school_ids or [])}-{c.provider_id}"
)
async def test_what_is_told_is_byte_for_byte_what_the_model_would_say(
    api: ServiceInTest[Settings], caller: Caller
) -> None:
    ring = api.process.ring
    times = ("noted_at", "due_at", "contacted_at", "closed_at")
    words = ("requested_service", "message_to_referrer", "reason", "provider_id", "reopens", "merged_into")
    nothing: dict[str, Any] = dict.fromkeys((*times, *words))
    unasked: dict[str, Any] = dict.fromkeys(("consent_agreed", "consent_by", "consent_on"))
    started: dict[str, Any] = {"reached": frozenset({Stage.SUBMITTED, Stage.ACCEPTED, Stage.STARTED})}
    kinds = [
        in_words(ring, uuid4(), status=status, submitted_by=author, **changes)
        for status in Status
        for author in ("o-1", "o-2")
        for changes in ({}, nothing, nothing | started, {"submitted_at": None}, {"consent_agreed": False}, unasked)
    ]
    await put(api.process.database, *kinds)

    page = await changes_since(api.process.database, caller, ring, since=BEGINNING, school_id=None, limit=500)

    expected = {}
    for one in kinds:
        if rules.may_learn_it_is_gone(caller, one):
            said = ReferralTombstone(referral_id=one.referral_id, deleted=True).model_dump_json()
        elif rules.may_read_in_full(caller, one) or rules.may_read_status(caller, one):
            said = view_for(caller, one, ring).model_dump_json()
        else:
            continue
        expected[str(one.referral_id)] = said.encode()
    told = [item["referral_id"] for item in orjson.loads(page.items)]
    assert set(told) == expected.keys()
    assert page.items == b"[" + b",".join(expected[referral_id] for referral_id in told) + b"]"
