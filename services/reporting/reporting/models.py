"""Every table of the views: sums, latest values and sets only, so that nothing depends on where a batch ends.

A school is a number here, and what it is counted by is one integer (`codec`), because in a real district
there is nearly one cell per referral and every byte of a row counts twice, in the table and in its index.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from reporting.base import metadata
from reporting.codec import STAGES
from reporting.margins import MOST_FIELDS, Kept


def _keys(**kinds: type[TypeEngine[Any]]) -> list[Column[Any]]:
    return [Column(name, kind, primary_key=True, autoincrement=False) for name, kind in kinds.items()]


def _counts(names: Sequence[str]) -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in names]


places = Table(
    "places",
    metadata,
    Column("place_no", Integer, Identity(always=False), primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("school_id", Text, nullable=False),
    UniqueConstraint("district_id", "school_id"),
)
"""A school's number. Given once and kept through every rebuild, so that rebuilt tables are byte for byte the same.

A district has a number too, under the school `WHOLE_DISTRICT`: its margins are kept under it, and nothing else.
"""

WHOLE_DISTRICT = ""

referral_funnel = Table(
    "referral_funnel",
    metadata,
    *_keys(place_no=Integer, month=SmallInteger, cell=Integer),
    *_counts(STAGES),
    # Most writes add a later stage to a row that is there: room on the page keeps them out of the index.
    postgresql_with={"fillfactor": "70"},
)
"""How many referrals of a month and cell have ever reached each stage. A cell that fell to zero keeps its row."""

contact_times = Table(
    "contact_times",
    metadata,
    *_keys(place_no=Integer, month=SmallInteger, cell=Integer, timing=SmallInteger),
    *_counts(["n"]),
)
"""How many contact clocks of a month's referrals ended how: in time or late, and after how long (`codec`)."""

students_referred = Table(
    "students_referred",
    metadata,
    # The day stands beside the month, where it takes no room of its own.
    *_keys(place_no=Integer, month=SmallInteger, day=SmallInteger, cell=Integer, student=BigInteger),
    *_counts(["n", "still_open"]),
    # Most rows are changed once, when the referral has its outcome.
    postgresql_with={"fillfactor": "85"},
)
"""How often a student was referred on a day and in a cell, and how many of these referrals have no outcome yet.

He stands in the set of students referred while `n` is above zero.
"""

_is_open = students_referred.c.still_open > literal_column("0")
# Of 300,000 rows 5,000 are open: found by this in 2 ms instead of 31, for 0.1 us of the server's time per event.
Index(
    "ix_students_referred_still_open",
    students_referred.c.place_no,
    students_referred.c.month,
    postgresql_where=_is_open,
    sqlite_where=_is_open,
)

enrollment = Table(
    "enrollment",
    metadata,
    *_keys(place_no=Integer, school_year=SmallInteger, cell=Integer),
    Column("version", BigInteger, nullable=False),
    *_counts(["students"]),
)
"""Students per cell, as the latest version that names the cell has it. Valid only while that is the school's latest."""

enrollment_versions = Table(
    "enrollment_versions",
    metadata,
    *_keys(place_no=Integer, school_year=SmallInteger),
    Column("version", BigInteger, nullable=False),
)
"""The latest version of a school's enrolment; a school that has lost its last student has one and no valid cell."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What is counted by cell, with its margins: these and what is `pending` are always the sum of the cells.

    Whoever adds to the cells adds the same to `pending`; `rolling` moves it from there into the margins, later. The
    rows of a margin stand under the district's place, and those of some under each school's too; their `period` is a
    month, or a whole school year as a negative number.
    """

    cells: Table
    pending: Table
    margins: Table
    apart: tuple[str, ...]
    """What is counted apart within a cell, beside the fields in it."""
    counts: tuple[str, ...]
    kept: Kept


def _fact(cells: Table, *, apart: Sequence[str], counts: Sequence[str], kept: Kept) -> Fact:
    def same(name: str, *, index: bool) -> Column[Any]:
        return Column(name, cells.c[name].type, nullable=False, index=index)

    # An index, so that nobody reads what is pending of others; its price is told in decision 0010.
    columns = [same(column.name, index=column.name == "place_no") for column in cells.columns]
    pending = Table(f"{cells.name}_pending", metadata, *columns)
    margins = Table(
        f"{cells.name}_margins",
        metadata,
        *_keys(place_no=Integer, margin=SmallInteger, period=SmallInteger, cell=Integer),
        *_keys(**dict.fromkeys(apart, SmallInteger)),
        *_counts(counts),
        # They count up every second: room on the page keeps rows that are read together where they were written.
        postgresql_with={"fillfactor": "70"},
    )
    return Fact(cells, pending, margins, tuple(apart), tuple(counts), kept)


