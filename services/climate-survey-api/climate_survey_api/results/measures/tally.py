"""Answers added up: for each school and group, whole and by each value of a facet.

Integers alone, so exact in any order. Memory: a row of counters of 8 bytes for each school, group and value that
occurs, however many answer.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from climate_survey_api.instruments.rules import Item
from climate_survey_api.responses.rules import Ballot
from climate_survey_api.results.measures.layout import RESPONDENTS, Block, Layout, layout_of
from shared.events.surveys import RespondentGroup, SurveyFacet

UNKNOWN = "unknown"
"""The value of whoever did not say; every facet has it."""

Counters: TypeAlias = "array[int]"
"""A row of them: the layout says which stands where."""


def counters(size: int) -> Counters:
    """A row of counters, all 0."""
    return array("q", bytes(8 * size))


def added(rows: Sequence[Counters], size: int) -> Counters:
    """These rows in one."""
    total = counters(size)
    for row in rows:
        add_to(total, row)
    return total


def add_to(total: Counters, row: Counters) -> None:
    """Add one row of counters to another."""
    for place, value in enumerate(row):
        if value:
            total[place] += value


@dataclass(slots=True)
class UnitTally:
    """What one group at one school answered."""

    whole: Counters
    by_facet: dict[SurveyFacet, dict[str, Counters]]
    """By value; a value that nobody gave is absent."""


@dataclass
class Tally:
    """What everybody answered, added up as the ballots come."""

    items: Sequence[Item]
    facets: Sequence[SurveyFacet]
    units: dict[tuple[RespondentGroup, str], UnitTally] = field(default_factory=dict)
    _layouts: dict[RespondentGroup, Layout] = field(default_factory=dict)

    def layout(self, group: RespondentGroup) -> Layout:
        """What is counted of a group."""
        layout = self._layouts.get(group)
        if layout is None:
            layout = self._layouts[group] = layout_of(self.items, group)
        return layout

    def schools(self, group: RespondentGroup) -> dict[str, UnitTally]:
        """The schools of which somebody of a group answered."""
        return {school_id: unit for (who, school_id), unit in self.units.items() if who is group}

    def add(self, ballot: Ballot) -> None:
        """Add one respondent's answers to whatever he belongs to."""
        layout = self.layout(ballot.respondent_group)
        unit = self._unit(ballot.respondent_group, ballot.school_id, layout.size)
        rows = [unit.whole]
        for facet in self.facets:
            values = unit.by_facet[facet]
            value = ballot.facets.get(facet, UNKNOWN)
            if value not in values:
                values[value] = counters(layout.size)
            rows.append(values[value])
        steps = list(_steps(layout, ballot.answers))
        for row in rows:
            for place, step in steps:
                row[place] += step

    def take(self, other: "Tally") -> None:
        """Add what another tally of the same survey holds."""
        for (group, school_id), theirs in other.units.items():
            size = self.layout(group).size
            unit = self._unit(group, school_id, size)
            add_to(unit.whole, theirs.whole)
            for facet, values in theirs.by_facet.items():
                for value, row in values.items():
                    add_to(unit.by_facet[facet].setdefault(value, counters(size)), row)

    def _unit(self, group: RespondentGroup, school_id: str, size: int) -> UnitTally:
        unit = self.units.get((group, school_id))
        if unit is None:
            unit = UnitTally(counters(size), {facet: {} for facet in self.facets})
            self.units[group, school_id] = unit
        return unit


def _steps(layout: Layout, answers: Mapping[str, int]) -> Iterator[tuple[int, int]]:
    """By how much which counters grow with one respondent."""
    yield RESPONDENTS, 1
    for block in layout.blocks:
        points = [(item, item.point(answers[item.item_id])) for item in block.items if item.item_id in answers]
        for item, point in points:
            yield item.at + point - 1, 1
        if points and block.is_scale:
            favorable = sum(point >= item.least_favorable for item, point in points)
            yield from _steps_of_scale(block, [point for _, point in points], favorable)


def _steps_of_scale(block: Block, points: Sequence[int], favorable: int) -> Iterator[tuple[int, int]]:
    at, m, answered, total = block.at, len(block.items), len(points), sum(points)
    yield at + answered - 1, 1
    yield at + m + answered - 1, total
    yield at + 2 * m + answered - 1, total * total
    yield at + 3 * m, favorable * favorable
    yield at + 3 * m + 1, favorable * answered
    if answered == m:
        for place, point in enumerate(points):
            yield at + 3 * m + 2 + place, point
            yield at + 4 * m + 2 + place, point * point
