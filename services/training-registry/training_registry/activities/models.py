"""The triad ledger, the drills, and how many of them a district asks for."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, Table, Text, Uuid

from shared.db import UtcDateTime
from training_registry.base import metadata

activities = Table(
    "activities",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("activity_id", Uuid, primary_key=True),
    Column("officer_id", Text, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("started_on", Date, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("students_reached", Integer, nullable=False),
    # Of a lesson.
    Column("programme", Text),
    Column("grade", Text),
    Column("topic", Text),
    Column("logged_at", UtcDateTime, nullable=False),
    Column("logged_by", Text, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_by", Text),
    Column("withdrawn_because", LargeBinary, info={"sealed": True}),
    Index("ix_activities_list", "district_id", "started_at", "activity_id"),
    Index("ix_activities_of_officer", "district_id", "officer_id", "started_at", "activity_id"),
    Index("ix_activities_of_school", "district_id", "school_id", "started_at", "activity_id"),
)

drills = Table(
    "drills",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("drill_id", Uuid, primary_key=True),
    Column("school_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("held_at", UtcDateTime, nullable=False),
    Column("held_on", Date, nullable=False),
    Column("announced", Boolean, nullable=False),
    Column("notice_sent_at", UtcDateTime),
    Column("trauma_informed", Text),  # JSON, the checklist
    Column("officers_present", Text, nullable=False),  # JSON, a list of officers' ids
    Column("full_scale", Boolean, nullable=False),
    Column("on_school_day", Boolean),
    Column("parental_consent", Boolean),
    Column("after_action", LargeBinary, info={"sealed": True}),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Index("ix_drills_list", "district_id", "held_at", "drill_id"),
    Index("ix_drills_of_school", "district_id", "school_id", "held_at", "drill_id"),
)

drill_quotas = Table(
    "drill_quotas",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("adopted", Text),  # the jurisdiction whose shipped rows these are
    Column("quotas", Text, nullable=False),  # JSON
    Column("updated_at", UtcDateTime, nullable=False),
)
