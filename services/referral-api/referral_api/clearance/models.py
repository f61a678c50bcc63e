"""The register: the newest standing of each officer and the newest version of each agreement, as announced."""

from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid

from referral_api.base import metadata

officer_standings = Table(
    "officer_standings",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("officer_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON, the event: it says how he stands on every day
)

agreements_known = Table(
    "agreements_known",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("agreement_id", Text, primary_key=True),
    Column("agency_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON, the event: it says from when to when it is in force
    Index("ix_agreements_known_of_agency", "district_id", "agency_id"),
)
