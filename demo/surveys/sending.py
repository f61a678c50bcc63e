"""What a district and its people send for the surveys: plans, openings, answers, closings, through the API alone."""

import csv
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from demo.client import Client, Refused
from demo.people import READER as DISTRICT_ADMIN
from demo.surveys.truth import SurveyTruth
from demo.surveys.waves import INSTRUMENT, VERSION, Ballot, Item, Unit, Wave, instrument_items, open_survey
from demo.training.sending import side_by_side

_NOT_FOUND, _CONFLICT, _GONE = frozenset({404}), frozenset({409}), frozenset({410})

_MADE_BEFORE = ":codes-made-before"

Looked = Callable[[], None]


class AccessCode(NamedTuple):
    """What a respondent is handed."""

    code: str
    url: str


async def items_of_instrument(client: Client) -> list[Item]:
    """The items that are asked."""
    url = f"{client.services.climate_survey_api}/v1/instruments/{INSTRUMENT}/versions/{VERSION}"
    return list(instrument_items((await client.get(url, caller=DISTRICT_ADMIN)).body))


async def are_surveys_there(client: Client, truth: SurveyTruth) -> bool:
    """Whether the last wave is known to the service, and closed."""
    return not truth.waves or await _status(client, truth.waves[-1].administration_id) == "closed"


async def send_wave(client: Client, wave: Wave, units: Sequence[Unit], items: Sequence[Item], looked: Looked) -> None:
    """Hold one wave from its plan to its closing; what an earlier run has done of it is not done again.

    The units answer side by side, the respondents of a unit one after the other: so the number of codes that are used
    says whose turn it is, when a run that was stopped is resumed.
    """
    administration_id = wave.administration_id
    if await _ensure_open(client, wave.plan(datetime.now(UTC))) == "closed":
        for _ in range(sum(unit.people for unit in units)):
            looked()
        return
    before = await _codes(client, administration_id)

    async def answer(unit: Unit) -> None:
        made, used = before[unit.school.school_id, unit.group]
        # Everybody who is invited gets one, and not everybody answers. Of those made before nobody knows any more.
        more = max(unit.people - used, unit.invited - made)
        codes = await make_codes(client, administration_id, unit.school.school_id, unit.group, more)
        if made:
            # Looked again: an answer of the run that was stopped may still have been under way.
            _, used = (await _codes(client, administration_id))[unit.school.school_id, unit.group]
        for _ in range(used):
            looked()
        for code, ballot in zip(codes, wave.ballots(unit, items)[used:], strict=False):
            await _answer(client, code, ballot)
            looked()

    await side_by_side(units, answer, len(units))
    closing = f"{_address(client, administration_id)}/closing"
    await client.post(closing, {}, caller=DISTRICT_ADMIN, key=f"{administration_id}-closing")


async def open_one_to_try(client: Client, truth: SurveyTruth) -> AccessCode | None:
    """A fresh code of the survey that stays open; None where it has been closed meanwhile."""
    plan = open_survey(truth.district, datetime.now(UTC))
    if await _ensure_open(client, plan) == "closed":
        return None
    administration_id, school_id = UUID(plan["administration_id"]), plan["schools"][0]["school_id"]
    (code,) = await make_codes(client, administration_id, school_id, "student", 1)
    return code


async def make_codes(
    client: Client, administration_id: UUID, school_id: str, group: str, count: int
) -> list[AccessCode]:
    """So many codes. They are shown once: where the answer was lost, others are asked for under another key."""
    if not count:
        return []
    url = f"{_address(client, administration_id)}/access-codes"
    body = {"school_id": school_id, "respondent_group": group, "count": count}
    while True:
        made = await client.post(url, body, caller=DISTRICT_ADMIN, key=str(uuid4()), also=_CONFLICT)
        if made.status not in _CONFLICT:
            rows = csv.DictReader(StringIO(made.body))
            return [AccessCode(row["code"], row["url"]) for row in rows]
        if not made.body["type"].endswith(_MADE_BEFORE):
            raise Refused(f"no codes at {school_id}: {made.body}")


async def _answer(client: Client, code: AccessCode, ballot: Ballot) -> None:
    """Answer as an app does. A code that is used up says that the answers arrived, though nobody was told so."""
    body = {"code": code.code, "answers": ballot.answers, "facets": ballot.facets}
    await client.post_openly(f"{client.services.climate_survey_api}/v1/responses", body, also=_GONE)


async def _ensure_open(client: Client, plan: dict[str, Any]) -> str:
    """Plan and open a survey, unless that was done before; how it stands."""
    administration_id = UUID(plan["administration_id"])
    status = await _status(client, administration_id)
    if status is None:
        url = f"{client.services.climate_survey_api}/v1/administrations"
        await client.post(url, plan, caller=DISTRICT_ADMIN, key=f"{administration_id}-plan-{plan['opens_at']}")
    if status in (None, "draft"):
        opening = f"{_address(client, administration_id)}/opening"
        await client.post(opening, {}, caller=DISTRICT_ADMIN, key=f"{administration_id}-opening")
        status = "open"
    return status


async def _status(client: Client, administration_id: UUID) -> str | None:
    """How a survey stands; None where there is none."""
    found = await client.get(_address(client, administration_id), caller=DISTRICT_ADMIN, also=_NOT_FOUND)
    return None if found.status in _NOT_FOUND else str(found.body["status"])


async def _codes(client: Client, administration_id: UUID) -> dict[tuple[str, str], tuple[int, int]]:
    """How many codes each unit has, and how many of them were used."""
    status = await client.get(f"{_address(client, administration_id)}/status", caller=DISTRICT_ADMIN)
    rows = status.body["rows"]
    return {(row["school_id"], row["respondent_group"]): (row["generated"], row["used"]) for row in rows}


def _address(client: Client, administration_id: UUID) -> str:
    return f"{client.services.climate_survey_api}/v1/administrations/{administration_id}"
