"""Every table of the views: sums, latest values and sets only, so that nothing depends on where a batch ends.

A school is a number here, and what it is counted by is one integer (`codec`), because in a real district
there is nearly one cell per referral and every byte of a row counts twice, in the table and in its index.
"""

from sqlalchemy import BigInteger, Column, Identity, Integer, SmallInteger, Table, Text, UniqueConstraint

from reporting.base import metadata
from reporting.codec import STAGES

places = Table(
    "places",
    metadata,
    Column("place_no", Integer, Identity(always=False), primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("school_id", Text, nullable=False),
    UniqueConstraint("district_id", "school_id"),
)
"""A school's number. Given once and kept through every rebuild, so that rebuilt tables are byte for byte the same."""

referral_funnel = Table(
    "referral_funnel",
    metadata,
    Column("place_no", Integer, primary_key=True, autoincrement=False),
    Column("month", SmallInteger, primary_key=True, autoincrement=False),
    Column("cell", Integer, primary_key=True, autoincrement=False),
    *[Column(stage.value, Integer, nullable=False) for stage in STAGES],
    # Most writes add a later stage to a row that is there: room on the page keeps them out of the index.
    postgresql_with={"fillfactor": "70"},
)
"""How many referrals of a month and cell have ever reached each stage. A cell that fell to zero keeps its row."""

contact_times = Table(
    "contact_times",
    metadata,
    Column("place_no", Integer, primary_key=True, autoincrement=False),
    Column("month", SmallInteger, primary_key=True, autoincrement=False),
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("timing", SmallInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
)
"""How many contact clocks of a month's referrals ended how: in time or late, and after how long (`codec`)."""

students_referred = Table(
    "students_referred",
    metadata,
    Column("place_no", Integer, primary_key=True, autoincrement=False),
    Column("month", SmallInteger, primary_key=True, autoincrement=False),
    Column("day", SmallInteger, primary_key=True, autoincrement=False),  # beside the month it takes no room of its own
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("student", BigInteger, primary_key=True, autoincrement=False),
    Column("n", Integer, nullable=False),
    Column("still_open", Integer, nullable=False),
    # Most rows are changed once, when the referral has its outcome.
    postgresql_with={"fillfactor": "85"},
)
"""How often a student was referred on a day and in a cell, and how many of these referrals have no outcome yet.

He stands in the set of students referred while `n` is above zero.
"""

enrollment = Table(
    "enrollment",
    metadata,
    Column("place_no", Integer, primary_key=True, autoincrement=False),
    Column("school_year", SmallInteger, primary_key=True, autoincrement=False),
    Column("cell", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Column("students", Integer, nullable=False),
)
"""Students per cell, as the latest version that names the cell has it. Valid only while that is the school's latest."""

enrollment_versions = Table(
    "enrollment_versions",
    metadata,
    Column("place_no", Integer, primary_key=True, autoincrement=False),
    Column("school_year", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)
"""The latest version of a school's enrolment; a school that has lost its last student has one and no valid cell."""

REBUILT = (referral_funnel, contact_times, students_referred, enrollment, enrollment_versions)
"""The tables that a rebuild makes anew from the log."""
