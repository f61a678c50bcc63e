"""What became of each roster file that was sent."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, Uuid

from referral_api.base import metadata
from shared.db import UtcDateTime

roster_imports = Table(
    "roster_imports",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("force", Boolean, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("owner", Text),  # the worker that runs it; another's result is not taken
    Column("attempts", Integer, nullable=False),
    Column("resume_at", UtcDateTime),  # after a fault of ours: neither it nor its district's later ones before then
    Column("finished_at", UtcDateTime),
    Column("version", Integer),  # of the district's roster, once applied: 1, 2, 3 …
    Column("rows_read", Integer, nullable=False),
    Column("rows_applied", Integer, nullable=False),
    Column("rows_rejected", Integer, nullable=False),
    Column("refused_because", Text),
    Index("ix_roster_imports_waiting", "status", "requested_at"),
    Index("ix_roster_imports_of_district", "district_id", "version"),
)

UNDER_WAY = ("queued", "running")
"""The status of an import that has not ended."""

roster_import_errors = Table(
    "roster_import_errors",
    metadata,
    Column("import_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("line", Integer, nullable=False),
    Column("field", Text, nullable=False),
    Column("problem", Text, nullable=False),
)
"""Rows that were refused: where and why, never what they held."""
