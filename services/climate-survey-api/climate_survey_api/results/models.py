"""What was found, as far as it may be shown: there is no other trace of the answers."""

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, Uuid

from climate_survey_api.base import metadata

result_sheets = Table(
    "result_sheets",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("administration_id", Uuid, primary_key=True),
    Column("school_id", Text, primary_key=True),
    Column("respondent_group", Text, primary_key=True),
    Column("facet", Text, primary_key=True),
    Column("minimum", Integer, nullable=False),
    Column("dimensions", LargeBinary, nullable=False),
    Column("items", LargeBinary, nullable=False),
    Column("respondents", LargeBinary, nullable=False),
    Index("ix_result_sheets_by_facet", "district_id", "administration_id", "facet"),
)
"""One row for each school (empty: the district) and group, whole (no facet) and by each facet.

The rows of dimensions, of items and of respondents by value lie apart as compressed JSON: who asks for one does not
read the others. `minimum` is the number under which figures were suppressed when it was counted.
"""
