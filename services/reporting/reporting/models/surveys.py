"""The tables of the topic `surveys`: when surveys ran, how many answered, and what was found.

An administration's id is text here: nobody calculates with it, and so it is told as it is kept.
"""

from sqlalchemy import Column, Double, Integer, SmallInteger, Table, Text

from reporting.base import metadata
from reporting.models.columns import count_columns, key_columns, version_column

survey_openings = Table(
    "survey_openings",
    metadata,
    *key_columns(place_no=Integer, administration_id=Text),
    version_column(),
    Column("school_year", SmallInteger, nullable=False),
    *count_columns(["opened_day"]),
)
"""In which school year a survey was to open, and on which day it did, under the district's place."""

survey_closings = Table(
    "survey_closings",
    metadata,
    *key_columns(place_no=Integer, administration_id=Text),
    version_column(),
    Column("school_year", SmallInteger, nullable=False),
    *count_columns(["closed_day"]),
)
"""On which day a survey closed, under the district's place."""

survey_progress = Table(
    "survey_progress",
    metadata,
    *key_columns(place_no=Integer, administration_id=Text, respondent_group=SmallInteger),
    *count_columns(["counted_day", "invited"]),
    Column("generated", Integer),
    *count_columns(["used"]),
)
"""How many of a group answered at a school, by the latest day that told: `counted_day` is the row's version.

It is 0 (`AT_OPENING`) until a day has told, when nobody knows how many codes were made, and the end of time once the
survey is closed.
"""

survey_counts = Table(
    "survey_counts",
    metadata,
    *key_columns(place_no=Integer, administration_id=Text, respondent_group=SmallInteger),
    version_column(),
    Column("school_year", SmallInteger, nullable=False),
    *count_columns(["closed_day", "schools_counted", "invited", "minimum"]),
)
"""That a group's answers were counted, at a school or, under its place, in the whole district, and how."""

survey_results = Table(
    "survey_results",
    metadata,
    *key_columns(place_no=Integer, administration_id=Text, respondent_group=SmallInteger, dimension=Text),
    version_column(),
    *[Column(name, Integer) for name in ("n", "answers", "favorable")],
    Column("means", Double),
)
"""What was answered in a dimension: sums, or nothing but nulls where they are suppressed.

Valid only while its version is that of the count.
"""
