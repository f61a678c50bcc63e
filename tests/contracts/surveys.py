"""Something to be found in climate-survey-api: surveys that are planned, open and counted, and who asked for help."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2

from shared.auth import PERMISSIONS, Role
from shared.auth.permissions import Permission
from shared.testing.service import ServiceInTest

READERS = tuple(role.value for role in Role if Permission.SURVEY_COMMENTS_REVIEW in PERMISSIONS[role])
"""The trained readers: whose token is of such a role is called as his role."""
INSTRUMENTS = ("hallways", "courtyards")
_GROUPS = ["student", "family", "staff", "officer"]
_WRITERS = 12
"""Enough for their comments to be shown."""
_ANSWERERS = 150
_ASKERS = 10
_LIVES = ("open", "counted", "begun", "plain", "plain") * 4
"""Of each survey that is known by its id, as long as nobody has touched it. Whoever looks around opens, closes and
deletes; one that is `begun` cannot be opened yet, nor deleted, and codes can be made for it."""


_ID = "/v1/administrations/{administration_id}"


@dataclass(frozen=True, slots=True)
class _Survey:
    """A survey, and the last batch of codes that was made for it."""

    administration_id: str
    batch_id: str


async def survey(surveys: ServiceInTest[Any]) -> dict[str, tuple[str, ...]]:
    """Put it there, as a district would; what leads to it, by the name of the parameter or field that takes it.

    Whoever takes each value by the same number meets what belongs together.
    """
    async with surveys.client("district_admin") as admin, surveys.anonymous() as anybody:
        for least in (12, 10):
            await _said(admin.put("/v1/survey-policy", json={"minimum": least, "comment_readers": list(READERS)}))
        for instrument_id in INSTRUMENTS:
            for title in ("Around us", "All around us"):
                await _said(admin.post("/v1/instruments", json=_instrument(instrument_id, title)))
        known = [await _a_life(admin, anybody, life) for life in _LIVES]
        # Under no id that is known, so that nobody closes it.
        open_one = await _planned(admin)
        codes = await _codes(admin, open_one, "s-1", _ANSWERERS)
        await _said(admin.post(f"/v1/administrations/{open_one}/opening"))
        for number in range(_ASKERS):
            asking = {"administration_id": open_one, "school_id": "s-1", "contact": f"Asker {number}"}
            await _said(anybody.post("/v1/help-requests", json=asking))
        comments = await _items(admin, f"/v1/administrations/{known[1].administration_id}/comments")
        for comment in comments[:3]:
            await _said(admin.post(f"/v1/comments/{comment['comment_id']}/review", json={"decision": "release"}))
    async with surveys.client("counselor") as counselor:
        asked = await _items(counselor, "/v1/help-requests")
        for one in asked[::2]:
            await _said(counselor.post(f"/v1/help-requests/{one['help_request_id']}/taking-up"))
    return _best_for(known) | {
        "administration_id": tuple(one.administration_id for one in known),
        "batch_id": tuple(one.batch_id for one in known),
        "from": (known[_LIVES.index("counted")].administration_id,),
        "facet": ("grade_band",),
        "instrument_id": INSTRUMENTS,
        "version": ("1",),
        "code": tuple(codes),
        "comment_id": tuple(comment["comment_id"] for comment in comments[3:]),
        "help_request_id": tuple(one["help_request_id"] for one in asked),
        "student_id": tuple(f"st-{number}" for number in range(40)),
        "school_id": ("s-1", "s-2"),
        "respondent_group": ("student",),
        "group": ("student",),
        "count": ("3",),
        "opens_at": (_at(hours=-1),),
        "closes_at": (_at(days=7),),
        "limit": ("1",),
        "If-Match": ("*",),
    }


def _best_for(known: Sequence[_Survey]) -> dict[str, tuple[str, ...]]:
    """What operations are led to that most surveys would refuse. What one opens no other deletes."""
    ids: dict[str, list[str]] = {life: [] for life in _LIVES}
    for one, life in zip(known, _LIVES, strict=True):
        ids[life].append(one.administration_id)
    with_results = (*ids["counted"], ids["open"][0])
    return {
        f"GET {_ID}/results administration_id": with_results,
        f"GET {_ID}/results/change administration_id": with_results,
        f"GET {_ID}/results/representativeness administration_id": with_results,
        f"POST {_ID}/opening administration_id": (*ids["plain"][::2], ids["begun"][0]),
        f"DELETE {_ID} administration_id": (*ids["plain"][1::2], ids["open"][-1]),
    }


async def _a_life(admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient, life: str) -> _Survey:
    """A survey that has come so far."""
    if life == "counted":
        return await _counted(admin, anybody)
    opens_at = _at(days=1) if life == "begun" else _at(hours=-1)
    mode = "confidential" if life == "open" else "anonymous"
    notice = {"notice_on": "2026-08-20", "consent": "opt_out"}
    administration_id = await _planned(admin, opens_at=opens_at, mode=mode, ppra=notice)
    if life == "plain":
        return _Survey(administration_id, str(uuid4()))
    choice = {"school_id": "s-1", "student_id": "st-0", "choice": "opted_out"}
    await _said(admin.post(f"/v1/administrations/{administration_id}/parental-choices", json=choice))
    for school_id, first in (("s-1", 10), ("s-2", 20)):
        recipients = [f"st-{first + n}" for n in range(3)] if life == "open" else []
        await _codes(admin, administration_id, school_id, 3, recipients)
    if life == "open":
        await _said(admin.post(f"/v1/administrations/{administration_id}/opening"))
    return await _with_batch(admin, administration_id)


async def _counted(admin: httpx2.AsyncClient, anybody: httpx2.AsyncClient) -> _Survey:
    """A confidential survey that was answered at one school, in words too, and is over."""
    administration_id = await _planned(admin, mode="confidential", free_text=True)
    codes = await _codes(admin, administration_id, "s-1", _WRITERS, [f"st-{n}" for n in range(_WRITERS)])
    await _codes(admin, administration_id, "s-2", 3, ["st-20", "st-21", "st-22"])
    await _said(admin.post(f"/v1/administrations/{administration_id}/opening"))
    for number, code in enumerate(codes):
        answers = {"safe_in_hallways": number % 4 + 1, "words": f"Sentence {number}."}
        await _said(anybody.post("/v1/responses", json={"code": code, "answers": answers}))
    await _said(admin.post(f"/v1/administrations/{administration_id}/closing"))
    return await _with_batch(admin, administration_id)


async def _planned(admin: httpx2.AsyncClient, **changes: Any) -> str:
    plan = {
        "instrument_id": INSTRUMENTS[0],
        "version": 1,
        "name": "Fall",
        "opens_at": _at(hours=-1),
        "closes_at": _at(days=7),
        "mode": "anonymous",
        "languages": ["en", "es"],
        "facets": ["grade_band"],
        "schools": [{"school_id": school_id, "invited": {"student": 400}} for school_id in ("s-1", "s-2")],
    }
    made = await _said(admin.post("/v1/administrations", json=plan | changes))
    return str(made["administration_id"])


async def _codes(
    admin: httpx2.AsyncClient, administration_id: str, school_id: str, count: int, recipients: Sequence[str] = ()
) -> list[str]:
    wanted: dict[str, Any] = {"school_id": school_id, "respondent_group": "student", "count": count}
    if recipients:
        wanted["recipients"] = list(recipients)
    made = await admin.post(f"/v1/administrations/{administration_id}/access-codes", json=wanted)
    assert made.status_code == 201, made.text
    return [row["code"] for row in csv.DictReader(io.StringIO(made.text.removeprefix("\ufeff")))]


async def _with_batch(admin: httpx2.AsyncClient, administration_id: str) -> _Survey:
    newest, *_ = await _items(admin, f"/v1/administrations/{administration_id}/access-codes")
    return _Survey(administration_id, newest["batch_id"])


def _instrument(instrument_id: str, title: str) -> dict[str, Any]:
    """Items with the names that the examples of the document have."""
    items = [
        {
            "item_id": item_id,
            "dimension": "safety",
            "respondent_groups": _GROUPS,
            "scale": scale,
            "text": {"en": "How is it here?", "es": "¿Cómo es aquí?"},
        }
        for item_id, scale in (("safe_in_hallways", "agree4"), ("treated_fairly", "agree4"), ("words", "text"))
    ]
    return {"instrument_id": instrument_id, "title": {"en": title, "es": title}, "items": items}


def _at(**later: int) -> str:
    return (datetime.now(UTC) + timedelta(**later)).isoformat()


async def _items(client: httpx2.AsyncClient, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await _said(client.get(path)))["items"]
    return items


async def _said(asked: Any) -> Any:
    answer = await asked
    assert answer.status_code in (200, 201), answer.text
    return answer.json()
