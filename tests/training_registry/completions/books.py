"""What the tests of completions begin with."""

from typing import Any

import httpx2

from shared.testing.service import DISTRICT, ServiceInTest
from training_registry.completions.rules import Completion
from training_registry.completions.views import completions_known
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


async def add_officer(api: ServiceInTest[Settings], officer_id: str, school_id: str) -> None:
    """An officer whom the district knows, assigned to a school."""
    officer = {"name": "Pat Doe", "agency": "City Police", "appointed_on": "2026-01-05"}
    async with api.client("district_admin", "a-0") as admin:
        answers = [
            await admin.put(f"/v1/officers/{officer_id}", json=officer),
            await admin.post(
                f"/v1/officers/{officer_id}/assignments", json={"school_id": school_id, "from_on": "2026-01-05"}
            ),
        ]
    assert {answer.status_code for answer in answers} <= {200, 201}, [answer.text for answer in answers]


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
