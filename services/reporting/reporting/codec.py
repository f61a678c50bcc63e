"""A cell of a view as one integer: need, urgency and facets in fields of bits, and back without loss.

A cell holds the full cross of its keys, so in a real district there is nearly one row per referral, and rows must be
narrow. The numbers are in the tables for good: one may be added, none may be changed or given away again.

    bits     field            0        1, 2, 3 … in the order of the closed set below
    0-2      grade_band       -        pk_2 3_5 6_8 9_12 unknown
    3-4      english_learner  -        false true null
    5-7      disability       -        idea section_504 none unknown
    8-10     sex              -        female male nonbinary unknown
    11-14    race_ethnicity   -        hispanic american_indian asian black pacific_islander white two_or_more unknown
    15-17    urgency          absent   imminent urgent soon routine
    18-22    need             absent   mental_health substance_use grief family_conflict bullying self_harm
                                       violence_risk basic_needs attendance behavior other
    23-26    version          -        1

`absent` is for counts of students, enrolment for instance, which have neither need nor urgency. The month stands beside
the cell, in a column of its own, so that a period is a range; in memory both make one integer, the slot. Where the day
matters, it stands between them.

How a referral's contact clock ended is one integer too, its timing: 0 where the clock ran out and nobody has been
reached yet, else 1 + 2 x the histogram's bucket of the time that it took, + 1 where that was too late.

What the topics `training` and `surveys` are counted by are a few closed sets, whose members have a number and a column
each.
"""

from collections.abc import Mapping
from datetime import date
from itertools import product
from operator import attrgetter
from types import MappingProxyType
from typing import NamedTuple

from shared.events.facets import FIRST_MONTH_OF_SCHOOL_YEAR, Disability, Facets, GradeBand, RaceEthnicity, Sex
from shared.events.referrals import Need, Stage, Urgency
from shared.events.surveys import RespondentGroup
from shared.events.training import ActivityKind, DrillType, StandingStatus, TriadRole

VERSION = 1
CELL_BITS = 27
MONTHS_IN_YEAR = 12

STAGES = tuple(Stage)
"""The stages of the funnel in the order of their columns."""

Value = str | bool | None
"""What a key of a row may be: a member of a closed set, or `english_learner`, which may also be not known (None)."""


class Unstorable(ValueError):
    """A well-formed event that says something no table can hold, or a number that stands for nothing."""


LONGEST_ID = 255
"""More characters has no school, officer or requirement; two such ids fit into a key of PostgreSQL's."""


WHOLE_DISTRICT = ""
"""In the place of a school's id: what is kept of a district as a whole."""


class Bits(NamedTuple):
    """Where a field lies in a cell, and what its numbers mean."""

    shift: int
    width: int
    numbers: Mapping[Value, int]

    @property
    def mask(self) -> int:
        """The field's bits after shifting the cell right by `shift`."""
        return (1 << self.width) - 1

    def values(self) -> Mapping[int, Value]:
        """The meaning of each number."""
        return {number: value for value, number in self.numbers.items()}


