"""From numbers to rows: keys as readers know them, rates against enrolment, and nothing that is too small to show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import BaseModel, ConfigDict, Field

from reporting.codec import Value
from reporting.measures.rates import per_100
from reporting.views.breakdown import OF_STUDENTS, Breakdown, Key, Numbers, value_at
from shared.events.facets import Disability, GradeBand, RaceEthnicity, Sex
from shared.events.referrals import Need, Urgency

Row = dict[str, Value | int | float]


class Keyed(BaseModel):
    """What every row of a view has. A key stands in it if the view was broken down by it."""

    model_config = ConfigDict(frozen=True)

    school_id: str | None = Field(default=None, description="If asked for by `by`, like every key below.")
    month: str | None = Field(default=None, description="The month of the submission: `2026-09`.")
    need: Need | None = None
    urgency: Urgency | None = None
    race_ethnicity: RaceEthnicity | None = None
    sex: Sex | None = None
    disability: Disability | None = None
    english_learner: bool | None = Field(default=None, description="null: not known.")
    grade_band: GradeBand | None = None
    suppressed: bool = Field(description="The numbers are null because they are, or would give away, a small count.")


class KeyedRow(Keyed):
    """A row whose count is also told as a rate."""

    per_100: float | None = Field(
        description="Per 100 enrolled of the same key; null where nobody is, or suppressed. A student of two schools "
        "is enrolled at each: of several schools together this is less than it would be if each student counted once."
    )


@dataclass(frozen=True, slots=True)
class Sums:
    """What a view's query found: for each combination of keys one number per series, and what they are rates of."""

    breakdown: Breakdown
    schools: Mapping[int, str]
    counted: Mapping[Numbers, Sequence[int]]
    enrolled: Mapping[Numbers, int]
    hidden: Mapping[Numbers, frozenset[int]] = field(default_factory=dict)
    """Which series of which combinations may not be shown."""

    def everywhere(self) -> list[Numbers]:
        """Every combination of keys that has a row, in reading order.

        Those with anything counted, and those with students enrolled where enrolment has all the keys: so a school
        without referrals says 0 and one that is not known says nothing. And those of which anything is hidden: a row
        that is not there says 0 too.
        """
        found = {numbers for numbers, counts in self.counted.items() if any(counts)}
        found.update(numbers for numbers, series in self.hidden.items() if series)
        if OF_STUDENTS.issuperset(self.breakdown.keys):
            found.update(self.enrolled)
        return sorted(found, key=self._reading_order)

    def enrolled_at(self, numbers: Numbers) -> int | None:
        """Students enrolled of the same keys."""
        return self.enrolled.get(
            tuple(n for key, n in zip(self.breakdown.keys, numbers, strict=True) if key in OF_STUDENTS)
        )

    def only(self, *series: int) -> "Sums":
        """Some of the series alone, in this order."""
        return replace(
            self,
            counted={numbers: [counts[t] for t in series] for numbers, counts in self.counted.items()},
            hidden={
                numbers: frozenset(i for i, t in enumerate(series) if t in of) for numbers, of in self.hidden.items()
            },
        )

    def shown(self, numbers: Numbers, series: int) -> int | None:
        """One number; None where it is hidden."""
        if series in self.hidden.get(numbers, ()):
            return None
        counts = self.counted.get(numbers)
        return counts[series] if counts else 0

    def rate(self, numbers: Numbers, n: int | None) -> float | None:
        """A number per 100 enrolled of the same keys; None where it is hidden or nobody is."""
        return None if n is None else per_100(n, self.enrolled_at(numbers))

    def keys_at(self, numbers: Numbers) -> Row:
        """The keys as readers know them."""
        return {
            key.value: value_at(key, number, self.schools)
            for key, number in zip(self.breakdown.keys, numbers, strict=True)
        }

    def _reading_order(self, numbers: Numbers) -> tuple[int | str, ...]:
        # A school's number tells when it was first heard of, which means nothing to a reader.
        keys = self.breakdown.keys
        return tuple(self.schools[n] if key is Key.SCHOOL_ID else n for key, n in zip(keys, numbers, strict=True))
