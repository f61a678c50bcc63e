"""The tables of the topic `training`: the triad ledger, the drills and what is asked of them, how officers stand."""

from sqlalchemy import BigInteger, Column, Integer, SmallInteger, Table, Text

from reporting.base import metadata
from reporting.models.columns import count_columns, day_columns, key_columns, version_column

activities = Table(
    "activities",
    metadata,
    *key_columns(place_no=Integer, month=SmallInteger, role=SmallInteger, kind=SmallInteger, grade_band=SmallInteger),
    *count_columns(["n"]),
    Column("minutes", BigInteger, nullable=False),
    Column("students_reached", BigInteger, nullable=False),
)
"""The triad ledger: what was done for a school in a month, in which role. Taken back to zero, a cell keeps its row."""

drills = Table(
    "drills",
    metadata,
    *key_columns(place_no=Integer, month=SmallInteger, type=SmallInteger),
    *key_columns(announced=SmallInteger, notice=SmallInteger, trauma=SmallInteger),
    *count_columns(["n"]),
)
"""How many drills a school held in a month, and how."""


officer_standings = Table(
    "officer_standings", metadata, *key_columns(place_no=Integer, officer_id=Text), version_column()
)
"""The latest version of each officer's standing, under the district's place."""

officer_steps = Table(
    "officer_steps",
    metadata,
    *key_columns(place_no=Integer, officer_id=Text, requirement_id=Text, number=Integer),
    version_column(),
    *day_columns(),
    Column("status", SmallInteger, nullable=False),
    Column("confirmed", SmallInteger, nullable=False),
)
"""How an officer stands to a requirement on which days, and whether the rule is confirmed (1) or not (0).

Valid only while its version is the officer's latest."""

officer_terms = Table(
    "officer_terms",
    metadata,
    *key_columns(place_no=Integer, officer_id=Text, number=Integer),
    version_column(),
    *day_columns(),
)
"""On which days an officer is assigned to a school, under its place. Valid only while that is his latest version."""

drill_quota_versions = Table("drill_quota_versions", metadata, *key_columns(place_no=Integer), version_column())
"""The latest version of what a district asks for; one that asks for nothing has one and no valid row."""

drill_quotas = Table(
    "drill_quotas",
    metadata,
    *key_columns(place_no=Integer, number=Integer),
    version_column(),
    Column("quota_id", Text, nullable=False),
    Column("type", SmallInteger, nullable=False),
    *count_columns(["least"]),
    Column("from_month", SmallInteger, nullable=False),
    Column("to_month", SmallInteger, nullable=False),
)
"""How many drills a district asks of each of its schools, in its order. Valid only while that is its latest version."""
