"""What a batch of the topic `surveys` changes, gathered: of each row the latest that was said."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from reporting.codec import WHOLE_DISTRICT
from reporting.projections.changes import (
    Answered,
    Closing,
    Count,
    Counting,
    Finding,
    OfSurveys,
    Opening,
    Place,
    Progress,
    Unit,
)

Survey = tuple[str, str]
"""district_id, administration_id."""
SchoolDay = tuple[int, int]
"""A day, and the school year that the survey belongs to before it."""

Key = TypeVar("Key")
Row = TypeVar("Row")


@dataclass(slots=True)
class FoldedSurveys:
    """A batch's changes. A row stands beside the version that says it."""

    openings: dict[Survey, tuple[int, SchoolDay]] = field(default_factory=dict)
    closings: dict[Survey, tuple[int, SchoolDay]] = field(default_factory=dict)
    answered: dict[Unit, Answered] = field(default_factory=dict)
    """The day is the version."""
    counts: dict[Unit, tuple[int, Counting]] = field(default_factory=dict)
    findings: dict[tuple[Unit, str], tuple[int, Finding]] = field(default_factory=dict)
    """By dimension."""

    def add(self, change: OfSurveys) -> None:
        """Take this change in too."""
        if isinstance(change, Opening):
            survey = change.district_id, change.administration_id
            _keep_latest(self.openings, survey, change.version, (change.school_year, change.opened_day))
        elif isinstance(change, Closing):
            survey = change.district_id, change.administration_id
            _keep_latest(self.closings, survey, change.version, (change.school_year, change.closed_day))
        elif isinstance(change, Progress):
            known = self.answered.get(change.unit)
            if known is None or change.answered.counted_day > known.counted_day:
                self.answered[change.unit] = change.answered
        else:
            self._add_count(change)

    def _add_count(self, count: Count) -> None:
        _keep_latest(self.counts, count.unit, count.version, count.counting)
        for dimension, finding in count.findings.items():
            _keep_latest(self.findings, (count.unit, dimension), count.version, finding)

    def places(self) -> Iterator[Place]:
        """Every school that something is written for; some more than once."""
        for unit in (*self.answered, *self.counts):
            if unit.place[1] != WHOLE_DISTRICT:
                yield unit.place

    def districts(self) -> set[str]:
        """Every district that something is written for as a whole."""
        surveyed = {district_id for district_id, _ in (*self.openings, *self.closings)}
        return surveyed | {unit.place[0] for unit in self.counts}


def _keep_latest(rows: dict[Key, tuple[int, Row]], key: Key, version: int, row: Row) -> None:
    known = rows.get(key)
    if known is None or version > known[0]:
        rows[key] = version, row
