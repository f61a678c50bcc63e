"""What an event changes in the views. Sums, registers and sets only: each may be applied in any order.

Tally      adds to a stage of a cell                      sums commute
Timing     adds to how long contact took in a cell        sums commute
Sighting   adds to how often a student stands in a cell   a set with counts, so that a member can be taken back
Register   says a school's enrolment                      the latest version wins, row by row
Activity   adds to the triad ledger of a school           sums commute
Drill      adds to the drills of a school                 sums commute
Standing   says how an officer stands, and where          the latest version wins, row by row
Quota      says what drills a district asks for           the latest version wins, row by row
Opening    says when a survey opened                      the latest version wins
Closing    says when a survey closed                      the latest version wins
Progress   says how many answered by a day                the latest day wins
Count      says what a survey found                       the latest version wins, row by row
"""

from typing import NamedTuple

from shared.events.referrals import Stage

Place = tuple[str, str]
"""A school: district_id, school_id."""

Slot = int
"""The month and the cell, see `codec`."""


class Tally(NamedTuple):
    """`n` more referrals of this month and cell have reached a stage; negative where it is taken back."""

    place: Place
    slot: Slot
    stage: Stage
    n: int


class Timing(NamedTuple):
    """The contact clock of `n` more referrals of this month and cell ended so; negative where it is taken back."""

    place: Place
    slot: Slot
    timing: int
    n: int


class Sighting(NamedTuple):
    """A student was referred on this day and in this cell (`n` 1), or that is taken back (-1).

    However often he was, he counts once while the sum is above 0. `still_open` sums up how many of these referrals have
    no outcome yet.
    """

    place: Place
    day_slot: Slot
    """With the day between month and cell."""
    student: int
    n: int
    still_open: int


class Register(NamedTuple):
    """What a school's enrolment is as of a version: the number of students by cell.

    A cell that a later version does not name is no longer valid, whatever order the versions arrive in.
    """

    place: Place
    school_year: int
    version: int
    students: dict[int, int]


class ActivityCell(NamedTuple):
    """What entries of the triad ledger are counted by, as the tables have it (`codec`)."""

    place: Place
    month: int
    role: int
    kind: int
    grade_band: int


class Activity(NamedTuple):
    """`n` more entries of this cell, so many minutes and students; negative where they are taken back."""

    cell: ActivityCell
    n: int
    minutes: int
    students_reached: int


class DrillCell(NamedTuple):
    """What drills are counted by, as the tables have it (`codec`)."""

    place: Place
    month: int
    type: int
    announced: int
    notice: int
    trauma: int


class Drill(NamedTuple):
    """One more drill of this cell."""

    cell: DrillCell


class Step(NamedTuple):
    """How an officer stands to a requirement from a day to a day; the first begins and the last ends with time."""

    requirement_id: str
    number: int
    from_day: int
    to_day: int
    status: int
    confirmed: int
    """0: part of the rule could not be confirmed at its source."""


class Term(NamedTuple):
    """An officer is at a school from a day to a day; without an end it is the end of time."""

    school_id: str
    number: int
    from_day: int
    to_day: int


class Standing(NamedTuple):
    """How an officer stands on any day, and where he serves, as of a version.

    A step or term that a later version does not number is no longer valid, whatever order the versions arrive in.
    """

    district_id: str
    officer_id: str
    version: int
    steps: tuple[Step, ...]
    terms: tuple[Term, ...]


class QuotaRow(NamedTuple):
    """So many drills of a type, or of any, from a month of the year to another one."""

    quota_id: str
    type: int
    least: int
    from_month: int
    to_month: int


class Quota(NamedTuple):
    """All that a district asks of each of its schools as of a version, in its order."""

    district_id: str
    version: int
    rows: tuple[QuotaRow, ...]


OfTraining = Activity | Drill | Standing | Quota


class Opening(NamedTuple):
    """A survey of this school year opened on this day."""

    district_id: str
    administration_id: str
    version: int
    school_year: int
    opened_day: int


class Closing(NamedTuple):
    """A survey of this school year closed on this day."""

    district_id: str
    administration_id: str
    version: int
    school_year: int
    closed_day: int


class Unit(NamedTuple):
    """Who is asked together: a survey's respondents of a group at a school, or in the whole district."""

    place: Place
    administration_id: str
    group: int


class Answered(NamedTuple):
    """How many of a unit were invited, can answer, and did, by the end of a day."""

    counted_day: int
    invited: int
    generated: int | None
    """None: not known."""
    used: int


class Progress(NamedTuple):
    """So many of a unit have answered, unless a later day is known."""

    unit: Unit
    answered: Answered


class Counting(NamedTuple):
    """Of which school year and day a count is, whose answers were in it, and from how many on they may be told."""

    school_year: int
    closed_day: int
    schools_counted: int
    invited: int
    minimum: int


class Finding(NamedTuple):
    """What a unit answered in a dimension, as sums; each is None where they are suppressed."""

    n: int | None
    answers: int | None
    favorable: int | None
    means: float | None


class Count(NamedTuple):
    """What a unit answered, as of a version.

    A dimension that a later version does not name is no longer valid, whatever order the versions arrive in.
    """

    unit: Unit
    version: int
    counting: Counting
    findings: dict[str, Finding]


OfSurveys = Opening | Closing | Progress | Count

Change = Tally | Timing | Sighting | Register | OfTraining | OfSurveys
