"""The tables of `officers`: who they are, where they are assigned and what schools say of their year.

Each has a row that is locked and says the newest version, and a history to which rows are only added.
"""

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, Table, Text, Uuid

from shared.db import UtcDateTime
from training_registry.base import metadata

officers = Table(
    "officers",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("officer_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)
"""Every officer, once. Whoever changes anything of him locks this row first."""

officer_versions = Table(
    "officer_versions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("officer_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("name", LargeBinary, nullable=False, info={"sealed": True}),
    Column("badge", LargeBinary, info={"sealed": True}),
    Column("agency", Text, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("position", Text, nullable=False),
    Column("appointed_on", Date, nullable=False),
    Column("certified_on", Date),
    Column("left_on", Date),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
)
"""What was written down of an officer, each time."""

assignments = Table(
    "assignments",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("assignment_id", Uuid, primary_key=True),
    Column("officer_id", Text, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Index("ix_assignments_of_officer", "district_id", "officer_id"),
    Index("ix_assignments_of_school", "district_id", "school_id", "officer_id"),
)
"""Which officer is assigned where. Neither changes: who names the wrong one withdraws it."""

assignment_versions = Table(
    "assignment_versions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("assignment_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("officer_id", Text, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("from_on", Date, nullable=False),
    Column("to_on", Date),
    Column("principal_interviewed", Boolean),  # null: nobody wrote it down
    Column("principal_endorsed", Boolean),
    Column("selection_panel", Text, nullable=False),  # JSON: [{"school_id", "role"}]
    Column("withdrawn_because", LargeBinary, info={"sealed": True}),  # in the version that withdraws it
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("ix_assignment_versions_of_officer", "district_id", "officer_id"),
)
"""An assignment's days and how the officer was chosen, each time they were written down."""

evaluations = Table(
    "evaluations",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("evaluation_id", Uuid, primary_key=True),
    Column("officer_id", Text, nullable=False),
    Column("school_year", Integer, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("by_role", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_evaluations_of_officer", "district_id", "officer_id", "school_year", "school_id", "by_role", unique=True),
)
"""A school's part of an officer's yearly evaluation: one for each role that gives it."""

evaluation_versions = Table(
    "evaluation_versions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("evaluation_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("evaluated_on", Date, nullable=False),
    Column("ratings", Text, nullable=False),  # JSON: {criterion: 1…5}
    Column("remarks", LargeBinary, info={"sealed": True}),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
)
"""What it said, each time it was written down."""
