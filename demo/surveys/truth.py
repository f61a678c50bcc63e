"""What a reader of the suite must find about the surveys: added up from the very ballots that are sent. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from demo.district import District, School
from demo.surveys import planted
from demo.surveys.waves import Ballot, Item, Unit, Wave, open_survey_id, scored, units, waves


class Cell(NamedTuple):
    """What a figure is of."""

    wave: int
    school_id: str
    group: str
    dimension: str


@dataclass(slots=True)
class Sums:
    """What respondents answered within a cell."""

    n: int = 0
    answers: int = 0
    favorable: int = 0
    means: float = 0.0

    def add(self, points: Sequence[int]) -> None:
        """One more respondent with these points, at least one."""
        self.n += 1
        self.answers += len(points)
        self.favorable += sum(point > 2 for point in points)
        self.means += sum(points) / len(points)

    @property
    def share(self) -> float:
        """The favourable share."""
        return self.favorable / self.answers

    @property
    def mean(self) -> float:
        """The mean of the respondents' own means."""
        return self.means / self.n


def total(parts: Iterable[Sums]) -> Sums:
    """Several cells together."""
    whole = Sums()
    for part in parts:
        whole.n += part.n
        whole.answers += part.answers
        whole.favorable += part.favorable
        whole.means += part.means
    return whole


@dataclass(frozen=True)
class SurveyTruth:
    """The truth about a district's surveys."""

    district: District

    @cached_property
    def waves(self) -> Sequence[Wave]:
        """Every wave."""
        return waves(self.district)

    @cached_property
    def units(self) -> Sequence[Unit]:
        """Who is asked in every wave."""
        return units(self.district)

    @property
    def open_survey_id(self) -> UUID:
        """The survey that stays open."""
        return open_survey_id(self.district)

    @property
    def respondents(self) -> int:
        """How many ballots are sent in all."""
        return len(self.waves) * sum(unit.people for unit in self.units)

    @property
    def falling_school(self) -> School:
        """The school where it gets worse."""
        return next(unit.school for unit in self.units if unit.is_falling)

    @property
    def tiny_school(self) -> School:
        """The school whose figures must never be seen."""
        return next(unit.school for unit in self.units if unit.is_tiny)

    def sums(self, items: Sequence[Item]) -> dict[Cell, Sums]:
        """What was answered, by wave, school, group and dimension."""
        found: dict[Cell, Sums] = {}
        for wave in self.waves:
            for unit in self.units:
                for dimension, sums in _by_dimension(wave.ballots(unit, items), items).items():
                    found[Cell(wave.number, unit.school.school_id, unit.group, dimension)] = sums
        return found

    def written(self) -> dict[str, Any]:
        """As it is written down beside the truth about referrals."""
        if not self.waves:
            return {}
        return {
            "waves": {wave.name: str(wave.administration_id) for wave in self.waves},
            "respondents": self.respondents,
            "favorable": dict(planted.FAVORABLE),
            "falls": {"school_id": self.falling_school.school_id, planted.FALLING: list(planted.FALLS_TO)},
            "gap": {planted.TREATED_LESS_FAIRLY: planted.FAIRNESS_GAP, "in": planted.FAIRNESS},
            "suppressed": self.tiny_school.school_id,
        }


def _by_dimension(ballots: Iterable[Ballot], items: Sequence[Item]) -> Mapping[str, Sums]:
    by_id = {item.item_id: item for item in items if item.is_scored}
    found: defaultdict[str, Sums] = defaultdict(Sums)
    for ballot in ballots:
        points: defaultdict[str, list[int]] = defaultdict(list)
        for item_id, answer in ballot.answers.items():
            if (item := by_id.get(item_id)) is not None:
                points[item.dimension].append(scored(item, answer))
        for dimension, some in points.items():
            found[dimension].add(some)
    return found
