"""The tables of `requirements`: one row that is locked, and a history of every change."""

from sqlalchemy import Boolean, Column, Integer, Table, Text

from shared.db import UtcDateTime
from training_registry.base import metadata

requirements = Table(
    "requirements",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("requirement_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)
"""Every requirement that the district ever had, once."""

requirement_versions = Table(
    "requirement_versions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("requirement_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("terms", Text, nullable=False),  # JSON, the body of `PUT /v1/requirements/{requirement_id}`
    Column("earlier_courses", Text, nullable=False),  # JSON: {"until": {course: day}, "new": [courses]}
    Column("withdrawn", Boolean, nullable=False),
    Column("shipped_version", Integer),  # of the catalogue it was taken on from, unchanged
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
)
"""The whole requirement after each change. Rows are added, never changed."""
