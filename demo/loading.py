"""What a district sends: its roster as one file, and its referrals, each step of a life by the person who takes it."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid5

from demo.arrivals import Whereabouts
from demo.client import Answer, Client, Refused
from demo.lives import Life, Step
from demo.people import ROSTER_SENDER, at_school

_LOOK_AGAIN_SECONDS = 0.2
_NOT_FOUND, _CONFLICT = frozenset({404}), frozenset({409})


@dataclass(frozen=True, slots=True)
class Sent:
    """A referral with all its steps has arrived."""

    number: int
    """Its place in the order in which all of them are drawn."""
    life: Life
    was_there: bool
    """Whether an earlier run had brought it."""


async def import_roster(client: Client, roster: Path, *, key: str, looked: Callable[[int], None]) -> bool:
    """Send the zip and wait until it is in the roster, telling how many rows have been read; whether it was there.

    What an earlier run sent may have been given up, because it was stopped too often or its file was lost: then it is
    sent anew. Raises: Refused when the import is refused, or some of its rows are.
    """
    imports = f"{client.services.referral_api}/v1/roster/imports"
    for attempt in count(1):
        queued = await client.post(imports, roster, caller=ROSTER_SENDER, key=f"{key}-{attempt}")
        state = await _ended(client, f"{imports}/{queued.body['import_id']}", looked)
        if state["status"] == "done" and not state["rows_rejected"]:
            return queued.was_there
        if not queued.was_there:
            raise Refused(f"the import is {state['status']}: {state['refused_because']} {state['errors'][:3]}")
    raise AssertionError("numbers do not end")


async def _ended(client: Client, url: str, looked: Callable[[int], None]) -> dict[str, Any]:
    """What became of an import."""
    while True:
        state: dict[str, Any] = (await client.get(url, caller=ROSTER_SENDER)).body
        looked(state["rows_read"])
        if state["status"] in ("refused", "done"):
            return state
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def send_lives(
    client: Client, lives: Iterable[tuple[int, Life]], *, at_once: int, sent: Callable[[Sent], None]
) -> None:
    """Send numbered referrals, `at_once` of them side by side, the steps of each one after the other.

    They are drawn only as they are sent, so that the size of the district costs no memory.
    """
    waiting = iter(lives)

    async def send_next() -> None:
        for number, life in waiting:
            sent(Sent(number, life, await _send(client, life)))

    async with asyncio.TaskGroup() as senders:
        for _ in range(at_once):
            senders.create_task(send_next())


async def is_there(client: Client, referral: Whereabouts) -> bool:
    """Whether a referral is known to the service."""
    url = f"{client.services.referral_api}/v1/referrals/{referral.referral_id}"
    counselor = at_school("counselor", referral.school_id)
    return (await client.get(url, caller=counselor, also=_NOT_FOUND)).status == 200


async def _send(client: Client, life: Life) -> bool:
    """Whether it was there."""
    url, school_id = f"{client.services.referral_api}/v1/referrals", life.student.school_id
    referrer, counselor = at_school(life.referrer_role, school_id), at_school("counselor", school_id)
    submitted = await client.post(url, _submission(life), caller=referrer, key=str(life.referral_id))
    if not life.steps:
        return submitted.was_there
    # Where the referral was there its steps were taken too, perhaps so long ago that their keys are forgotten.
    done = _CONFLICT if submitted.was_there else frozenset[int]()
    arrived_at = await _arrived_at(client, life, submitted)
    for number, step in enumerate(life.steps, 1):
        body = _contact(life, step, number, arrived_at) if step.kind == "contacts" else step.body
        key = f"{life.referral_id}-{number}"
        await client.post(f"{url}/{life.referral_id}/{step.kind}", body, caller=counselor, key=key, also=done)
    return submitted.was_there


def _submission(life: Life) -> dict[str, Any]:
    """The id is ours, so that the same referral sent twice is one referral."""
    body = {
        "referral_id": str(life.referral_id),
        "student_id": life.student.student_id,
        "school_id": life.student.school_id,
        "need": life.need,
        "urgency": life.urgency,
        "summary": life.summary,
        "send": life.is_sent,
    }
    return body if life.noted_at is None else body | {"noted_at": life.noted_at.isoformat()}


async def _arrived_at(client: Client, life: Life, submitted: Answer) -> str:
    """When the referral arrived. A referrer is told once; later only those who work it are: so its counselor asks."""
    if "submitted_at" not in submitted.body:
        url = f"{client.services.referral_api}/v1/referrals/{life.referral_id}"
        submitted = await client.get(url, caller=at_school("counselor", life.student.school_id))
    return str(submitted.body["submitted_at"])


def _contact(life: Life, step: Step, number: int, arrived_at: str) -> dict[str, Any]:
    """At the instant at which the referral arrived: its clock starts there, whenever it had been noted."""
    return {
        "contact_id": str(uuid5(life.referral_id, str(number))),
        "contacted_at": arrived_at,
        "by": at_school("counselor", life.student.school_id).sub,
        **step.body,
    }
