"""The tables of `instruments`: one row that is locked, and a version that never changes for every change."""

from sqlalchemy import Column, Integer, Table, Text

from climate_survey_api.base import metadata
from shared.db import UtcDateTime

instruments = Table(
    "instruments",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("instrument_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),  # the newest
)
"""Every instrument of the district's own, once; what is shipped stands in no table."""

instrument_versions = Table(
    "instrument_versions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("instrument_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),  # JSON, the body of `POST /v1/instruments`
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
)
"""The whole instrument in each version. Rows are added, never changed: answers are read by the version asked."""
