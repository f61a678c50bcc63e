"""What a reader of the district asks about its surveys: what was found, what changed, and what is hidden."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from uuid import UUID

from demo.client import Client
from demo.people import READER
from demo.reading import Seen, wait_until_applied
from demo.surveys.planted import FAIRNESS, FALLING
from demo.surveys.truth import SurveyTruth

Rows = Sequence[Mapping[str, Any]]
FAIR_OFFICER = "sro_fair"
"""The item in which students say whether the officer is fair."""


class Interval(NamedTuple):
    """A figure, and from where to where it reaches with 95 % confidence."""

    value: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether this may be the true value."""
        return self.low <= value <= self.high

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self | None:
        """The favourable share of a row of results; None where it is suppressed."""
        return None if row["favorable"] is None else cls(row["favorable"], row["low"], row["high"])


@dataclass(frozen=True, slots=True)
class SeenInSurveys:
    """What the suite says about the waves."""

    view: Rows
    """Reporting's view of climate, of these waves alone."""
    changes: Mapping[str, Interval | None]
    """By how much safety changed for the students of each school, from the first wave to the last."""
    fairness: Mapping[str, Interval | None]
    """What the students of the whole district said about fairness in the last wave, by race/ethnicity."""
    fairness_of_officer: Mapping[str, Interval | None]
    """The same about the officer."""
    tiny: Rows
    """What the surveys' own service says of the tiny school."""


async def wait_for_surveys(client: Client, truth: SurveyTruth, school_year: int) -> int:
    """Wait until reporting has heard of every wave; the lag left."""
    wanted = {str(wave.administration_id) for wave in truth.waves}

    async def look() -> Seen:
        rows = await climate(client, truth, school_year)
        return Seen(len(rows), is_all={row["administration_id"] for row in rows} == wanted)

    return await wait_until_applied(client, look)


async def climate(client: Client, truth: SurveyTruth, school_year: int) -> Rows:
    """The rows of these waves in reporting's view."""
    url = f"{client.services.reporting}/v1/views/climate"
    rows = (await client.get(url, caller=READER, query={"school_year": str(school_year)})).body["rows"]
    ours = {str(wave.administration_id) for wave in truth.waves}
    return [row for row in rows if row["administration_id"] in ours]


async def seen_in_surveys(client: Client, truth: SurveyTruth, school_year: int) -> SeenInSurveys:
    """Everything that is set beside the truth."""
    first, last = truth.waves[0].administration_id, truth.waves[-1].administration_id
    by_race = {"group": "student", "facet": "race_ethnicity"}
    changes = await _results(client, last, "/change", {"from": str(first), "group": "student"})
    dimensions = await _results(client, last, "", by_race | {"by": "dimension"})
    items = await _results(client, last, "", by_race | {"by": "item"})
    return SeenInSurveys(
        view=await climate(client, truth, school_year),
        changes={row["school_id"]: _change(row) for row in changes if row["dimension"] == FALLING and row["school_id"]},
        fairness=_of_district(row for row in dimensions if row["dimension"] == FAIRNESS),
        fairness_of_officer=_of_district(row for row in items if row["item_id"] == FAIR_OFFICER),
        tiny=await _results(client, last, "", {"by": "dimension", "school_id": truth.tiny_school.school_id}),
    )


def _change(row: Mapping[str, Any]) -> Interval | None:
    if row["favorable_change"] is None:
        return None
    return Interval(row["favorable_change"], row["favorable_low"], row["favorable_high"])


def _of_district(rows: Iterable[Mapping[str, Any]]) -> dict[str, Interval | None]:
    return {row["value"]: Interval.of(row) for row in rows if row["school_id"] is None}


async def _results(client: Client, administration_id: UUID, path: str, query: Mapping[str, str]) -> Rows:
    url = f"{client.services.climate_survey_api}/v1/administrations/{administration_id}/results{path}"
    rows: Rows = (await client.get(url, caller=READER, query=query)).body["rows"]
    return rows
