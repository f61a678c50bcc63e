"""The schools' numbers, and the tables of referrals and enrolment with their margins.

What a referral is counted by is one integer (`codec`), because in a real district there is nearly one cell per referral
and every byte of a row counts twice, in the table and in its index.
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

from reporting.base import metadata
from reporting.codec import STAGES
from reporting.margins import MOST_FIELDS, Kept
from reporting.models.columns import count_columns, key_columns

places = Table(
    "places",
    metadata,
    Column("place_no", Integer, Identity(always=False), primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("school_id", Text, nullable=False),
    UniqueConstraint("district_id", "school_id"),
)
"""A school's number. Given once and kept through every rebuild, so that rebuilt tables are byte for byte the same.

A district has a number too, under the school `WHOLE_DISTRICT`, for what is kept of it as a whole.
"""

referral_funnel = Table(
    "referral_funnel",
    metadata,
    *key_columns(place_no=Integer, month=SmallInteger, cell=Integer),
    *count_columns(STAGES),
    # Most writes add a later stage to a row that is there: room on the page keeps them out of the index.
    postgresql_with={"fillfactor": "70"},
)
"""How many referrals of a month and cell have ever reached each stage. A cell that fell to zero keeps its row."""

contact_times = Table(
    "contact_times",
    metadata,
    *key_columns(place_no=Integer, month=SmallInteger, cell=Integer, timing=SmallInteger),
    *count_columns(["n"]),
)
"""How many contact clocks of a month's referrals ended how: in time or late, and after how long (`codec`)."""

students_referred = Table(
    "students_referred",
    metadata,
    # The day stands beside the month, where it takes no room of its own.
    *key_columns(place_no=Integer, month=SmallInteger, day=SmallInteger, cell=Integer, student=BigInteger),
    *count_columns(["n", "still_open"]),
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
    *key_columns(place_no=Integer, school_year=SmallInteger, cell=Integer),
    Column("version", BigInteger, nullable=False),
    *count_columns(["students"]),
)
"""Students per cell, as the latest version that names the cell has it. Valid only while that is the school's latest."""

enrollment_versions = Table(
    "enrollment_versions",
    metadata,
    *key_columns(place_no=Integer, school_year=SmallInteger),
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
        *key_columns(place_no=Integer, margin=SmallInteger, period=SmallInteger, cell=Integer),
        *key_columns(**dict.fromkeys(apart, SmallInteger)),
        *count_columns(counts),
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
    *key_columns(place_no=Integer, school_year=SmallInteger),
    *count_columns(["changed", "rolled"]),
)
"""How many counts of its schools' enrolment a district has sent, and how many of them its margins know.

Where they know all, the margins are the enrolment; else only the cells are.
"""

enrollment_margins = Table(
    "enrollment_margins",
    metadata,
    *key_columns(place_no=Integer, margin=SmallInteger, school_year=SmallInteger, cell=Integer),
    *count_columns(["students"]),
)
"""Students enrolled by margin, made anew from the cells whenever these have changed."""

ENROLLMENT_KEPT = Kept(by_month=MOST_FIELDS, of_schools=1)
"""Which of its margins are kept; enrolment has no months."""
