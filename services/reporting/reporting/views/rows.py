"""From numbers to rows: keys as readers know them, rates against enrolment, and nothing that is too small to show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from reporting.codec import Value
from reporting.measures.rates import per_100
from reporting.measures.suppression import Count, hidden
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

    per_100: float | None = Field(description="Per 100 enrolled of the same key; null where nobody is, or suppressed.")


@dataclass(frozen=True, slots=True)
class Sums:
    """What a view's query found: for each combination of keys one number per series, and what they are rates of."""

    breakdown: Breakdown
    schools: Mapping[int, str]
    counted: Mapping[Numbers, Sequence[int]]
    enrolled: Mapping[Numbers, int]

    def everywhere(self) -> list[Numbers]:
        """Every combination of keys that has a row, in reading order.

        Those with anything counted, and those with students enrolled where enrolment has all the keys: so a school
        without referrals says 0 and one that is not known says nothing.
        """
        found = {numbers for numbers, counts in self.counted.items() if any(counts)}
        if OF_STUDENTS.issuperset(self.breakdown.keys):
            found.update(self.enrolled)
        return sorted(found, key=self._reading_order)

    def enrolled_at(self, numbers: Numbers) -> int | None:
        """Students enrolled of the same keys."""
        return self.enrolled.get(
            tuple(n for key, n in zip(self.breakdown.keys, numbers, strict=True) if key in OF_STUDENTS)
        )

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


def series(sums: Sums, index: int, *, minimum: int, counts_students: bool) -> Iterator[tuple[int | None, float | None]]:
    """One series of a view, in the order of `everywhere`: the number and its rate, both None where suppressed.

    The series of a view are suppressed apart: nobody can ask for a sum over stages.
    """
    counts = [
        Count(numbers, n, sums.enrolled_at(numbers), counts_students)
        for numbers in sums.everywhere()
        for n in (sums.counted[numbers][index] if numbers in sums.counted else 0,)
    ]
    not_shown = hidden(counts, minimum)
    for i, count in enumerate(counts):
        yield (None, None) if i in not_shown else (count.n, per_100(count.n, count.enrolled))
