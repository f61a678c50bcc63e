"""What the tests of completions begin with."""

from typing import Any
from uuid import uuid4

import httpx2
from sqlalchemy import insert

from shared.db import EVERY_DISTRICT
from shared.testing.service import DISTRICT, ServiceInTest
from tests.training_registry.suite import NOON
from training_registry.agencies import agency_id
from training_registry.completions.rules import Completion
from training_registry.completions.views import completions_known
from training_registry.officers.models import assignment_versions, assignments, officer_versions, officers
from training_registry.settings import Settings

PATH = "/v1/completions"
BASIC: dict[str, Any] = {
    "officer_id": "o-1",
    "course": "NASRO Basic",
    "provider": "NASRO",
    "topics": {"law": 39.25, "de_escalation": 0.75},
    "completed_on": "2026-08-27",
}
CONTENT = {name: value for name, value in BASIC.items() if name != "officer_id"}
OUTSIDE = {**BASIC, "course": "College", "outside": True}


async def add_officer(
    api: ServiceInTest[Settings], officer_id: str, school_id: str, district_id: str = DISTRICT
) -> None:
    """An officer whom the district knows, assigned to a school."""
    noted = {"recorded_at": NOON, "recorded_by": "a-0", "version": 1, "district_id": district_id}
    assignment = {"assignment_id": uuid4(), "officer_id": officer_id, "school_id": school_id}
    ring = api.process.ring
    name = ring.seal("Pat Doe", table="officer_versions", column="name", key=f"{district_id}/{officer_id}/1")
    async with api.process.database.write(EVERY_DISTRICT) as session:
        await session.execute(insert(officers), {"district_id": district_id, "officer_id": officer_id, "version": 1})
        await session.execute(
            insert(officer_versions),
            {
                **noted,
                "officer_id": officer_id,
                "name": name,
                "agency": "City Police",
                "agency_id": agency_id("City Police"),
                "position": "sro",
                "appointed_on": NOON.date().replace(month=1),
            },
        )
        await session.execute(
            insert(assignments), {**assignment, "district_id": district_id, "version": 1, "withdrawn": False}
        )
        await session.execute(
            insert(assignment_versions),
            {**assignment, **noted, "from_on": NOON.date().replace(month=1), "selection_panel": "[]"},
        )


async def recorded(admin: httpx2.AsyncClient, **changes: Any) -> dict[str, Any]:
    """A completion that was recorded."""
    answer = await admin.post(PATH, json=BASIC | changes)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def counted(api: ServiceInTest[Settings], officer_id: str = "o-1", **asked: Any) -> list[Completion]:
    """What counts of an officer's completions."""
    async with api.process.database.read(DISTRICT) as session:
        known = await completions_known(session, DISTRICT, **asked)
    return [completion for completion in known.get(officer_id, []) if completion.counts]


async def verified(api: ServiceInTest[Settings], credential_id: str) -> str:
    """What anybody is told of a credential."""
    async with api.anonymous() as anybody:
        answer = await anybody.get(f"/v1/credentials/{credential_id}/verification")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["result"])
