"""Answers added up: for each school and group, whole and by each value of a facet.

Integers alone, so exact in any order. Memory: a row of counters of 8 bytes for each school, group and value that
occurs, however many answer.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from sys import byteorder
from typing import TypeAlias

from climate_survey_api.instruments.rules import Item
from climate_survey_api.responses.rules import Ballot
from climate_survey_api.results.measures.layout import RESPONDENTS, Block, Layout, layout_of
from shared.events.surveys import RespondentGroup, SurveyFacet

UNKNOWN = "unknown"
"""The value of whoever did not say; every facet has it."""

Counters: TypeAlias = "array[int]"
"""A row of them: the layout says which stands where."""
Packed: TypeAlias = int
"""A row of counters as one whole number, of which each has 8 bytes: rows add up in one step. None is ever negative, nor
grows into its neighbour."""


def packed(row: Counters) -> Packed:
    """A row as one number."""
    return int.from_bytes(row.tobytes(), byteorder)


def unpacked(row: Packed, size: int) -> Counters:
    """So many counters, one by one."""
    return array("q", row.to_bytes(8 * size, byteorder))


@dataclass(slots=True)
class UnitTally:
    """What one group at one school answered."""

    whole: Packed
    by_facet: dict[SurveyFacet, dict[str, Packed]]
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
        unit = self._unit(ballot.respondent_group, ballot.school_id)
        row = array("q", bytes(8 * layout.size))
        for place, step in _steps(layout, ballot.answers):
            row[place] += step
        his = packed(row)
        unit.whole += his
        for facet in self.facets:
            values = unit.by_facet[facet]
            value = ballot.facets.get(facet, UNKNOWN)
            values[value] = values.get(value, 0) + his

    def _unit(self, group: RespondentGroup, school_id: str) -> UnitTally:
        unit = self.units.get((group, school_id))
        if unit is None:
            unit = UnitTally(0, {facet: {} for facet in self.facets})
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
