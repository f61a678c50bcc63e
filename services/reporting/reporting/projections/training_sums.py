"""What a batch of the topic `training` changes, summed up: sums by cell, and of each row its latest version."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from reporting.projections.changes import (
    Activity,
    ActivityCell,
    Drill,
    DrillCell,
    OfTraining,
    Place,
    Quota,
    QuotaRow,
    Standing,
)

Officer = tuple[str, str]
"""district_id, officer_id."""

Key = TypeVar("Key")
Row = TypeVar("Row")


@dataclass(slots=True)
class FoldedTraining:
    """The sum of a batch's changes. A row of a register stands beside the version that says it."""

    activities: dict[ActivityCell, tuple[int, int, int]] = field(default_factory=dict)
    """Entries, minutes, students reached."""
    drills: dict[DrillCell, int] = field(default_factory=dict)
    standing_versions: dict[Officer, int] = field(default_factory=dict)
    steps: dict[tuple[Officer, str, int], tuple[int, tuple[int, int, int, int]]] = field(default_factory=dict)
    """Per officer, requirement and number of the step its days and status, and whether the rule is confirmed."""
    terms: dict[tuple[Place, str, int], tuple[int, tuple[int, int]]] = field(default_factory=dict)
    """Per school, officer and number of the term its days."""
    quota_versions: dict[str, int] = field(default_factory=dict)
    quotas: dict[tuple[str, int], tuple[int, QuotaRow]] = field(default_factory=dict)
    """Per district, by their order."""

    def add(self, change: OfTraining) -> None:
        """Count this change too."""
        if isinstance(change, Activity):
            n, minutes, students = self.activities.get(change.cell, (0, 0, 0))
            counted = n + change.n, minutes + change.minutes, students + change.students_reached
            self.activities[change.cell] = counted
        elif isinstance(change, Drill):
            self.drills[change.cell] = self.drills.get(change.cell, 0) + 1
        elif isinstance(change, Standing):
            self._add_standing(change)
        else:
            self._add_quota(change)

    def _add_standing(self, standing: Standing) -> None:
        district_id, officer_id, version, steps, terms = standing
        officer = district_id, officer_id
        self.standing_versions[officer] = max(version, self.standing_versions.get(officer, version))
        for requirement_id, number, from_day, to_day, status, confirmed in steps:
            said = from_day, to_day, status, confirmed
            _keep_latest(self.steps, (officer, requirement_id, number), version, said)
        for school_id, number, from_day, to_day in terms:
            _keep_latest(self.terms, ((district_id, school_id), officer_id, number), version, (from_day, to_day))

    def _add_quota(self, quota: Quota) -> None:
        district_id, version, rows = quota
        self.quota_versions[district_id] = max(version, self.quota_versions.get(district_id, version))
        for number, row in enumerate(rows):
            _keep_latest(self.quotas, (district_id, number), version, row)

    def places(self) -> Iterator[Place]:
        """Every school that something is written for; some more than once."""
        yield from (cell.place for cell in self.activities)
        yield from (cell.place for cell in self.drills)
        yield from (place for place, _, _ in self.terms)

    def districts(self) -> set[str]:
        """Every district that something is written for as a whole."""
        return {*self.quota_versions, *(district_id for district_id, _ in self.standing_versions)}


def _keep_latest(rows: dict[Key, tuple[int, Row]], key: Key, version: int, row: Row) -> None:
    known = rows.get(key)
    if known is None or version > known[0]:
        rows[key] = version, row
