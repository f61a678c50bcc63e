"""The referral and the steps of its life."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    false,
    text,
)

from referral_api.base import metadata
from shared.db import UtcDateTime

STANDS_STILL = text(
    "alarm_at IS NULL AND contacted_at IS NULL AND overdue_at IS NULL"
    " AND status IN ('requested', 'accepted', 'in_progress', 'on_hold')"
)
"""Somebody is still to be reached, nothing was escalated, and no alarm is set: a process of the first release wrote it.

Written out, so that either database sees that the index under the same condition answers the question.
"""

LINKED = text("(reopens IS NOT NULL OR merged_into IS NOT NULL)")
"""It points to another referral about the same need. Written out for the same reason."""

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
    # When the contact clock next has something to say; null once it has stopped or run out.
    Column("alarm_at", UtcDateTime),
    Column("reminded_at", UtcDateTime),
    Column("overdue_at", UtcDateTime),
    Column("merged_into", Uuid),
    # Of the merged referral that was to be answered soonest: this one answers for it too.
    Column("inherited_at", UtcDateTime),
    Column("inherited_urgency", Text),
    Column("was_shared", Boolean, nullable=False, server_default=false()),  # its provider has been able to read it
    # Given by a trigger with every version: see the migration for what a reader may conclude from it.
    Column("change_no", BigInteger, nullable=False, server_default="0"),
    Index("ix_referrals_list", "district_id", "created_at", "referral_id"),
    Index("ix_referrals_school", "district_id", "school_id", "created_at", "referral_id"),
    Index("ix_referrals_submitter", "district_id", "submitted_by", "created_at", "referral_id"),
    Index(
        "ix_referrals_alarm",
        "alarm_at",
        postgresql_where=text("alarm_at IS NOT NULL"),
        sqlite_where=text("alarm_at IS NOT NULL"),
    ),
    Index("ix_referrals_changes", "district_id", "change_no", "referral_id"),
    # A provider may have three of a district's 200,000 referrals, and few name one: both are small.
    *(
        Index(
            name,
            "district_id",
            "provider_id",
            place,
            "referral_id",
            postgresql_where=text("provider_id IS NOT NULL"),
            sqlite_where=text("provider_id IS NOT NULL"),
        )
        for name, place in (("ix_referrals_provider", "created_at"), ("ix_referrals_provider_changes", "change_no"))
    ),
    Index(
        "ix_referrals_standing_still",
        "district_id",
        "referral_id",
        postgresql_where=STANDS_STILL,
        sqlite_where=STANDS_STILL,
    ),
    Index("ix_referrals_linked", "district_id", "student_id", postgresql_where=LINKED, sqlite_where=LINKED),
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
    Column("changes", Text),  # JSON: field -> [before, after], of the fields that are not sealed
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

reschedulings = Table(
    "reschedulings",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("behind", Uuid, nullable=False),  # the last referral whose clock was looked at
    Column("submitted_since", UtcDateTime),
    Column("resume_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("role", Text, nullable=False),
)
"""Districts whose calendar has changed, and how far their clocks have been set by the new one."""

change_clock = Table(
    "change_clock",
    metadata,
    Column("clock_id", Integer, primary_key=True),
    Column("ahead", BigInteger, nullable=False),
)
"""One row: by how much PostgreSQL's transaction numbers are raised to become change numbers. On SQLite, which has none,
the last number that was given. See the migrations."""

change_eras = Table(
    "change_eras",
    metadata,
    Column("era_no", Integer, Identity(always=False), primary_key=True),
    Column("era_id", Uuid, nullable=False, unique=True),
    Column("begun_behind", BigInteger, nullable=False),  # the highest number when it began
)
"""A row for each start of the API: a cursor of an era that is unknown, or that ended before it, is of a lost state."""
