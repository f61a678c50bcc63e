"""Something to be found in training-registry: officers, agreements, what was learnt and done, and what is asked."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2

from shared.testing.service import DISTRICT, ServiceInTest

AGENCY = "City Police"
OFFICERS = ("officer", "o-1")
"""The first is the one whose token is an officer's: he is called as his role."""
AGREEMENTS = tuple(f"a-{number}" for number in range(12))
"""So many, since some are ended for good by whoever looks around; so are requirements."""
REQUIREMENTS = tuple(f"r-{number}" for number in range(8))
_COMPLETIONS = 12
_TERMS = (("s-1", -150, -120), ("s-2", -150, -10), ("s-1", -110, 100))
"""School, first day, last day: `from_on` and `to_on` lead behind all of them."""


def day(ahead: int) -> str:
    """So many days from today."""
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


async def train(registry: ServiceInTest[Any]) -> dict[str, tuple[str, ...]]:
    """Put it there, as a district would; what leads to it, by the name of the parameter or field that takes it.

    Whoever takes each value by the same number meets what belongs together: every second thing is of the same officer.
    """
    async with registry.client("district_admin", sub="keeper") as keeper:
        await _ask_for(keeper)
        agreements = [await _agree(keeper, agreement_id) for agreement_id in AGREEMENTS]
        for officer_id in OFFICERS:
            officer = {"name": "Pat Doe", "agency": AGENCY, "badge": "77", "appointed_on": day(-200)}
            await _said(keeper.put(f"/v1/officers/{officer_id}", json=officer))
        assignments = [await _assign(keeper, officer_id, *term) for term in _TERMS for officer_id in OFFICERS]
        learnt = [await _learn(keeper, OFFICERS[number % 2], outside=number % 3 == 0) for number in range(_COMPLETIONS)]
        done = [await _do(keeper, OFFICERS[number % 2]) for number in range(6)]
        drilled = [await _drill(keeper) for _ in range(3)]
        for officer_id in OFFICERS:
            await _evaluate(keeper, officer_id)
        credentials = [one["credential_id"] for one in learnt if one["credential_id"] is not None]
        status_lists = {await _status_list_of(keeper, credential_id) for credential_id in credentials}
        (key,) = (await keeper.get(f"/v1/issuers/{DISTRICT}/jwks.json")).json()["keys"]
    return {
        "officer_id": OFFICERS,
        "assignment_id": tuple(one["assignment_id"] for one in assignments),
        "agreement_id": tuple(one["agreement_id"] for one in agreements),
        "requirement_id": REQUIREMENTS,
        "completion_id": tuple(one["completion_id"] for one in learnt),
        "credential_id": tuple(credentials),
        "status_list_id": tuple(status_lists),
        "activity_id": tuple(one["activity_id"] for one in done),
        "drill_id": tuple(one["drill_id"] for one in drilled),
        "district_id": (DISTRICT,),
        "key_id": (key["kid"].rsplit("/", 1)[1],),
        "school_id": ("s-1", "s-2"),
        "school_year": ("2027",),
        "adopt": ("US-NY",),
        "jurisdiction": ("US-WA", "US-TX"),
        "reason": ("Was not there.",),
        "agency": (AGENCY,),
        "If-Match": ("*",),
        "started_at": (_now(),),
        "held_at": (_now(),),
        "notice_sent_at": (_now(),),
        "signed_on": (day(-90),),
        "terminated_on": (day(30),),
        "starts_on": (day(-100),),
        "ends_on": (day(200),),
        "completed_on": (day(-10),),
        "expires_on": (day(400),),
        "from_on": tuple(day(150 + 100 * n) for n in range(40)),
        "to_on": tuple(day(200 + 100 * n) for n in range(40)),
        "evaluated_on": (day(-1),),
        "as_of": (day(0),),
        "known_at": (_now(),),
        "from": (day(-30),),
        "to": (day(0),),
    }


async def _ask_for(keeper: httpx2.AsyncClient) -> None:
    for requirement_id in REQUIREMENTS:
        rule = {
            "title": "Basic course",
            "jurisdiction": "local",
            "anchor": "appointment",
            "due_days": 180,
            "blocks": ["serve", "open_records"],
            "source": "district policy",
            "as_of": day(-300),
        }
        for hours in (40, 36):
            await _said(keeper.put(f"/v1/requirements/{requirement_id}", json={**rule, "min_hours": hours}))
    quota = {"quota_id": "lockdowns", "title": "Lockdowns", "type": "lockdown", "least": 2, "source": "policy"}
    await _said(keeper.put("/v1/drill-quotas", json={"rows": [quota]}))


async def _agree(keeper: httpx2.AsyncClient, agreement_id: str) -> Any:
    terms = {
        "agency": AGENCY,
        "school_ids": ["s-1", "s-2"],
        "starts_on": day(-100),
        "ends_on": day(200),
        "clauses": {"no_discipline": {"state": "present"}},
        "ferpa_basis": "school_official",
    }
    await _said(keeper.put(f"/v1/agreements/{agreement_id}", json=terms))
    signature = {"party": "district", "signed_by": "Superintendent", "signed_on": day(-95)}
    return await _said(keeper.post(f"/v1/agreements/{agreement_id}/signatures", json=signature))


async def _assign(keeper: httpx2.AsyncClient, officer_id: str, school_id: str, from_on: int, to_on: int) -> Any:
    term = {"school_id": school_id, "from_on": day(from_on), "to_on": day(to_on), "principal_interviewed": True}
    return await _said(keeper.post(f"/v1/officers/{officer_id}/assignments", json=term))


async def _learn(keeper: httpx2.AsyncClient, officer_id: str, *, outside: bool) -> Any:
    completion = {
        "officer_id": officer_id,
        "course": "Basic",
        "provider": "County",
        "topics": {"law": 40},
        "completed_on": day(-90),
        "outside": outside,
    }
    first = await _said(keeper.post("/v1/completions", json=completion))
    corrected = {**completion, "provider": "State"}
    del corrected["officer_id"]
    return await _said(keeper.put(f"/v1/completions/{first['completion_id']}", json=corrected))


async def _do(keeper: httpx2.AsyncClient, officer_id: str) -> Any:
    entry = {
        "activity_id": str(uuid4()),
        "officer_id": officer_id,
        "school_id": "s-1",
        "role": "mentor",
        "kind": "mentoring",
        "started_at": _now(),
        "minutes": 30,
        "students_reached": 1,
    }
    return await _said(keeper.post("/v1/activities", json=entry))


async def _drill(keeper: httpx2.AsyncClient) -> Any:
    drill = {"school_id": "s-1", "type": "lockdown", "held_at": _now(), "announced": True}
    return await _said(keeper.post("/v1/drills", json=drill))


async def _evaluate(keeper: httpx2.AsyncClient, officer_id: str) -> None:
    evaluation = {
        "school_year": 2027,
        "school_id": "s-1",
        "evaluated_on": day(-1),
        "by_role": "principal",
        "ratings": {"teaching": 4},
    }
    for role in ("principal", "agency"):
        await _said(keeper.post(f"/v1/officers/{officer_id}/evaluations", json={**evaluation, "by_role": role}))


async def _status_list_of(keeper: httpx2.AsyncClient, credential_id: str) -> str:
    credential = await _said(keeper.get(f"/v1/credentials/{credential_id}"))
    address = str(credential["credential"]["credentialStatus"]["statusListCredential"])
    return address.rsplit("/", 1)[1]


async def _said(asked: Any) -> Any:
    answer = await asked
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def _now() -> str:
    return datetime.now(UTC).isoformat()
