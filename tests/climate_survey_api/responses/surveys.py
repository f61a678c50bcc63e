"""Surveys that are answered in tests: planned, opened and handed out through the API."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2

from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.suite import NOON

ADMINISTRATION = UUID("0190f3a2-5b7c-4c1d-9e2f-3a4b5c6d7e8f")
INSTRUMENT = "hallways-and-words"
LIKERT = ("q1", "q2", "q3")


def an_item(item_id: str, **said: Any) -> dict[str, Any]:
    """A statement for students and staff."""
    return {
        "item_id": item_id,
        "dimension": "safety",
        "respondent_groups": ["student", "staff"],
        "scale": "agree4",
        "reverse": False,
        "ppra_area": None,
        "text": {"en": f"Statement {item_id}", "es": f"Frase {item_id}"},
    } | said


def an_instrument(items: Sequence[Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """Three statements, a choice for students, and room for one's own words, unless others are given."""
    choices = [{"text": {"en": f"Way {number}", "es": f"Modo {number}"}} for number in (1, 2, 3)]
    return {
        "instrument_id": INSTRUMENT,
        "title": {"en": "Hallways", "es": "Pasillos"},
        "items": items
        or [
            *(an_item(item_id) for item_id in LIKERT),
            an_item("way", scale="choice", choices=choices, respondent_groups=["student"]),
            an_item("words", scale="text"),
        ],
    }


@dataclass(frozen=True, slots=True)
class OpenSurvey:
    """A survey that people can answer."""

    administration_id: UUID
    codes: Mapping[tuple[str, str], Sequence[str]]
    """Those of each school and group, as they were handed out."""

    @property
    def code(self) -> str:
        """One of them."""
        return next(iter(self.codes.values()))[0]


async def a_survey(
    service: ServiceInTest[Settings],
    invited: Mapping[tuple[str, str], int] | None = None,
    *,
    is_open: bool = True,
    items: Sequence[Mapping[str, Any]] | None = None,
    **plan: Any,
) -> OpenSurvey:
    """Plan a survey, open it unless told otherwise, and make a code for everybody who is invited."""
    invited = invited or {("s-1", "student"): 3}
    schools: dict[str, dict[str, int]] = {}
    for (school_id, group), people in invited.items():
        schools.setdefault(school_id, {})[group] = people
    sent = {
        "instrument_id": INSTRUMENT,
        "version": 1,
        "name": "Fall",
        "opens_at": (NOON - timedelta(hours=1)).isoformat(),
        "closes_at": (NOON + timedelta(days=7)).isoformat(),
        "mode": "anonymous",
        "languages": ["en", "es"],
        "schools": [{"school_id": school_id, "invited": groups} for school_id, groups in schools.items()],
    } | plan
    async with service.client("district_admin", "admin-1") as admin:
        _ensure(await admin.post("/v1/instruments", json=an_instrument(items)))
        made = _ensure(await admin.post("/v1/administrations", json=sent)).json()
        administration_id = made["administration_id"]
        if is_open:
            _ensure(await admin.post(f"/v1/administrations/{administration_id}/opening", json={}))
        codes = {unit: await _codes(admin, administration_id, unit, people) for unit, people in invited.items()}
    return OpenSurvey(UUID(administration_id), codes)


async def close(service: ServiceInTest[Settings], survey: OpenSurvey) -> None:
    """Close it before its time."""
    async with service.client("district_admin", "admin-1") as admin:
        _ensure(await admin.post(f"/v1/administrations/{survey.administration_id}/closing", json={}))


async def _codes(
    admin: httpx2.AsyncClient, administration_id: str, unit: tuple[str, str], people: int
) -> Sequence[str]:
    school_id, group = unit
    wanted = {"school_id": school_id, "respondent_group": group, "count": people}
    path = f"/v1/administrations/{administration_id}/access-codes"
    sheet = _ensure(await admin.post(path, json=wanted, headers={"Accept": "text/csv"})).text
    return [row["code"] for row in csv.DictReader(io.StringIO(sheet.removeprefix("\ufeff")))]


def _ensure(answer: httpx2.Response) -> httpx2.Response:
    assert answer.is_success, answer.text
    return answer
