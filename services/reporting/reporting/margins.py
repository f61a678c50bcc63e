"""Which margins of the cells are kept as sums of their own, so that a question about a whole district reads few rows.

A margin keeps some fields of a cell and adds up over the others: its cell has the bits of these fields, and zero bits
for the rest. Kept are the sums over all fields, by each of the seven, and by each two of them: 29 margins, because
nearly every question names no more; by month and of single schools only some of these.
See docs/decisions/0010-margins-are-kept-beside-the-cells.md.

A row that comes in is not added to 29 margins, but to seven lines of three fields, and these, which are few and much
alike, to the margins. Seven fields have seven lines such that each two fields are on exactly one: the Fano plane.

    need race_ethnicity english_learner     need grade_band disability     need sex urgency
    race_ethnicity grade_band sex           race_ethnicity disability urgency
    english_learner grade_band urgency      english_learner disability sex
"""

from collections.abc import Collection
from itertools import combinations
from typing import NamedTuple

from reporting.codec import FIELDS

MOST_FIELDS = 2
"""A question about more fields than these has no margin."""

LINES = (
    ("english_learner", "disability", "sex"),
    ("english_learner", "grade_band", "urgency"),
    ("race_ethnicity", "disability", "urgency"),
    ("race_ethnicity", "grade_band", "sex"),
    ("need", "sex", "urgency"),
    ("need", "grade_band", "disability"),
    ("need", "race_ethnicity", "english_learner"),
)
"""The fewest values first: a margin is made from the first line that has its fields."""


class Kept(NamedTuple):
    """How many fields the kept margins of something have; those of a district's school years have `MOST_FIELDS`."""

    by_month: int
    """Those of a district by month."""
    of_schools: int
    """Those of single schools, for whole school years."""


WHOLE = 0
"""The margin that keeps no field: the sum of everything."""


class Margin(NamedTuple):
    """One margin: its number in the tables, the bits of a cell that it keeps, the line that it is made from."""

    number: int
    mask: int
    line: int
    fields: int
    """How many it keeps."""


def number_of(fields: Collection[str]) -> int:
    """The margin that keeps these fields: one bit for each, in the order of `FIELDS`. In the tables for good."""
    return sum(1 << position for position, field in enumerate(FIELDS) if field in fields)


def mask_of(fields: Collection[str]) -> int:
    """The bits of a cell that say these fields."""
    return sum(FIELDS[field].mask << FIELDS[field].shift for field in fields)


def _kept() -> tuple[Margin, ...]:
    kept = []
    for size in range(MOST_FIELDS + 1):
        for fields in combinations(FIELDS, size):
            line = next(i for i, of_line in enumerate(LINES) if set(fields) <= set(of_line))
            kept.append(Margin(number_of(fields), mask_of(fields), line, size))
    return tuple(kept)


MARGINS = _kept()
