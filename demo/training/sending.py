"""What a district sends about its officers: rules and agreements first, then officers, courses, days of work, drills.

Everything bears an id that follows from the seed, so that what is sent again is there once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from demo.client import Client, Refused
from demo.people import READER as DISTRICT_ADMIN
from demo.people import Person
from demo.training.duties import DRILL_QUOTAS, Drill, activities, drills
from demo.training.learning import ADOPTED, OWN_RULES, SOURCE, Completion, completions, requirement_body
from demo.training.officers import Agreement, Officer, Term, agreements, staffed
from demo.training.truth import TrainingTruth

T = TypeVar("T")

MOST_AT_ONCE = 500
"""Entries in one list."""
_CLAUSES = (
    *("purpose", "roles", "no_discipline", "information_sharing", "supervision", "training", "data_collection"),
    *("complaint_process", "student_rights", "annual_evaluation"),
)
_THERE, _MISSING = frozenset({409}), frozenset({404})
Looked = Callable[[], None]


async def are_officers_there(client: Client, truth: TrainingTruth) -> bool:
    """Whether the last of the district's officers is known to the service."""
    url = f"{client.services.training_registry}/v1/officers/{truth.officers[-1].officer_id}"
    return (await client.get(url, caller=DISTRICT_ADMIN, also=_MISSING)).status == 200


async def send_rules(client: Client, truth: TrainingTruth, *, looked: Looked) -> None:
    """The district's requirements, how many drills it asks for, and its agreements, signed by who has signed them."""
    registry = f"{client.services.training_registry}/v1"
    for requirement_id in OWN_RULES:
        body = requirement_body(requirement_id, truth.as_of)
        await client.put(f"{registry}/requirements/{requirement_id}", body, caller=DISTRICT_ADMIN)
        looked()
    adoption = {"requirement_ids": list(ADOPTED)}
    key = f"{truth.district.seed}-adoption"
    await client.post(f"{registry}/catalogue/adoptions", adoption, caller=DISTRICT_ADMIN, key=key)
    looked()
    await client.put(f"{registry}/drill-quotas", _quotas(), caller=DISTRICT_ADMIN)
    looked()
    for agreement in agreements(truth.district, truth.as_of):
        url = f"{registry}/agreements/{agreement.agreement_id}"
        await client.put(url, _agreement(agreement), caller=DISTRICT_ADMIN)
        for signature in _signatures(agreement):
            key = f"{truth.district.seed}-{agreement.agreement_id}-{signature['party']}"
            await client.post(f"{url}/signatures", signature, caller=DISTRICT_ADMIN, key=key, also=_THERE)
        looked()


async def send_officers(client: Client, truth: TrainingTruth, *, at_once: int, looked: Looked) -> None:
    """Each officer with his assignment, and what they have learnt: by list, as a training office would."""
    registry = f"{client.services.training_registry}/v1"

    async def send(officer: Officer) -> None:
        url = f"{registry}/officers/{officer.officer_id}"
        await client.put(url, _officer(officer), caller=DISTRICT_ADMIN)
        key = f"{truth.district.seed}-{officer.officer_id}-assignment"
        await client.post(f"{url}/assignments", _assignment(officer), caller=DISTRICT_ADMIN, key=key, also=_THERE)
        looked()

    await side_by_side(truth.officers, send, at_once)
    learnt = [c for officer in truth.officers for c in completions(truth.district, officer, truth.as_of)]
    for some in _lists(learnt):
        await _send_list(client, f"{registry}/completions", [one.body for one in some], caller=DISTRICT_ADMIN)

    async def revoke(one: Completion) -> None:
        url, reason = f"{registry}/completions/{one.completion_id}/revocation", {"reason": "Was not there."}
        await client.post(url, reason, caller=DISTRICT_ADMIN, key=f"{one.completion_id}-revoked", also=_THERE)

    await side_by_side([one for one in learnt if one.is_revoked], revoke, at_once)