_GRADE_BAND: Mapping[Value, int] = {
    GradeBand.PK_2: 1,
    GradeBand.G3_5: 2,
    GradeBand.G6_8: 3,
    GradeBand.G9_12: 4,
    GradeBand.UNKNOWN: 5,
}
_ENGLISH_LEARNER: Mapping[Value, int] = {False: 1, True: 2, None: 3}
_DISABILITY: Mapping[Value, int] = {
    Disability.IDEA: 1,
    Disability.SECTION_504: 2,
    Disability.NONE: 3,
    Disability.UNKNOWN: 4,
}
_SEX: Mapping[Value, int] = {Sex.FEMALE: 1, Sex.MALE: 2, Sex.NONBINARY: 3, Sex.UNKNOWN: 4}
_RACE_ETHNICITY: Mapping[Value, int] = {
    RaceEthnicity.HISPANIC: 1,
    RaceEthnicity.AMERICAN_INDIAN: 2,
    RaceEthnicity.ASIAN: 3,
    RaceEthnicity.BLACK: 4,
    RaceEthnicity.PACIFIC_ISLANDER: 5,
    RaceEthnicity.WHITE: 6,
    RaceEthnicity.TWO_OR_MORE: 7,
    RaceEthnicity.UNKNOWN: 8,
}
_URGENCY: Mapping[Value, int] = {
    Urgency.IMMINENT: 1,
    Urgency.URGENT: 2,
    Urgency.SOON: 3,
    Urgency.ROUTINE: 4,
}
_NEED: Mapping[Value, int] = {
    Need.MENTAL_HEALTH: 1,
    Need.SUBSTANCE_USE: 2,
    Need.GRIEF: 3,
    Need.FAMILY_CONFLICT: 4,
    Need.BULLYING: 5,
    Need.SELF_HARM: 6,
    Need.VIOLENCE_RISK: 7,
    Need.BASIC_NEEDS: 8,
    Need.ATTENDANCE: 9,
    Need.BEHAVIOR: 10,
    Need.OTHER: 11,
}

FIELDS: Mapping[str, Bits] = MappingProxyType(
    {
        "grade_band": Bits(0, 3, _GRADE_BAND),
        "english_learner": Bits(3, 2, _ENGLISH_LEARNER),
        "disability": Bits(5, 3, _DISABILITY),
        "sex": Bits(8, 3, _SEX),
        "race_ethnicity": Bits(11, 4, _RACE_ETHNICITY),
        "urgency": Bits(15, 3, _URGENCY),
        "need": Bits(18, 5, _NEED),
    }
)
OF_REFERRALS = ("need", "urgency")
"""The fields that a count of students does not have."""
_VERSION_SHIFT = 23


def _shifted(field: str) -> list[tuple[Value, int]]:
    bits = FIELDS[field]
    return [(value, number << bits.shift) for value, number in bits.numbers.items()]


def _every_combination(first_bits: int, *fields: str) -> dict[tuple[Value, ...], int]:
    cells = {}
    for combination in product(*map(_shifted, fields)):
        values, bits = zip(*combination, strict=True)
        cells[values] = first_bits | sum(bits)
    return cells


# All combinations are laid out beforehand: one look-up of a tuple takes a third of the time of one look-up per field.
_FACETS = ("race_ethnicity", "sex", "disability", "english_learner", "grade_band")
_CELLS_OF_STUDENTS = _every_combination(VERSION << _VERSION_SHIFT, *_FACETS)
_BITS_OF_REFERRALS = _every_combination(0, *OF_REFERRALS)
_facets = attrgetter(*_FACETS)


def pack_students(facets: Facets) -> int:
    """The cell of a count of students. Raises: Unstorable."""
    try:
        return _CELLS_OF_STUDENTS[_facets(facets)]
    except KeyError as error:
        raise Unstorable(f"no number for {error}") from error


def pack_referrals(need: Need, urgency: Urgency, facets: Facets) -> int:
    """The cell of a count of referrals. Raises: Unstorable."""
    try:
        return _BITS_OF_REFERRALS[need, urgency] | _CELLS_OF_STUDENTS[_facets(facets)]
    except KeyError as error:
        raise Unstorable(f"no number for {error}") from error


def value_of(field: str, number: int) -> Value:
    """What a number stands for in a field. Raises: Unstorable."""
    try:
        return _VALUES[field][number]
    except KeyError as error:
        raise Unstorable(f"no {field} has the number {number}") from error


_VALUES = {field: bits.values() for field, bits in FIELDS.items()}

_LAST_MONTH = 2700 * MONTHS_IN_YEAR  # a month is two bytes wide in the tables


def month_of(day: date) -> int:
    """The month a day lies in, in months since the year 0. Raises: Unstorable for a year that no school has."""
    month = day.year * MONTHS_IN_YEAR + day.month - 1
    if month > _LAST_MONTH:
        raise Unstorable(f"no school year has the month {day:%Y-%m}")
    return month


