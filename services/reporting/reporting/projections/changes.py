"""What an event changes in the views. Sums, registers and sets only: each may be applied in any order.

Tally      adds to a stage of a cell                      sums commute
Timing     adds to how long contact took in a cell        sums commute
Sighting   adds to how often a student stands in a cell   a set with counts, so that a member can be taken back
Register   says a school's enrolment                      the latest version wins, row by row
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


Change = Tally | Timing | Sighting | Register