FUNNEL = _fact(referral_funnel, apart=[], counts=STAGES, kept=Kept(by_month=2, of_schools=1))
# Some hundred timings stand apart in every cell: more margins than these would have more rows than there are cells.
CONTACT_TIMES = _fact(contact_times, apart=["timing"], counts=["n"], kept=Kept(by_month=1, of_schools=0))

enrollment_changes = Table(
    "enrollment_changes",
    metadata,
    *_keys(place_no=Integer, school_year=SmallInteger),
    *_counts(["changed", "rolled"]),
)
"""How many counts of its schools' enrolment a district has sent, and how many of them its margins know.

Where they know all, the margins are the enrolment; else only the cells are.
"""

enrollment_margins = Table(
    "enrollment_margins",
    metadata,
    *_keys(place_no=Integer, margin=SmallInteger, school_year=SmallInteger, cell=Integer),
    *_counts(["students"]),
)
"""Students enrolled by margin, made anew from the cells whenever these have changed."""

ENROLLMENT_KEPT = Kept(by_month=MOST_FIELDS, of_schools=1)
"""Which of its margins are kept; enrolment has no months."""

activities = Table(
    "activities",
    metadata,
    *_keys(place_no=Integer, month=SmallInteger, role=SmallInteger, kind=SmallInteger, grade_band=SmallInteger),
    *_counts(["n"]),
    Column("minutes", BigInteger, nullable=False),
    Column("students_reached", BigInteger, nullable=False),
)
"""The triad ledger: what was done for a school in a month, in which role. Taken back to zero, a cell keeps its row."""

drills = Table(
    "drills",
    metadata,
    *_keys(place_no=Integer, month=SmallInteger, type=SmallInteger),
    *_keys(announced=SmallInteger, notice=SmallInteger, trauma=SmallInteger),
    *_counts(["n"]),
)
"""How many drills a school held in a month, and how."""


def _version() -> Column[int]:
    return Column("version", BigInteger, nullable=False)


def _days() -> list[Column[Any]]:
    """From a day to a day, both included, as numbers (`codec`): so they compare alike in either database."""
    return _counts(["from_day", "to_day"])


officer_standings = Table("officer_standings", metadata, *_keys(place_no=Integer, officer_id=Text), _version())
"""The latest version of each officer's standing, under the district's place."""

officer_steps = Table(
    "officer_steps",
    metadata,
    *_keys(place_no=Integer, officer_id=Text, requirement_id=Text, number=Integer),
    _version(),
    *_days(),
    Column("status", SmallInteger, nullable=False),
    Column("confirmed", SmallInteger, nullable=False),
)
"""How an officer stands to a requirement on which days, and whether the rule is confirmed (1) or not (0).

Valid only while its version is the officer's latest."""

officer_terms = Table(
    "officer_terms",
    metadata,
    *_keys(place_no=Integer, officer_id=Text, number=Integer),
    _version(),
    *_days(),
)
"""On which days an officer is assigned to a school, under its place. Valid only while that is his latest version."""

drill_quota_versions = Table("drill_quota_versions", metadata, *_keys(place_no=Integer), _version())
"""The latest version of what a district asks for; one that asks for nothing has one and no valid row."""

drill_quotas = Table(
    "drill_quotas",
    metadata,
    *_keys(place_no=Integer, number=Integer),
    _version(),
    Column("quota_id", Text, nullable=False),
    Column("type", SmallInteger, nullable=False),
    *_counts(["least"]),
    Column("from_month", SmallInteger, nullable=False),
    Column("to_month", SmallInteger, nullable=False),
)
"""How many drills a district asks of each of its schools, in its order. Valid only while that is its latest version."""

REBUILT = (
    referral_funnel,
    contact_times,
    students_referred,
    enrollment,
    enrollment_versions,
    # In the order in which whoever rolls takes them: rows of what is pending, then margins; the enrolment's margins all
    # at once, then the row that says what they know. So a rebuild waits for him to end, and never he for it as well.
    *(table for fact in (FUNNEL, CONTACT_TIMES) for table in (fact.pending, fact.margins)),
    enrollment_margins,
    enrollment_changes,
    activities,
    drills,
    officer_standings,
    officer_steps,
    officer_terms,
    drill_quota_versions,
    drill_quotas,
)
"""The tables that a rebuild makes anew from the log."""
