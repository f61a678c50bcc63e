"""The truth about a loaded district: what was planted, and exactly what was sent. Written to HOME/demo-truth.json."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from demo import rates
from demo.arrivals import Arrivals
from demo.district import District, Student
from demo.lives import Life, school_year
from demo.surveys.truth import SurveyTruth
from demo.training.truth import TrainingTruth

STAGES = ("submitted", "accepted", "contacted", "started", "completed", "failed", "rejected", "cancelled", "looped")
"""The stages of the funnel, in the order in which reporting shows them."""
OF_STUDENTS = ("school_id", "race_ethnicity", "sex", "disability", "english_learner", "grade_band")
BREAKDOWNS = ("", *OF_STUDENTS, "need", "urgency", "month")
"""Everything that the funnel can be broken down by; empty for the totals."""

Group = tuple[str, str | bool | None]
"""A key that things are broken down by, and one of its values: `("sex", "female")`."""


class OtherDistrictLoaded(Exception):
    """The home folder holds a district that was made otherwise."""


@dataclass
class Truth:
    """What a reader of the views must arrive at."""

    district: District
    as_of: date
    """The district's day on which the loading began: it decides which days referrals were noted on."""
    enrolled: Counter[Group] = field(default_factory=Counter)
    expected: dict[Group, float] = field(default_factory=lambda: defaultdict(float))
    """Per group of students, how many referrals the planted rates lead one to expect."""
    sent: Counter[tuple[Group, str]] = field(default_factory=Counter)
    """Per group and stage, how many referrals were sent that must be counted there."""

    @cached_property
    def training(self) -> TrainingTruth:
        """What must be found about the district's officers."""
        return TrainingTruth(self.district, self.as_of)

    @cached_property
    def surveys(self) -> SurveyTruth:
        """What must be found in the climate surveys."""
        return SurveyTruth(self.district)

    @property
    def school_year(self) -> int:
        """The year that the school year ends in."""
        return school_year(self.as_of)

    def enroll(self, student: Student) -> None:
        """Take a student into the denominators."""
        rate = self.district.referral_rate(student)
        for group in [("", None), *_groups(student)]:
            self.enrolled[group] += 1
            self.expected[group] += rate

    def add(self, life: Life) -> None:
        """Take a referral that has been sent into the counts."""
        about = (("need", life.need), ("urgency", life.urgency), ("month", life.month(self.as_of)))
        for group in [("", None), *_groups(life.student), *about]:
            for stage in life.stages:
                self.sent[group, stage] += 1

    def sent_by(self, key: str) -> dict[tuple[str | bool | None, str], int]:
        """What was sent, by the values of one key and by stage; only what is not zero."""
        return {(value, stage): n for ((of, value), stage), n in self.sent.items() if of == key}

    @property
    def expects_referrals(self) -> float:
        """How many referrals are to be sent, drafts and mistakes too, as far as can be told without drawing them."""
        uncounted = rates.DRAFT_PER_STUDENT + rates.MISTAKE_PER_STUDENT
        return self.expected["", None] + uncounted * self.enrolled["", None]

    def groups(self, key: str) -> list[Group]:
        """The groups of students of one key, the largest first."""
        return [group for group, _ in self.enrolled.most_common() if group[0] == key]

    def planted_rate(self, group: Group) -> float:
        """Referrals per student that the planted rates give a group, its other traits being as they are."""
        return self.expected[group] / self.enrolled[group]

    def write(self, path: Path, arrivals: Arrivals) -> None:
        """Write it down, for people and for whoever checks a view by it, with how far the sending is.

        The old one is replaced as a whole: whoever stops the program meanwhile finds one of the two.
        """
        district = self.district
        new = path.with_suffix(".new")
        new.write_text(
            json.dumps(
                {
                    **_identity(district),
                    **arrivals.written(),
                    "as_of": self.as_of.isoformat(),
                    "school_year": self.school_year,
                    "planted": _planted(district),
                    "enrolled": {key: self._enrolled(key) for key in ("", *OF_STUDENTS)},
                    "sent": {key: self._sent(key) for key in BREAKDOWNS},
                    "training": self.training.written(),
                    "surveys": self.surveys.written(),
                },
                indent=1,
            ),
            encoding="utf-8",
        )
        new.replace(path)

    def _enrolled(self, key: str) -> dict[str, dict[str, float]]:
        return {
            _word(value): {
                "students": self.enrolled[key, value],
                "planted_rate": round(self.planted_rate((key, value)), 6),
            }
            for _, value in self.groups(key)
        }

    def _sent(self, key: str) -> dict[str, dict[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        for (value, stage), n in sorted(self.sent_by(key).items(), key=lambda item: _word(item[0][0])):
            counts.setdefault(_word(value), dict.fromkeys(STAGES, 0))[stage] = n
        return counts


def truth_path(home: Path, district_id: str) -> Path:
    """Where the truth of a district lies; the usual district's has the short name."""
    return home / ("demo-truth.json" if district_id == "demo" else f"demo-truth-{district_id}.json")


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """What a run left behind: the next one takes its day, so that it sends the very same requests."""

    as_of: date
    arrivals: Arrivals


def earlier_run(path: Path, district: District) -> EarlierRun | None:
    """The last run that loaded this district; None when there was none. Raises: OtherDistrictLoaded."""
    if not path.exists():
        return None
    written = json.loads(path.read_bytes())
    mine = _identity(district)
    if {name: written.get(name) for name in mine} != mine:
        there = f"seed {written['seed']}, {written['schools']:,} schools, {written['students']:,} students"
        raise OtherDistrictLoaded(
            f"{path} says that district {district.district_id} holds another synthetic district already ({there});"
            " load this one under another id (make demo DISTRICT=...), or in another home (HOME_DIR=...)."
        )
    return EarlierRun(date.fromisoformat(written["as_of"]), Arrivals.read(written))


def _identity(district: District) -> dict[str, Any]:
    return {
        "district_id": district.district_id,
        "seed": district.seed,
        "schools": district.size.schools,
        "students": district.size.students,
        "reference_rate": district.size.reference_rate,
    }


def _groups(student: Student) -> list[Group]:
    return [(key, getattr(student, key)) for key in OF_STUDENTS]


def _word(value: str | bool | None) -> str:
    return {None: "null", True: "true", False: "false"}.get(value, str(value)) if not isinstance(value, str) else value


def _planted(district: District) -> dict[str, Any]:
    return {
        "ratios": {facet: dict(ratios) for facet, ratios in rates.RATIOS.items()},
        "need": dict(rates.NEED),
        "urgency": {need: dict(rates.urgency(need)) for need in rates.NEED},
        "referrer": dict(rates.REFERRER),
        "answer": dict(rates.ANSWER),
        "reached": dict(rates.REACHED),
        "waitlisted": rates.WAITLISTED,
        "beginning": dict(rates.BEGINNING),
        "end": dict(rates.END),
        "told_the_end": rates.TOLD_THE_END,
    }
