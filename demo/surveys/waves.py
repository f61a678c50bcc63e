"""The waves of the survey: who is asked in each, and what each respondent answers. Pure, the same for a seed.

Answers are dealt out, not drawn: of a hundred people exactly as many answer favourably as is planted. So what is found
is off only where something is wrong, and never by chance.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from demo.district import District, School
from demo.surveys import planted

INSTRUMENT, VERSION = "rapport-climate", 1
FACETS = ("race_ethnicity", "grade_band")
_POINTS = 4
_WINDOW = timedelta(days=14)
_BANDS_OF_LEVEL: Mapping[str, tuple[str, ...]] = {
    "Elementary School": ("pk_2", "3_5"),
    "Middle School": ("6_8",),
    "High School": ("9_12",),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One item as the instrument has it: on four points, or a choice of so many, which is no better or worse."""

    item_id: str
    dimension: str
    groups: frozenset[str]
    is_reversed: bool
    choices: int = 0

    @property
    def is_scored(self) -> bool:
        """Whether its answers are favourable or not."""
        return not self.choices


@dataclass(frozen=True, slots=True)
class Ballot:
    """What one respondent sends."""

    answers: Mapping[str, int]
    facets: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unit:
    """The respondents of one group at one school."""

    school: School
    group: str
    people: int
    is_falling: bool
    is_tiny: bool

    @property
    def invited(self) -> int:
        """How many were asked, for so many to answer."""
        return ceil(self.people / planted.ANSWER_OF_THOSE_INVITED)


@dataclass(frozen=True)
class Wave:
    """One administration, counted from 0."""

    district: District
    number: int

    @property
    def name(self) -> str:
        """What respondents read."""
        return f"Wave {self.number + 1}"

    @cached_property
    def administration_id(self) -> UUID:
        """Ours, so that a wave that is there is known."""
        return _id(self.district, str(self.number))

    def plan(self, now: datetime) -> dict[str, Any]:
        """As the district plans it: open from now on."""
        schools: dict[School, dict[str, int]] = {}
        for unit in units(self.district):
            schools.setdefault(unit.school, {})[unit.group] = unit.invited
        return _plan(self.administration_id, self.name, schools, now, _WINDOW)

    def ballots(self, unit: Unit, items: Sequence[Item]) -> list[Ballot]:
        """What the unit's respondents answer, in the order in which they send it."""
        random = self.district.random(f"surveys/{self.number}/{unit.group}", unit.school)
        asked = [item for item in items if unit.group in item.groups]
        races = _dealt(random, planted.RACE_ETHNICITY, unit.people)
        bands = _BANDS_OF_LEVEL[unit.school.level.name]
        tendencies = [random.random() for _ in range(unit.people)]
        answers: list[dict[str, int]] = [{} for _ in range(unit.people)]
        for item in asked:
            for race in planted.RACE_ETHNICITY:
                answering = [i for i in range(unit.people) if races[i] == race and random.random() >= planted.LEFT_OUT]
                share = planted.share_of(
                    dimension=item.dimension,
                    item_id=item.item_id,
                    wave=self.number,
                    race_ethnicity=race,
                    is_falling=unit.is_falling,
                )
                # Who thinks well of one thing thinks well of others: that makes the items of a dimension hang together.
                answering.sort(key=lambda i: tendencies[i] + random.random() / 2, reverse=True)
                for place, i in enumerate(answering):
                    answers[i][item.item_id] = _answer(item, place, len(answering), share, random)
        return [
            Ballot(answer, {"race_ethnicity": race, "grade_band": random.choice(bands)})
            for answer, race in zip(answers, races, strict=True)
        ]


def waves(district: District) -> list[Wave]:
    """All waves, in their order; none where no school is surveyed."""
    return [Wave(district, number) for number in range(planted.WAVES)] if units(district) else []


def units(district: District) -> list[Unit]:
    """Who is asked in every wave: the first school falls, the last is tiny, and the others stay as they are."""
    surveyed = district.schools[: district.size.surveyed_schools]
    found = []
    for place, school in enumerate(surveyed):
        is_tiny = place == len(surveyed) - 1
        people = planted.PEOPLE_OF_TINY_SCHOOL if is_tiny else planted.PEOPLE
        found += [
            Unit(school, group, number, is_falling=place == 0, is_tiny=is_tiny) for group, number in people.items()
        ]
    return found


def open_survey_id(district: District) -> UUID:
    """Which survey stays open for months, to look at and to answer oneself."""
    return _id(district, "open")


def open_survey(district: District, now: datetime) -> dict[str, Any]:
    """The plan of that survey: the students of one school."""
    schools = {unit.school: {"student": 1_000} for unit in units(district)[:1]}
    return _plan(open_survey_id(district), "Try it yourself", schools, now, timedelta(days=180))


def _id(district: District, which: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"demo/{district.district_id}/{district.seed}/surveys/{which}")


def _plan(
    administration_id: UUID, name: str, schools: Mapping[School, Mapping[str, int]], now: datetime, window: timedelta
) -> dict[str, Any]:
    return {
        "administration_id": str(administration_id),
        "instrument_id": INSTRUMENT,
        "version": VERSION,
        "name": name,
        "opens_at": now.isoformat(),
        "closes_at": (now + window).isoformat(),
        "mode": "anonymous",
        "languages": ["en", "es"],
        "facets": list(FACETS),
        "schools": [
            {"school_id": school.school_id, "name": school.name, "invited": dict(invited)}
            for school, invited in schools.items()
        ],
    }


def _dealt(random: Random, shares: Mapping[str, float], people: int) -> list[str]:
    """So many values, each as often as its share says, in no order."""
    dealt: list[str] = []
    until = 0.0
    for value, share in shares.items():
        until += share
        dealt += [value] * (round(until * people) - len(dealt))
    random.shuffle(dealt)
    return dealt


def _answer(item: Item, place: int, people: int, share: float, random: Random) -> int:
    """The answer of somebody at this place among those who answer, the most content first."""
    if not item.is_scored:
        return random.randint(1, item.choices)
    favorable = round(share * people)
    if place < favorable:
        points = _POINTS if place < favorable // 2 else _POINTS - 1
    else:
        points = 2 if place < (favorable + people) // 2 else 1
    return _POINTS + 1 - points if item.is_reversed else points


def scored(item: Item, answer: int) -> int:
    """An answer's points, turned so that more is better."""
    return _POINTS + 1 - answer if item.is_reversed else answer


def instrument_items(instrument: Mapping[str, Any]) -> Iterator[Item]:
    """The items of an instrument as the service tells it, but for those that are answered in one's own words."""
    for item in instrument["items"]:
        if item["scale"] != "text":
            yield Item(
                item["item_id"],
                item["dimension"],
                frozenset(item["respondent_groups"]),
                bool(item.get("reverse")),
                len(item.get("choices") or ()),
            )
