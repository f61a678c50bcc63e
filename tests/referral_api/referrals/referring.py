"""Referrals over HTTP as these tests send and work them: bodies to send, and what a client does with them."""

from datetime import datetime
from typing import Any

import httpx2

SECRET = "Quiet since the funeral of her brother."
"""A narrative, which nobody may find where it does not belong."""
BODY = {"student_id": "st-1", "school_id": "s-1", "need": "grief", "urgency": "soon", "summary": SECRET}
CONTACT = {"contacted_at": "2026-11-02T10:00:00Z", "by": "c-1", "reached": True}
CONSENT = {"agreed": True, "by": "parent", "on": "2026-11-01"}


class Clock:
    """The service's time, moved by a test."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The time."""
        return self.now


async def submitted(client: httpx2.AsyncClient, **changes: Any) -> dict[str, Any]:
    """A new referral, as its sender is shown it."""
    answer = await client.post("/v1/referrals", json={**BODY, **changes})
    assert answer.status_code == 201, answer.text
    record: dict[str, Any] = answer.json()
    return record


async def referred(client: httpx2.AsyncClient, **changes: Any) -> str:
    """The id of a new referral."""
    return str((await submitted(client, **changes))["referral_id"])


def path_of(referral_id: str) -> str:
    """Where a referral is read."""
    return f"/v1/referrals/{referral_id}"


async def move(client: httpx2.AsyncClient, referral_id: str, to: str, **more: Any) -> httpx2.Response:
    """A step in its life, whether it may be taken or not."""
    return await client.post(f"{path_of(referral_id)}/transitions", json={"to": to, **more})


async def done(client: httpx2.AsyncClient, referral_id: str, step: str, body: dict[str, Any]) -> dict[str, Any]:
    """Something that was done to a referral and accepted; how it stands then."""
    answer = await client.request("PUT" if step == "consent" else "POST", f"{path_of(referral_id)}/{step}", json=body)
    assert answer.is_success, answer.text
    record: dict[str, Any] = answer.json()
    return record


async def moved(client: httpx2.AsyncClient, referral_id: str, to: str, **more: Any) -> None:
    """A step in its life that was taken."""
    await done(client, referral_id, "transitions", {"to": to, **more})


async def history(client: httpx2.AsyncClient, referral_id: str) -> list[dict[str, Any]]:
    """Everything that happened to it, oldest first."""
    answer = await client.get(f"{path_of(referral_id)}/history")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def kind(answer: httpx2.Response) -> tuple[int, str]:
    """A refusal: its status, and which it is."""
    return answer.status_code, answer.json()["type"].rsplit(":", 1)[1]
