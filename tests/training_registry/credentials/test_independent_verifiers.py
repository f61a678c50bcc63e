"""Credentials and status lists, judged by libraries that are not ours: what holds holds, what is wrong is found.

Both judges go by the real clock, so the registry does too.
"""

import base64
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from openbadgeslib.ob3 import OB3VerificationError

from tests.npm import what_npm_lacks
from tests.training_registry.credentials.judging import Evidence, evidence_of, judged_in_node, judged_in_python
from tests.training_registry.credentials.registry import Registry, a_certified, issue, revoke, rotate, today
from tests.training_registry.suite import training_registry


@pytest.fixture
async def registry(database_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    async with training_registry(database_url, tmp_path) as service:
        yield service


@pytest.fixture
def node(go_without: Callable[[str], None]) -> None:
    """The judges that run in Node.js."""
    if missing := what_npm_lacks():
        go_without(f"credentials judged by jose and vc-bitstring-status-list: {missing}")


def with_a_changed_claim(evidence: Evidence) -> Evidence:
    """The credential as somebody would like it to be, under the signature that was given for another."""
    header, payload, signature = evidence.jwt.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    claims["credentialSubject"]["creditsEarned"] = 80
    changed = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return evidence._replace(jwt=f"{header}.{changed}.{signature}")


def with_a_changed_byte(evidence: Evidence) -> Evidence:
    """One letter of the signature is another."""
    head, signature = evidence.jwt.rsplit(".", 1)
    return evidence._replace(jwt=f"{head}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}")


def with_keys_of(evidence: Evidence, other: Evidence) -> Evidence:
    """The kid as it was, but another's key behind it."""
    kept = {**other.jwks["keys"][0], "kid": evidence.jwks["keys"][0]["kid"]}
    return evidence._replace(jwks={"keys": [kept]})


def with_lists_of(evidence: Evidence, other: Evidence) -> Evidence:
    """Another's list at the address of ours."""
    (address,), (text,) = evidence.lists, other.lists.values()
    return evidence._replace(lists={address: text})


async def test_a_credential_holds_for_openbadgeslib(registry: Registry) -> None:
    (credential_id,) = await issue(registry, a_certified(registry))

    read = judged_in_python(await evidence_of(registry, credential_id))

    assert read.achievement.name == "Adolescent mental health"
    assert read.issuer.id == "http://127.0.0.1:8003/v1/issuers/demo"


@pytest.mark.usefixtures("node")
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_credential_holds_for_jose_and_each_of_its_terms_is_defined(registry: Registry) -> None:
    every = await issue(
        registry, a_certified(registry), a_certified(registry, expires_on=None, topics={}, alignments=())
    )

    verdicts = judged_in_node(*[await evidence_of(registry, one) for one in every])

    assert [verdict.get("because") for verdict in verdicts] == [None, None]
    assert [verdict["revoked"] for verdict in verdicts] == [False, False]
    assert "https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential" in verdicts[0]["types"]


@pytest.mark.usefixtures("node")
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_whatever_is_wrong_with_a_credential_is_found_by_both(registry: Registry) -> None:
    (credential_id,) = await issue(registry, a_certified(registry))
    (theirs,) = await issue(registry, a_certified(registry), district="other")
    sound = await evidence_of(registry, credential_id)
    other = await evidence_of(registry, theirs, district="other")
    wrong = {
        "a changed claim": with_a_changed_claim(sound),
        "a changed byte": with_a_changed_byte(sound),
        "another's key": with_keys_of(sound, other),
        "another's list": with_lists_of(sound, other),
        "no list": sound._replace(lists={}),
    }

    verdicts = dict(zip(wrong, judged_in_node(*wrong.values()), strict=True))

    assert {name: verdict["holds"] for name, verdict in verdicts.items()} == dict.fromkeys(wrong, False)
    assert "ERR_JWS_SIGNATURE_VERIFICATION_FAILED" in verdicts["a changed claim"]["because"]
    for name, evidence in wrong.items():
        with pytest.raises(OB3VerificationError):
            judged_in_python(evidence)
            pytest.fail(name)
    judged_in_python(sound)


@pytest.mark.usefixtures("node")
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_revoked_credential_is_found_in_its_list_and_its_neighbours_hold(registry: Registry) -> None:
    certified = [a_certified(registry) for _ in range(40)]
    issued = await issue(registry, *certified)
    for one in certified[:15]:
        await revoke(registry, one.completion_id)

    every = [await evidence_of(registry, one) for one in issued]

    assert [verdict["revoked"] for verdict in judged_in_node(*every)] == [True] * 15 + [False] * 25
    for evidence in every[:15]:
        assert judged_in_python(evidence, checks_status=False)
        with pytest.raises(OB3VerificationError, match="revo"):
            judged_in_python(evidence)
    for evidence in every[15:]:
        assert judged_in_python(evidence)


async def test_an_expired_credential_is_expired_for_others_too(registry: Registry) -> None:
    yesterday = today(registry) - timedelta(days=1)
    (credential_id,) = await issue(registry, a_certified(registry, expires_on=yesterday))

    with pytest.raises(OB3VerificationError, match="expired"):
        judged_in_python(await evidence_of(registry, credential_id))


@pytest.mark.usefixtures("node")
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_after_two_rotations_old_credentials_still_verify_and_can_still_be_revoked(registry: Registry) -> None:
    certified = [a_certified(registry) for _ in range(3)]
    every = []
    for one in certified:
        every += await issue(registry, one)
        await rotate(registry)
    await revoke(registry, certified[0].completion_id)

    evidence = [await evidence_of(registry, one) for one in every]

    assert len(evidence[0].jwks["keys"]) == 4
    assert [verdict["revoked"] for verdict in judged_in_node(*evidence)] == [True, False, False]
    assert all(judged_in_python(one, checks_status=False) for one in evidence)
