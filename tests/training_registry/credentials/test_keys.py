"""A district's keys: one signs, each that ever did stays published, and none leaves its seal."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from jwt import get_unverified_header
from sqlalchemy import select

from shared.crypto import field_keys_path, sealed_with
from shared.db import EVERY_DISTRICT
from shared.key_rotation import retire
from shared.key_rotation import rotate as rotate_field_keys
from tests.training_registry.credentials.registry import (
    Registry,
    a_certified,
    issue,
    public,
    rotate,
    token_of,
)
from tests.training_registry.suite import NOON, training_registry
from training_registry.credentials.keys import signer_of
from training_registry.credentials.models import credential_keys

pytestmark = pytest.mark.slow

NOTHING = timedelta(0)
JWKS = "/v1/issuers/demo/jwks.json"


@pytest.fixture
async def registry(database_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    async with training_registry(database_url, tmp_path, clock=lambda: NOON) as service:
        yield service


async def private_keys(registry: Registry) -> list[bytes | None]:
    """What is kept of the private keys, in the order in which they were made."""
    wanted = select(credential_keys.c.private_key).order_by(credential_keys.c.number)
    async with registry.process.database.read(EVERY_DISTRICT) as session:
        return list((await session.execute(wanted)).scalars())


async def kids(registry: Registry, path: str = JWKS) -> list[str]:
    """The addresses of the keys that are published."""
    return [key["kid"] for key in (await public(registry, path)).json()["keys"]]


async def test_before_the_first_credential_there_is_no_issuer(registry: Registry) -> None:
    for path in ("/v1/issuers/demo", JWKS, "/v1/issuers/demo/keys/x"):
        answer = await public(registry, path)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:rapport:problem:issuer-unknown")


async def test_what_is_published_of_a_key_holds_nothing_private(registry: Registry) -> None:
    await issue(registry, a_certified(registry))

    (key,) = (await public(registry, JWKS)).json()["keys"]

    assert set(key) == {"kty", "crv", "x", "kid", "alg", "use"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")
    alone = await public(registry, key["kid"])
    assert alone.json() == key
    profile = (await public(registry, "/v1/issuers/demo")).json()
    assert [method["publicKeyJwk"] for method in profile["verificationMethod"]] == [key]
    assert profile["assertionMethod"] == [key["kid"]]
    assert profile["@context"][0] == "https://www.w3.org/ns/credentials/v2"


async def test_a_key_lies_sealed_and_in_no_token(registry: Registry) -> None:
    (credential_id,) = await issue(registry, a_certified(registry))
    (sealed,) = await private_keys(registry)
    assert sealed is not None
    assert sealed_with(sealed) == registry.process.ring.current
    secret = registry.process.ring.open(sealed, table="credential_keys", column="private_key", key="demo/1")

    assert secret not in await token_of(registry, credential_id)
    assert secret.encode() not in sealed


async def test_after_a_rotation_another_key_signs_and_the_old_one_can_sign_no_more(registry: Registry) -> None:
    await issue(registry, a_certified(registry))
    (old,) = await kids(registry)

    new = await rotate(registry)

    assert await kids(registry) == [new, old]
    assert new != old
    first, second = await private_keys(registry)
    assert first is None
    assert second is not None


async def test_a_rotation_before_the_first_credential_makes_the_first_key(registry: Registry) -> None:
    new = await rotate(registry)
    await issue(registry, a_certified(registry))

    assert await kids(registry) == [new]


async def test_two_rotations_at_once_leave_one_key_that_signs(registry: Registry) -> None:
    await issue(registry, a_certified(registry))

    made = await asyncio.gather(*(rotate(registry) for _ in range(4)))

    assert (await kids(registry))[0] in made
    assert [key is not None for key in await private_keys(registry)].count(True) == 1
    await issue(registry, a_certified(registry))


async def test_a_repeated_request_to_rotate_makes_no_further_key(registry: Registry) -> None:
    async with registry.client("district_admin") as admin:
        first, second = [
            await admin.post("/v1/credential-keys/rotation", headers={"Idempotency-Key": "k-1"}) for _ in range(2)
        ]

    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert len(await kids(registry)) == 1


async def test_two_who_need_the_first_key_at_once_get_the_same(registry: Registry) -> None:
    process = registry.process

    async def kid() -> str:
        async with process.database.write("demo") as session:
            signer = await signer_of(session, district_id="demo", public_url="http://x", ring=process.ring, now=NOON)
            await asyncio.sleep(0)
            return signer.kid

    found = await asyncio.gather(*(kid() for _ in range(6)))

    assert len(set(found)) == 1


async def test_districts_sign_with_keys_of_their_own(registry: Registry) -> None:
    await issue(registry, a_certified(registry))
    await issue(registry, a_certified(registry), district="other")

    ours, theirs = await kids(registry), await kids(registry, "/v1/issuers/other/jwks.json")

    assert set(ours) & set(theirs) == set()
    await rotate(registry, district="other")
    assert await kids(registry) == ours


async def test_rotating_the_field_keys_seals_private_keys_anew(registry: Registry, tmp_path: Path) -> None:
    await issue(registry, a_certified(registry))
    process = registry.process
    before = process.ring.current
    metadatas, path = process.service.migrations.metadatas, field_keys_path(tmp_path / "keys", process.service.package)
    said = io.StringIO()

    await rotate_field_keys(process.database, metadatas, path, said, settle=NOTHING)
    await retire(process.database, metadatas, path, said, grace=NOTHING)

    (sealed,) = await private_keys(registry)
    assert sealed is not None
    assert sealed_with(sealed) == before + 1
    (old,) = await kids(registry)
    (credential_id,) = await issue(registry, a_certified(registry))
    assert await kids(registry) == [old]
    assert get_unverified_header(await token_of(registry, credential_id))["kid"] == old


async def test_only_who_may_rotates(registry: Registry) -> None:
    for role in ("officer", "administrator", "counselor", "analyst"):
        async with registry.client(role) as client:
            answer = await client.post("/v1/credential-keys/rotation")
        assert answer.status_code == 403
    async with registry.anonymous() as anybody:
        assert (await anybody.post("/v1/credential-keys/rotation")).status_code == 401
