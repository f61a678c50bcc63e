"""What the tests of credentials share: a completion that counts, a credential for it, and how it is read."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx2

from shared.testing.service import DISTRICT, ServiceInTest
from training_registry.credentials.operations import issue_credentials, revoke_credential
from training_registry.credentials.rules import Alignment, Certified
from training_registry.settings import Settings

Registry = ServiceInTest[Settings]

SIGNED = {"Accept": "application/vc+jwt"}
JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html"}
STATUTE = Alignment("Training of school resource officers", "RCW 28A.400.345", "https://example.org/rcw/28A.400.345")


def zone_of(registry: Registry) -> ZoneInfo:
    """Where a day begins."""
    return ZoneInfo(registry.process.settings.time_zone)


def today(registry: Registry) -> date:
    """The day by the registry's clock, where it is."""
    now: datetime = registry.process.clock()
    return now.astimezone(zone_of(registry)).date()


def a_certified(registry: Registry, **given: Any) -> Certified:
    """Eight hours completed ten days ago that hold for a year, but for what is given."""
    ordinary: dict[str, Any] = {
        "completion_id": uuid4(),
        "officer_id": "o-1",
        "course": "Adolescent mental health",
        "provider": "State Academy",
        "topics": {"mental_health": 550, "de_escalation": 250},
        "completed_on": today(registry) - timedelta(days=10),
        "expires_on": today(registry) + timedelta(days=355),
        "alignments": (STATUTE,),
    }
    return Certified(**(ordinary | given))


async def issue(registry: Registry, *certified: Certified, district: str = DISTRICT) -> list[UUID]:
    """The credentials of these completions, in their order."""
    process = registry.process
    async with process.database.write(district) as session:
        issued = await issue_credentials(
            session,
            certified,
            district_id=district,
            public_url=str(process.settings.public_url),
            zone=zone_of(registry),
            ring=process.ring,
            now=process.clock(),
        )
    return [issued[one.completion_id] for one in certified]


async def revoke(registry: Registry, completion_id: UUID, *, district: str = DISTRICT) -> None:
    """The completion's credential holds no more."""
    async with registry.process.database.write(district) as session:
        await revoke_credential(
            session, district_id=district, completion_id=completion_id, now=registry.process.clock()
        )


async def rotate(registry: Registry, *, district: str = DISTRICT) -> str:
    """Another key signs from now on; its `kid`."""
    async with registry.client("district_admin", district=district) as admin:
        answer = await admin.post("/v1/credential-keys/rotation")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["kid"])


async def token_of(registry: Registry, credential_id: UUID, *, district: str = DISTRICT) -> str:
    """The credential's signed text."""
    async with registry.client("district_admin", district=district) as admin:
        answer = await admin.get(f"/v1/credentials/{credential_id}", headers=SIGNED)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vc+jwt")
    return answer.text


async def public(registry: Registry, address: str, accept: dict[str, str] = JSON) -> httpx2.Response:
    """What anybody gets at an address of the registry's, whole or from its path on."""
    path = address.removeprefix(str(registry.process.settings.public_url).rstrip("/"))
    async with registry.anonymous() as anybody:
        return await anybody.get(path, headers=accept)


async def result_of(registry: Registry, credential_id: UUID) -> str:
    """How the credential stands, as anybody is told."""
    answer = await public(registry, f"/v1/credentials/{credential_id}/verification")
    return str(answer.json()["result"])


LAST_MINUTE = datetime(2026, 11, 26, 4, 59, tzinfo=UTC)
"""A minute to midnight of November 25 in New York, while it is the 26th in UTC."""
