"""How a test asks for codes, presents and burns them."""

import csv
from io import StringIO
from typing import Any

import httpx2

from climate_survey_api.access_codes.operations import burn_code, present_code
from climate_survey_api.access_codes.rules import Presented
from shared.db import EVERY_DISTRICT
from tests.climate_survey_api.administrations.holding import PATH, Surveys


def codes_path(survey_id: str) -> str:
    """Where codes of a survey are made."""
    return f"{PATH}/{survey_id}/access-codes"


async def ask_for(
    client: httpx2.AsyncClient, survey_id: str, *, headers: dict[str, str] | None = None, **asked: Any
) -> httpx2.Response:
    """Ask for three codes for the students of s-1, unless something else is asked for."""
    body = {"school_id": "s-1", "respondent_group": "student", "count": 3} | asked
    return await client.post(codes_path(survey_id), json=body, headers=headers)


async def codes_of(client: httpx2.AsyncClient, survey_id: str, **asked: Any) -> list[str]:
    """The codes that were made."""
    answer = await ask_for(client, survey_id, **asked)
    assert answer.status_code == 201, answer.text
    return [row["code"] for row in rows_of(answer)]


def rows_of(answer: httpx2.Response) -> list[dict[str, str]]:
    """The rows of a CSV."""
    return list(csv.DictReader(StringIO(answer.text)))


def kind_of(answer: httpx2.Response) -> tuple[int, str]:
    """The status, and which refusal it is."""
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def paths_in(answer: httpx2.Response) -> list[str]:
    """Where a refusal sees faults."""
    return [fault["path"] for fault in answer.json()["errors"]]


async def present(surveys: Surveys, code: str) -> Presented:
    """Present a code at a door."""
    process = surveys.service.process
    async with process.database.read(EVERY_DISTRICT) as session:
        return await present_code(session, process.ring, code)


async def burn(surveys: Surveys, presented: Presented) -> None:
    """Use a code up, in a transaction of its own."""
    async with surveys.service.process.database.write(EVERY_DISTRICT, wakes_relay=False) as session:
        await burn_code(session, presented)