SCHOOL_YEAR_OF_MONTH = f"(month + {MONTHS_IN_YEAR - FIRST_MONTH_OF_SCHOOL_YEAR + 1}) / {MONTHS_IN_YEAR}"
"""The year in which the school year of a column `month` ends, in SQL."""


DAY_BITS = 5
DAY_MASK = (1 << DAY_BITS) - 1


def day_of(day: date) -> int:
    """A day in ascending order, its month in the upper bits. Raises: Unstorable for a year that no school has."""
    return month_of(day) << DAY_BITS | day.day


def on_day(slot: int, day: date) -> int:
    """The slot with the day between its month and its cell."""
    return (slot >> CELL_BITS << DAY_BITS | day.day) << CELL_BITS | slot & (1 << CELL_BITS) - 1


TIMING_BITS = 9
NOT_REACHED = 0
"""The timing of a referral that was due and has not been contacted."""


def timing_of(bucket: int, *, in_time: bool) -> int:
    """The timing of a referral that was contacted after so long."""
    return 1 + 2 * bucket + (not in_time)


IN_TIME_BY_BUCKET, LATE_BY_BUCKET = slice(1, None, 2), slice(2, None, 2)
"""Of a list by timing, from `NOT_REACHED` on: those reached in time and those reached too late, by bucket."""


def month_text(month: int) -> str:
    """The month as ISO 8601 has it: `2026-09`."""
    year, index = divmod(month, MONTHS_IN_YEAR)
    return f"{year:04}-{index + 1:02}"


ROLES: Mapping[TriadRole, int] = {TriadRole.EDUCATOR: 1, TriadRole.MENTOR: 2, TriadRole.LAW_ENFORCEMENT: 3}

KINDS: Mapping[ActivityKind, int] = {
    ActivityKind.LESSON: 1,
    ActivityKind.MENTORING: 2,
    ActivityKind.CONFERENCE: 3,
    ActivityKind.EVENT: 4,
    ActivityKind.PATROL: 5,
    ActivityKind.INVESTIGATION: 6,
    ActivityKind.DRILL: 7,
    ActivityKind.OTHER: 8,
}

GRADE_BANDS: Mapping[GradeBand | None, int] = {None: 0, **{band: _GRADE_BAND[band] for band in GradeBand}}
"""Of a lesson; 0 where it was not told, and of everything that is none."""

DRILL_TYPES: Mapping[DrillType, int] = {
    DrillType.HOLD: 1,
    DrillType.SECURE: 2,
    DrillType.LOCKDOWN: 3,
    DrillType.EVACUATE: 4,
    DrillType.SHELTER: 5,
}
ANY_TYPE = 0
"""Of a quota: every drill counts."""
NO_MONTH = 0
"""Of a quota: it begins or ends with the school year."""

TOLD: Mapping[bool | None, int] = {None: 0, False: 1, True: 2}
"""Whether something was so; 0 where nothing says."""

STANDINGS: Mapping[StandingStatus, int] = {
    StandingStatus.EXEMPT: 1,
    StandingStatus.CURRENT: 2,
    StandingStatus.DUE: 3,
    StandingStatus.OVERDUE: 4,
    StandingStatus.EXPIRED: 5,
}
"""In the order of how bad they are: so the greatest of an officer's numbers is how he stands altogether."""

RESPONDENT_GROUPS: Mapping[RespondentGroup, int] = {
    RespondentGroup.STUDENT: 1,
    RespondentGroup.FAMILY: 2,
    RespondentGroup.STAFF: 3,
    RespondentGroup.OFFICER: 4,
}

FIRST_DAY, LAST_DAY = date.min.toordinal(), date.max.toordinal()
"""The ends of time. Where a day has a column of its own it is the number that `date.toordinal` gives it."""

AT_OPENING = 0
"""The day before every day: what was said when a survey opened, before a day told how many had answered."""
