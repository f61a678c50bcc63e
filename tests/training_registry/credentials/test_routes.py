"""Who reads a credential, in which form, and what everybody is told of it."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from jwt import get_unverified_header

from tests.training_registry.credentials.registry import (
    JSON,
    PAGE,
    Registry,
    a_certified,
    issue,
    public,
    revoke,
    today,
    token_of,
)
from tests.training_registry.suite import NOON, training_registry
from training_registry.credentials.signing import document_in


@pytest.fixture
async def registry(database_url: str, tmp_path: Path) -> AsyncIterator[Registry]:
    async with training_registry(database_url, tmp_path, clock=lambda: NOON) as service:
        yield service


@pytest.fixture
async def credential_id(registry: Registry) -> UUID:
    """Of officer o-1, who is assigned to school s-1."""
    officer = {"name": "N", "agency": "Police", "badge": "1", "appointed_on": "2026-01-05"}
    assignment = {"school_id": "s-1", "from_on": "2026-01-05", "principal_interviewed": True}
    async with registry.client("district_admin") as admin:
        assert (await admin.put("/v1/officers/o-1", json=officer)).is_success
        assert (await admin.post("/v1/officers/o-1/assignments", json=assignment)).is_success
    (issued,) = await issue(registry, a_certified(registry))
    return issued


async def test_as_json_a_credential_comes_with_its_text_and_where_it_is_verified(
    registry: Registry, credential_id: UUID
) -> None:
    async with registry.client("district_admin") as admin:
        answer = await admin.get(f"/v1/credentials/{credential_id}")

    said = answer.json()
    assert (answer.headers["content-type"], answer.headers["vary"]) == ("application/json", "Accept")
    assert (said["officer_id"], said["revoked_at"]) == ("o-1", None)
    assert said["jwt"] == await token_of(registry, credential_id)
    claims = document_in(said["jwt"])
    assert {name: claims[name] for name in said["credential"]} == said["credential"]
    assert claims.keys() - said["credential"].keys() == {"iss", "jti", "nbf", "exp"}
    assert (await public(registry, said["verification_url"])).json()["result"] == "valid"


@pytest.mark.parametrize(
    ("role", "sub", "schools", "status"),
    [
        ("district_admin", "a-1", None, 200),
        ("officer", "o-1", None, 200),
        ("officer", "o-2", None, 404),
        ("administrator", "p-1", ["s-1"], 200),
        ("administrator", "p-2", ["s-2"], 404),
        ("administrator", "p-3", [], 404),
        ("counselor", "c-1", ["s-1"], 403),
        ("provider", "v-1", None, 403),
    ],
)
async def test_a_credential_is_read_by_its_officer_and_by_who_answers_for_him(
    registry: Registry, credential_id: UUID, role: str, sub: str, schools: list[str] | None, status: int
) -> None:
    provider = "pr-1" if role == "provider" else None
    async with registry.client(role, sub, schools=schools, provider=provider) as client:
        answer = await client.get(f"/v1/credentials/{credential_id}")

    assert answer.status_code == status


async def test_nobody_of_another_district_reads_it(registry: Registry, credential_id: UUID) -> None:
    for role, sub in (("district_admin", "a-1"), ("officer", "o-1")):
        async with registry.client(role, sub, district="other") as client:
            answer = await client.get(f"/v1/credentials/{credential_id}")
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:rapport:problem:credential-not-found")


async def test_without_a_token_a_credential_is_not_read(registry: Registry, credential_id: UUID) -> None:
    assert (await public(registry, f"/v1/credentials/{credential_id}")).status_code == 401


async def test_anybody_is_told_what_a_credential_certifies_and_nothing_about_the_person(registry: Registry) -> None:
    officer_id = "officer-nobody-may-know"
    (credential_id,) = await issue(registry, a_certified(registry, officer_id=officer_id))

    answers = [await public(registry, f"/v1/credentials/{credential_id}/verification", a) for a in (JSON, PAGE)]

    for answer in answers:
        assert answer.status_code == 200
        assert officer_id not in answer.text + str(answer.headers)
    assert answers[0].json() == {
        "result": "valid",
        "credential_id": str(credential_id),
        "achievement": {
            "name": "Adolescent mental health",
            "provider": "State Academy",
            "hours": 8.0,
            "topics": {"de_escalation": 2.5, "mental_health": 5.5},
            "alignments": [
                {
                    "name": "Training of school resource officers",
                    "code": "RCW 28A.400.345",
                    "url": "https://example.org/rcw/28A.400.345",
                    "source": None,
                },
                {
                    "name": "De-escalation",
                    "code": "de_escalation",
                    "url": "http://127.0.0.1:8003/v1/issuers/demo#de_escalation",
                    "source": "RCW 28A.310.515",
                },
            ],
        },
        "issuer": {"id": "http://127.0.0.1:8003/v1/issuers/demo", "name": "demo"},
        "valid_from_on": "2026-11-15",
        "valid_until_on": "2027-11-15",
        "revoked_on": None,
        "checked_at": "2026-11-25T17:00:00Z",
    }


async def test_a_revoked_credential_is_told_to_be_revoked(registry: Registry) -> None:
    certified = a_certified(registry)
    (credential_id,) = await issue(registry, certified)
    await revoke(registry, certified.completion_id)

    answer = await public(registry, f"/v1/credentials/{credential_id}/verification")

    assert (answer.json()["result"], answer.json()["revoked_on"]) == ("revoked", "2026-11-25")


async def test_an_expired_credential_is_told_to_have_expired(registry: Registry) -> None:
    yesterday = today(registry) - timedelta(days=1)
    (credential_id,) = await issue(registry, a_certified(registry, expires_on=yesterday))

    answer = await public(registry, f"/v1/credentials/{credential_id}/verification")

    assert (answer.json()["result"], date.fromisoformat(answer.json()["valid_until_on"])) == ("expired", yesterday)


@pytest.mark.parametrize("name", ["7d5f2f9e-8f43-4c8e-9d5e-0a4f7a3d9b11", "mistyped", "%20"])
async def test_what_was_never_issued_is_unknown(registry: Registry, name: str) -> None:
    answer = await public(registry, f"/v1/credentials/{name}/verification")

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert (answer.json()["result"], answer.json()["type"]) == ("unknown", "urn:rapport:problem:credential-unknown")


@pytest.mark.parametrize(
    "path",
    [
        "credentials/{id}/verification",
        "issuers/demo",
        "issuers/demo/jwks.json",
        "issuers/demo/keys/k",
        "status-lists/{id}",
    ],
)
async def test_what_is_open_to_everybody_refuses_parameters_that_it_does_not_know(
    registry: Registry, path: str
) -> None:
    answer = await public(registry, f"/v1/{path.format(id=uuid4())}?resultt=valid")

    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "query.resultt")


async def test_web_pages_of_others_may_read_what_is_open_to_everybody_and_nothing_else(
    registry: Registry, credential_id: UUID
) -> None:
    async with registry.client("district_admin") as admin:
        read = await admin.get(f"/v1/credentials/{credential_id}")
    status_list = read.json()["credential"]["credentialStatus"]["statusListCredential"]
    kid = get_unverified_header(read.json()["jwt"])["kid"]

    shared = [
        await public(registry, address)
        for address in (
            f"/v1/credentials/{credential_id}/verification",
            "/v1/issuers/demo",
            "/v1/issuers/demo/jwks.json",
            kid,
            status_list,
        )
    ]

    assert [answer.headers.get("access-control-allow-origin") for answer in shared] == ["*"] * 5
    assert "access-control-allow-origin" not in read.headers
