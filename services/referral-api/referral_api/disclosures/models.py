"""The disclosure ledger: rows are added and never removed; all that is ever written to one later is its review."""

from sqlalchemy import Column, Index, LargeBinary, Table, Text, Uuid, text

from referral_api.base import metadata
from shared.db import UtcDateTime

AWAITS_REVIEW = text("threat IS NOT NULL AND outcome = 'disclosed' AND reviewed_at IS NULL")
"""Disclosed in an emergency, and no second person has looked at it. Written out, so that either database sees that the
index under the same condition answers the question."""

disclosures = Table(
    "disclosures",
    metadata,
    Column("disclosure_id", Uuid, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("student_id", Text, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("purpose", Text),
    Column("outcome", Text, nullable=False),
    Column("because", Text),
    Column("record", Text, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    # Of an emergency, and of nothing else.
    Column("threat", LargeBinary, info={"sealed": True}),
    Column("recipients", LargeBinary, info={"sealed": True}),  # JSON, names of people among them
    Column("expires_at", UtcDateTime),
    Column("reviewed_by", Text),
    Column("reviewed_at", UtcDateTime),
    Column("review_outcome", Text),
    Column("review_note", LargeBinary, info={"sealed": True}),
    Index("ix_disclosures_of_student", "district_id", "student_id", "disclosure_id"),
    Index(
        "ix_disclosures_unreviewed",
        "district_id",
        "disclosure_id",
        postgresql_where=AWAITS_REVIEW,
        sqlite_where=AWAITS_REVIEW,
    ),
)
