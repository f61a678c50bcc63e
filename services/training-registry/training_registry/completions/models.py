"""The tables of `completions`: how each one stands now, and every version of it."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, Table, Text, Uuid

from shared.db import UtcDateTime
from training_registry.base import metadata

completions = Table(
    "completions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("completion_id", Uuid, primary_key=True),
    Column("officer_id", Text, nullable=False),
    Column("course", Text, nullable=False),
    Column("course_code", Text),
    Column("provider", Text, nullable=False),
    Column("topics", Text, nullable=False),  # JSON, hundredths of hours by topic
    Column("completed_on", Date, nullable=False),
    Column("expires_on", Date),
    Column("evidence_sha256", Text),
    Column("is_outside", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("credential_id", Uuid),
    Column("version", Integer, nullable=False),
    Column("sent_sha256", LargeBinary, nullable=False),  # of what was first sent, to know a repeat by
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index("ix_completions_newest", "district_id", "recorded_at", "completion_id"),
    Index("ix_completions_of_officer", "district_id", "officer_id", "recorded_at", "completion_id"),
)

# Appended to and never changed: what was known at an instant is the newest version of each that was there by then.
completion_versions = Table(
    "completion_versions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("completion_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("officer_id", Text, nullable=False),
    Column("course", Text, nullable=False),
    Column("course_code", Text),
    Column("provider", Text, nullable=False),
    Column("topics", Text, nullable=False),
    Column("completed_on", Date, nullable=False),
    Column("expires_on", Date),
    Column("evidence_sha256", Text),
    Column("is_outside", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("credential_id", Uuid),
    Column("step", Text, nullable=False),
    Column("taken_at", UtcDateTime, nullable=False),  # not earlier than that of the version before
    Column("taken_by", Text, nullable=False),
    Column("because", LargeBinary, info={"sealed": True}),
    Index("ix_completion_versions_of_officer", "district_id", "officer_id"),
)
