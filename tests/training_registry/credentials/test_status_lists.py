"""Places in status lists: drawn at random, each given once, a new list when one is half full."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from shared.db import Session
from tests.training_registry.credentials.registry import SIGNED, Registry, a_certified, issue, public, revoke
from tests.training_registry.suite import NOON, training_registry
from training_registry.credentials.models import credentials, status_lists
from training_registry.credentials.signing import document_in
from training_registry.credentials.status_lists import MOST_TAKEN, PLACES, encode, take_places

pytestmark = pytest.mark.slow


@pytest.fixture
async def registry(database_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    async with training_registry(database_url, tmp_path, clock=lambda: NOON) as service:
        yield service


async def place_of(registry: Registry, credential_id: UUID) -> tuple[str, int]:
    """The list that a credential names, and its place there."""
    async with registry.client("district_admin") as admin:
        credential = (await admin.get(f"/v1/credentials/{credential_id}")).json()["credential"]
    status = credential["credentialStatus"]
    return status["statusListCredential"], int(status["statusListIndex"])


async def _fill(session: Session, taken: int) -> None:
    await session.execute(update(status_lists).values(taken=taken))


async def test_when_a_list_is_half_full_another_begins_and_the_first_goes_on_telling(registry: Registry) -> None:
    one, other = a_certified(registry), a_certified(registry)
    (first,) = await issue(registry, one)
    async with registry.process.database.write("demo") as session:
        await _fill(session, MOST_TAKEN - 1)
    (second,) = await issue(registry, a_certified(registry))
    (third,) = await issue(registry, other)

    (list_1, place), (list_2, _), (list_3, _) = [await place_of(registry, c) for c in (first, second, third)]

    assert list_1 == list_2 != list_3
    await revoke(registry, one.completion_id)
    for address in (list_1, list_3):
        assert (await public(registry, address, SIGNED)).status_code == 200
    said = (await public(registry, list_1)).json()["credentialSubject"]["encodedList"]
    assert said == encode([place])


async def test_a_draw_that_meets_a_taken_place_is_drawn_again(registry: Registry) -> None:
    (credential_id,) = await issue(registry, a_certified(registry))
    _, taken = await place_of(registry, credential_id)
    free = (taken + 1) % PLACES
    draws: Iterator[int] = iter([taken, taken, free])

    async with registry.process.database.write("demo") as session:
        _, places = await take_places(session, 1, district_id="demo", now=NOON, draw=lambda: next(draws))

    assert places == [free]


async def test_who_wants_a_place_waits_for_who_is_about_to_take_it(registry: Registry) -> None:
    async def take_the_first_free() -> int:
        """As if everybody drew 0, then 1, then 2."""
        draws = itertools.count()
        async with registry.process.database.write("demo") as session:
            status_list_id, (place,) = await take_places(
                session, 1, district_id="demo", now=NOON, draw=lambda: next(draws)
            )
            await asyncio.sleep(0.01)  # the others want theirs meanwhile
            await session.execute(
                insert(credentials).values(
                    credential_id=uuid4(),
                    district_id="demo",
                    completion_id=uuid4(),
                    officer_id="o-1",
                    status_list_id=status_list_id,
                    status_index=place,
                    valid_from_on=NOON.date(),
                    jwt="",
                    issued_at=NOON,
                )
            )
        return place

    places = await asyncio.gather(*(take_the_first_free() for _ in range(8)))

    assert sorted(places) == list(range(8))
    async with registry.process.database.read("demo") as session:
        assert (await session.execute(select(status_lists.c.taken))).scalars().all() == [8]


async def test_a_place_given_twice_is_refused_by_the_database(registry: Registry) -> None:
    first, second = await issue(registry, a_certified(registry), a_certified(registry))
    _, taken = await place_of(registry, first)

    with pytest.raises(IntegrityError):
        async with registry.process.database.write("demo") as session:
            await session.execute(
                update(credentials).where(credentials.c.credential_id == second).values(status_index=taken)
            )


async def test_a_completion_has_at_most_one_credential_that_holds(registry: Registry) -> None:
    certified = a_certified(registry)
    await issue(registry, certified)
    (other,) = await issue(registry, a_certified(registry))

    with pytest.raises(IntegrityError):
        async with registry.process.database.write("demo") as session:
            await session.execute(
                update(credentials)
                .where(credentials.c.credential_id == other)
                .values(completion_id=certified.completion_id)
            )


async def test_more_than_half_a_list_is_not_given_at_once(registry: Registry) -> None:
    async with registry.process.database.write("demo") as session:
        with pytest.raises(ValueError, match="between 1 and"):
            await take_places(session, MOST_TAKEN + 1, district_id="demo", now=NOON)


async def test_places_tell_nothing_of_the_order_in_which_they_were_given(registry: Registry) -> None:
    async with registry.process.database.write("demo") as session:
        _, places = await take_places(session, 200, district_id="demo", now=NOON)

    assert list(places) != sorted(places)
    assert max(places) - min(places) > PLACES // 2  # 200 draws within half of it: one in 10^58


async def test_a_list_is_read_signed_unless_json_is_asked_for(registry: Registry) -> None:
    (credential_id,) = await issue(registry, a_certified(registry))
    address, _ = await place_of(registry, credential_id)

    signed, bare = await public(registry, address, {}), await public(registry, address)

    assert signed.headers["content-type"] == "application/vc+jwt"
    assert (bare.headers["content-type"], bare.headers["vary"]) == ("application/json", "Accept")
    said = document_in(signed.text)
    assert {name: said[name] for name in bare.json()} == bare.json()
    assert said["iss"] == said["issuer"] == bare.json()["issuer"]
    assert (said["validFrom"], said["validUntil"]) == ("2026-11-25T17:00:00Z", "2026-11-26T17:00:00Z")


async def test_a_list_that_never_was_is_unknown(registry: Registry) -> None:
    answer = await public(registry, "/v1/status-lists/7d5f2f9e-8f43-4c8e-9d5e-0a4f7a3d9b11")

    assert (answer.status_code, answer.json()["type"]) == (404, "urn:rapport:problem:status-list-unknown")
