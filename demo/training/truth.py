"""What a reader of the suite must find about the synthetic district's officers: counted from their stories. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from demo.district import District
from demo.training.duties import DRILL_QUOTAS, activities, drills
from demo.training.learning import MAY_OPEN_RECORDS, STATUS, TITLES, Completion, completions
from demo.training.officers import OPENS_RECORDS, Officer, Story, Term, agreements, officers, staffed

Counts = Counter[tuple[str, ...]]
"""How many there are of each combination: a school with a role, a requirement with a status."""


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
    def openers(self) -> frozenset[str]:
        """The officers who may open records at their school: trained in time, under an agreement that opens them."""
        return frozenset(
            officer.officer_id
            for officer in self.officers
            if officer.story in MAY_OPEN_RECORDS and officer.term in OPENS_RECORDS
        )

    @property
    def an_opener(self) -> Officer:
        """One of them."""
        return next(officer for officer in self.officers if officer.officer_id in self.openers)

    @cached_property
    def agreements(self) -> Mapping[str, str]:
        """The status of each agreement."""
        return {
            a.agreement_id: "active" if a.term is Term.IN_DISCIPLINE else a.term.value
            for a in agreements(self.district, self.as_of)
        }

    @cached_property
    def certified(self) -> Completion:
        """A completion whose credential holds."""
        trained = next(officer for officer in self.officers if officer.story is Story.TRAINED)
        return next(completions(self.district, trained, self.as_of))

    @cached_property
    def counts(self) -> Mapping[str, Counts]:
        """All that is counted, by its name.

        `standings` by school, requirement and status; `entries`, `minutes` and `students reached` by school and role;
        `drills` by school and type; `quotas met`, in schools, by type.
        """
        entries, minutes, students_reached = Counts(), Counts(), Counts()
        for officer in self.officers:
            for entry in activities(self.district, officer, self.as_of):
                cell = entry.school_id, entry.role
                entries[cell] += 1
                minutes[cell] += entry.minutes
                students_reached[cell] += entry.students_reached
        return {
            "standings": self._standings(),
            "entries": entries,
            "minutes": minutes,
            "students reached": students_reached,
            "drills": self._drills(),
            "quotas met": Counts(
                (type_,)
                for (_, type_), held in self._drills().items()
                if type_ in DRILL_QUOTAS and held >= DRILL_QUOTAS[type_]
            ),
        }

    def written(self) -> dict[str, Any]:
        """As it is written down beside the truth about referrals."""
        standings: dict[str, Counter[str]] = {requirement_id: Counter() for requirement_id in TITLES}
        for (_, requirement_id, status), n in self.counts["standings"].items():
            standings[requirement_id][status] += n
        minutes: Counter[str] = Counter()
        for (_, role), n in self.counts["minutes"].items():
            minutes[role] += n
        return {
            "officers": len(self.officers),
            "may_open_records": sorted(self.openers),
            "standings": standings,
            "agreements": dict(self.agreements),
            "minutes": minutes,
            "drills": self.counts["drills"].total(),
            "quotas_met": {type_: n for (type_,), n in self.counts["quotas met"].items()},
        }

    def _standings(self) -> Counts:
        return Counts(
            (officer.school.school_id, requirement_id, STATUS[officer.story][requirement_id])
            for officer in self.officers
            for requirement_id in TITLES
        )

    def _drills(self) -> Counts:
        return Counts(
            (drill.school_id, drill.type)
            for school in staffed(self.district)
            for drill in drills(self.district, school, self.as_of)
        )
