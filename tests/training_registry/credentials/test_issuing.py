"""What becomes true when credentials are issued and revoked, and what is announced of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select

from shared.db import EVERY_DISTRICT
from shared.outbox import outbox
from tests.training_registry.credentials.registry import (
    LAST_MINUTE,
    Registry,
    a_certified,
    issue,
    public,
    result_of,
    revoke,
    token_of,
    zone_of,
)
from tests.training_registry.suite import NOON, Clock, training_registry
from training_registry.credentials.models import credentials
from training_registry.credentials.operations import issue_credentials
from training_registry.credentials.signing import document_in

pytestmark = pytest.mark.slow


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def registry(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Registry]:
    async with training_registry(database_url, tmp_path, clock=clock) as service:
        yield service


async def announced(registry: Registry) -> list[tuple[str, str]]:
    """The events recorded so far, by name, with the credential or completion they are about."""
    async with registry.process.database.read(EVERY_DISTRICT) as session:
        rows = (await session.execute(select(outbox.c.headers, outbox.c.value).order_by(outbox.c.seq))).all()
    return [(bytes(headers).decode(), bytes(value).decode()) for headers, value in rows]


async def test_a_credential_says_what_was_completed_and_of_the_officer_only_his_id(registry: Registry) -> None:
    certified = a_certified(registry)
    (credential_id,) = await issue(registry, certified)

    said = document_in(await token_of(registry, credential_id))

    assert said["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert said["validFrom"] == "2026-11-15T00:00:00-05:00"
    assert said["validUntil"] == "2027-11-15T23:59:59-05:00"
    subject = said["credentialSubject"]
    assert subject["identifier"][0]["identityHash"] == "o-1"
    assert subject["creditsEarned"] == 8
    assert {one["targetCode"] for one in subject["achievement"]["alignment"]} >= {"RCW 28A.400.345"}
    assert "id" not in subject
    assert "sub" not in said
    assert (said["iss"], said["jti"]) == (said["issuer"]["id"], said["id"])


async def test_a_credential_that_never_ends_names_no_last_day(registry: Registry) -> None:
    (credential_id,) = await issue(registry, a_certified(registry, expires_on=None, topics={}, alignments=()))

    said = document_in(await token_of(registry, credential_id))

    assert {"validUntil", "exp"} & said.keys() == set()
    assert await result_of(registry, credential_id) == "valid"


async def test_the_last_day_of_the_calendar_is_a_day_like_any_other(registry: Registry) -> None:
    (credential_id,) = await issue(registry, a_certified(registry, expires_on=date.max))

    assert document_in(await token_of(registry, credential_id))["validUntil"].startswith("9999-12-31T23:59:59")
    assert await result_of(registry, credential_id) == "valid"


async def test_what_is_issued_and_revoked_is_announced_once_and_names_nobody(registry: Registry) -> None:
    certified = a_certified(registry)
    first = await issue(registry, certified)
    assert await issue(registry, certified) == first
    await revoke(registry, certified.completion_id)
    await revoke(registry, certified.completion_id)
    await revoke(registry, uuid4())

    events = await announced(registry)

    assert ["credential.issued.v1" in headers for headers, _ in events] == [True, False]
    assert ["credential.revoked.v1" in headers for headers, _ in events] == [False, True]
    for _, value in events:
        assert str(first[0]) in value
        assert str(certified.completion_id) in value
        assert "mental" not in value


async def test_after_a_revocation_the_completion_may_be_certified_anew(registry: Registry) -> None:
    certified = a_certified(registry)
    (first,) = await issue(registry, certified)
    await revoke(registry, certified.completion_id)
    (second,) = await issue(registry, certified)

    assert first != second
    assert [await result_of(registry, one) for one in (first, second)] == ["revoked", "valid"]


async def test_another_district_revokes_nothing(registry: Registry) -> None:
    certified = a_certified(registry)
    (credential_id,) = await issue(registry, certified)

    await revoke(registry, certified.completion_id, district="other")

    assert await result_of(registry, credential_id) == "valid"


async def test_a_credential_holds_through_its_last_day_where_the_registry_is(registry: Registry, clock: Clock) -> None:
    clock.now = LAST_MINUTE
    (credential_id,) = await issue(registry, a_certified(registry, expires_on=date(2026, 11, 25)))
    assert await result_of(registry, credential_id) == "valid"

    clock.now = LAST_MINUTE + timedelta(minutes=1)

    assert await result_of(registry, credential_id) == "expired"


async def test_what_was_revoked_is_not_told_to_have_merely_expired(registry: Registry, clock: Clock) -> None:
    certified = a_certified(registry)
    (credential_id,) = await issue(registry, certified)
    await revoke(registry, certified.completion_id)
    clock.now += timedelta(days=3650)

    answer = await public(registry, f"/v1/credentials/{credential_id}/verification")

    assert (answer.json()["result"], answer.json()["revoked_on"]) == ("revoked", "2026-11-25")


async def test_many_at_once_each_have_a_place_of_their_own(registry: Registry) -> None:
    many = [a_certified(registry, officer_id=f"o-{n}") for n in range(1500)]
    again = [*many, many[0]]

    issued = await issue(registry, *again)

    assert len(set(issued)) == len(many)
    async with registry.process.database.read(EVERY_DISTRICT) as session:
        rows = (await session.execute(select(credentials.c.status_list_id, credentials.c.status_index))).all()
    assert len({tuple(row) for row in rows}) == len(rows) == len(many)
    assert len(await announced(registry)) == len(many)


async def test_many_transactions_at_once_share_one_key_and_one_list(registry: Registry) -> None:
    every = [[a_certified(registry, officer_id=f"o-{n}-{m}") for m in range(20)] for n in range(12)]

    await asyncio.gather(*(issue(registry, *some) for some in every))

    async with registry.process.database.read(EVERY_DISTRICT) as session:
        rows = (await session.execute(select(credentials.c.status_list_id, credentials.c.status_index))).all()
    assert len({row.status_list_id for row in rows}) == 1
    assert len({row.status_index for row in rows}) == len(rows) == 240
    keys = (await public(registry, "/v1/issuers/demo/jwks.json")).json()["keys"]
    assert len(keys) == 1


async def test_what_is_issued_in_a_transaction_that_fails_was_never_issued(registry: Registry) -> None:
    process = registry.process
    with pytest.raises(RuntimeError):
        async with process.database.write("demo") as session:
            await issue_credentials(
                session,
                [a_certified(registry)],
                district_id="demo",
                public_url=str(process.settings.public_url),
                zone=zone_of(registry),
                ring=process.ring,
                now=NOON,
            )
            raise RuntimeError

    assert await announced(registry) == []
    assert (await public(registry, "/v1/issuers/demo")).status_code == 404