async def send_activities(client: Client, truth: TrainingTruth, *, at_once: int, looked: Callable[[int], None]) -> None:
    """What each officer noted, from his own phone, in lists."""
    url = f"{client.services.training_registry}/v1/activities"

    async def send(officer: Officer) -> None:
        phone = Person("officer", officer.officer_id, officer.school.school_id)
        for some in _lists(list(activities(truth.district, officer, truth.as_of))):
            await _send_list(client, url, [entry.body for entry in some], caller=phone)
            looked(len(some))

    await side_by_side(truth.officers, send, at_once)


async def send_drills(client: Client, truth: TrainingTruth, *, at_once: int, looked: Looked) -> None:
    """The drills that the schools have held."""
    url = f"{client.services.training_registry}/v1/drills"
    held = [drill for school in staffed(truth.district) for drill in drills(truth.district, school, truth.as_of)]

    async def send(drill: Drill) -> None:
        await client.post(url, drill.body, caller=DISTRICT_ADMIN, key=str(drill.drill_id))
        looked()

    await side_by_side(held, send, at_once)


def _lists(entries: Sequence[T]) -> Iterator[Sequence[T]]:
    for begin in range(0, len(entries), MOST_AT_ONCE):
        yield entries[begin : begin + MOST_AT_ONCE]


async def _send_list(client: Client, url: str, bodies: Sequence[Mapping[str, Any]], *, caller: Person) -> None:
    """Send a list of which each entry stands alone. Raises: Refused when one is."""
    first = bodies[0]
    key = str(first.get("activity_id") or first["completion_id"])
    items = (await client.post(url, bodies, caller=caller, key=f"list-{key}")).body["items"]
    refused = [item for item in items if item["status"] not in (200, 201)]
    if refused:
        raise Refused(f"{len(refused)} of {len(bodies)} entries of a list are refused: {refused[:3]}")


async def side_by_side(things: Iterable[T], send: Callable[[T], Awaitable[None]], at_once: int) -> None:
    """Do this for each of the things, for so many of them at a time."""
    waiting = iter(things)

    async def send_next() -> None:
        for thing in waiting:
            await send(thing)

    async with asyncio.TaskGroup() as senders:
        for _ in range(at_once):
            senders.create_task(send_next())


def _agreement(agreement: Agreement) -> dict[str, Any]:
    states = dict.fromkeys(_CLAUSES, "present")
    if agreement.term is Term.IN_DISCIPLINE:
        states["no_discipline"] = "absent"
    return {
        "agency": agreement.agency,
        "school_ids": list(agreement.school_ids),
        "starts_on": agreement.starts_on.isoformat(),
        "ends_on": agreement.ends_on.isoformat(),
        "clauses": {clause: {"state": state} for clause, state in states.items()},
        "ferpa_basis": "school_official",
    }


def _signatures(agreement: Agreement) -> Iterator[dict[str, str]]:
    signed_on = agreement.starts_on.isoformat()
    yield {"party": "district", "signed_by": "Superintendent", "signed_on": signed_on}
    if agreement.term is not Term.DRAFT:
        yield {"party": "agency", "signed_by": "Chief", "signed_on": signed_on}


def _officer(officer: Officer) -> dict[str, Any]:
    return {
        "name": officer.name,
        "agency": officer.agency,
        "badge": officer.badge,
        "appointed_on": officer.appointed_on.isoformat(),
    }


def _assignment(officer: Officer) -> dict[str, Any]:
    return {
        "assignment_id": str(officer.assignment_id),
        "school_id": officer.school.school_id,
        "from_on": officer.appointed_on.isoformat(),
        "principal_interviewed": True,
        "principal_endorsed": True,
    }


def _quotas() -> dict[str, Any]:
    rows = [
        {"quota_id": type_, "title": f"{least} of {type_} a year", "type": type_, "least": least, "source": SOURCE}
        for type_, least in DRILL_QUOTAS.items()
    ]
    return {"rows": rows}
