"""Officers and agreements as the training registry announces them, and the service they are announced to."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx2

from referral_api.settings import Settings
from shared.cloudevents import to_message
from shared.events.base import Event
from shared.events.training import (
    AgreementChanged,
    AssignmentTerm,
    Blocks,
    OfficerStandingChanged,
    RequirementStanding,
    StandingStatus,
    StandingStep,
)
from shared.testing.service import DISTRICT, ServiceInTest

AGENCY = UUID("0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f")
OTHER_AGENCY = UUID("0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e40")
MONDAY = date(2026, 11, 2)
NOON = datetime(2026, 11, 2, 17, tzinfo=UTC)
"""Noon in New York, which is the zone of a district that has set no calendar."""
DUTY = {"Purpose-Of-Use": "school_official_duty"}
EMERGENCY = {
    "Purpose-Of-Use": "health_safety_emergency",
    "Emergency-Threat": "He wrote that he will bring a weapon tomorrow.",
    "Emergency-Until": "2026-11-03T17:00:00Z",
}


def a_requirement(
    requirement_id: str = "basic",
    *steps: tuple[date, StandingStatus],
    blocks: Sequence[Blocks] = (Blocks.SERVE, Blocks.OPEN_RECORDS),
) -> RequirementStanding:
    """A requirement that is met on every day, but for the steps given."""
    taken = steps or ((date(2026, 1, 1), StandingStatus.CURRENT),)
    return RequirementStanding(
        requirement_id=requirement_id,
        blocks=tuple(blocks),
        steps=tuple(StandingStep(from_on=day, status=status) for day, status in taken),
    )


def assigned(school_id: str = "s-1", from_on: date = date(2026, 1, 1), to_on: date | None = None) -> AssignmentTerm:
    """An assignment."""
    return AssignmentTerm(school_id=school_id, from_on=from_on, to_on=to_on)


def a_standing(**given: Any) -> OfficerStandingChanged:
    """A trained officer at s-1, but for what is given."""
    ordinary: dict[str, Any] = {
        "event_id": uuid4(),
        "occurred_at": NOON,
        "district_id": DISTRICT,
        "officer_id": "o-1",
        "version": 1,
        "agency_id": AGENCY,
        "assignments": (assigned(),),
        "requirements": (a_requirement(),),
    }
    return OfficerStandingChanged(**(ordinary | given))


def an_agreement(**given: Any) -> AgreementChanged:
    """An agreement in force for s-1 and s-2 that opens records, but for what is given."""
    ordinary: dict[str, Any] = {
        "event_id": uuid4(),
        "occurred_at": NOON,
        "district_id": DISTRICT,
        "agreement_id": "a-1",
        "version": 1,
        "agency_id": AGENCY,
        "school_ids": ("s-1", "s-2"),
        "in_force_from": date(2026, 1, 1),
        "in_force_to": date(2026, 12, 31),
        "opens_records": True,
    }
    return AgreementChanged(**(ordinary | given))


async def announce(service: ServiceInTest[Settings], *events: Event) -> None:
    """Let the training registry tell this, and the service hear it."""
    bus = service.process.bus
    await bus.ensure_topics(service.process.service.topics())
    await bus.publish([to_message(event, source="training-registry") for event in events])
    await service.drain()


async def ledger(service: ServiceInTest[Settings], query: str = "") -> list[dict[str, Any]]:
    """The entries of the ledger, newest first."""
    async with service.client("district_admin") as admin:
        answer = await admin.get(f"/v1/disclosures{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def kind(answer: httpx2.Response) -> tuple[int, str]:
    """A refusal: its status, and which it is."""
    return answer.status_code, answer.json()["type"].rsplit(":", 1)[1]
