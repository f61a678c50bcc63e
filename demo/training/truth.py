"""What a reader of the suite must find about the synthetic district's officers: counted from their stories. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from demo.district import District
from demo.training.duties import DRILL_QUOTAS, activities, drills
from demo.training.learning import MAY_OPEN_RECORDS, REQUIREMENTS, STATUS
from demo.training.officers import OPENS_RECORDS, Officer, agreements, officers, staffed


@dataclass(frozen=True)
class TrainingTruth:
    """The truth as of the day on which the loading began."""

    district: District
    as_of: date

    @cached_property
    def officers(self) -> list[Officer]:
        """Every officer."""
        return officers(self.district, self.as_of)

    @cached_property
    def statuses(self) -> Counter[tuple[str, str, str]]:
        """How many officers stand how to each requirement: by school, requirement and status."""
        return Counter(
            (officer.school.school_id, requirement_id, STATUS[officer.story][requirement_id])
            for officer in self.officers
            for requirement_id in REQUIREMENTS
        )

    @cached_property
    def openers(self) -> frozenset[str]:
        """The officers who may open records at their school: trained in time, under an agreement that opens them."""
        return frozenset(
            officer.officer_id
            for officer in self.officers
            if officer.story in MAY_OPEN_RECORDS and officer.term in OPENS_RECORDS
        )

    @cached_property
    def agreements(self) -> Mapping[str, str]:
        """The status of each agreement."""
        return {
            a.agreement_id: "active" if a.term == "in_discipline" else a.term.value
            for a in agreements(self.district, self.as_of)
        }

    @cached_property
    def time(self) -> "TimeSpent":
        """What the officers did, by school and role."""
        spent = TimeSpent()
        for officer in self.officers:
            for entry in activities(self.district, officer, self.as_of):
                cell = entry.school_id, entry.role
                spent.entries[cell] += 1
                spent.minutes[cell] += entry.minutes
                spent.students_reached[cell] += entry.students_reached
        return spent

    @cached_property
    def drills(self) -> Counter[tuple[str, str]]:
        """How many drills each school has held, by school and type."""
        return Counter(
            (drill.school_id, drill.type)
            for school in staffed(self.district)
            for drill in drills(self.district, school, self.as_of)
        )

    @cached_property
    def quotas_met(self) -> Counter[str]:
        """How many of the schools with officers have held as many drills of a type as are asked for."""
        return Counter(
            type_
            for school in staffed(self.district)
            for type_, asked in DRILL_QUOTAS.items()
            if self.drills[school.school_id, type_] >= asked
        )

    def written(self) -> dict[str, Any]:
        """As it is written down beside the truth about referrals."""
        by_status: Counter[tuple[str, str]] = Counter()
        for (_, requirement_id, status), n in self.statuses.items():
            by_status[requirement_id, status] += n
        minutes: Counter[str] = Counter()
        for (_, role), n in self.time.minutes.items():
            minutes[role] += n
        return {
            "officers": len(self.officers),
            "may_open_records": len(self.openers),
            "requirements": {
                r: {status: n for (of, status), n in sorted(by_status.items()) if of == r} for r in REQUIREMENTS
            },
            "agreements": dict(self.agreements),
            "minutes": dict(minutes),
            "drills": sum(self.drills.values()),
            "quotas_met": dict(self.quotas_met),
        }


@dataclass(slots=True)
class TimeSpent:
    """Sums of the triad ledger, by school and role."""

    entries: Counter[tuple[str, str]] = field(default_factory=Counter)
    minutes: Counter[tuple[str, str]] = field(default_factory=Counter)
    students_reached: Counter[tuple[str, str]] = field(default_factory=Counter)
