"""The disclosure ledger: rows are added, never changed or removed."""

from sqlalchemy import Column, Index, Table, Text, Uuid

from referral_api.base import metadata
from shared.db import UtcDateTime

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
    Index("ix_disclosures_of_student", "district_id", "student_id", "disclosure_id"),
)
