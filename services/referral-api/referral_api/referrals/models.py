"""The referral and the steps of its life."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, Table, Text, Uuid

from referral_api.base import metadata
from shared.db import UtcDateTime

referrals = Table(
    "referrals",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("referral_id", Uuid, primary_key=True),
    Column("student_id", Text, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("need", Text, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("summary", LargeBinary, nullable=False, info={"sealed": True}),
    Column("requested_service", LargeBinary, info={"sealed": True}),
    Column("message_to_referrer", LargeBinary, info={"sealed": True}),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("provider_id", Text),
    Column("consent_agreed", Boolean),
    Column("consent_by", Text),
    Column("consent_on", Date),
    Column("reopens", Uuid),
    Column("submitted_by", Text, nullable=False),
    Column("submitter_role", Text, nullable=False),
    Column("noted_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime),
    # The day it counts under, and the student's groups on it: what every later event repeats.
    Column("submitted_on", Date),
    Column("facets", Text, nullable=False),
    Column("due_at", UtcDateTime),
    Column("contacted_at", UtcDateTime),
    Column("feedback_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("reached", Text, nullable=False),  # stages of the funnel, space separated
    Column("version", Integer, nullable=False),
    Index("ix_referrals_list", "district_id", "created_at", "referral_id"),
    Index("ix_referrals_school", "district_id", "school_id", "created_at", "referral_id"),
    Index("ix_referrals_submitter", "district_id", "submitted_by", "created_at", "referral_id"),
)

referral_steps = Table(
    "referral_steps",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("referral_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("taken_at", UtcDateTime, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("reason", Text),
    Column("note", LargeBinary, info={"sealed": True}),
)

referral_contacts = Table(
    "referral_contacts",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("contact_id", Uuid, primary_key=True),
    Column("referral_id", Uuid, nullable=False),
    Column("contacted_at", UtcDateTime, nullable=False),
    Column("contacted_by", Text, nullable=False),
    Column("reached", Boolean, nullable=False),
    Column("noted_by", Text, nullable=False),
    Index("ix_referral_contacts_referral", "district_id", "referral_id"),
)
