"""The tables of `agreements`: one row that is locked, a history of every change, and the signatures."""

from sqlalchemy import Column, Date, Index, Integer, LargeBinary, Table, Text, Uuid, text

from shared.db import UtcDateTime
from training_registry.base import metadata

agreements = Table(
    "agreements",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("agreement_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("announced_through", Date, nullable=False),
    Column("next_turn_on", Date),
    Index(
        "ix_agreements_next_turn",
        "next_turn_on",
        postgresql_where=text("next_turn_on IS NOT NULL"),
        sqlite_where=text("next_turn_on IS NOT NULL"),
    ),
)
"""Every agreement, once. What time changed in it is announced through `announced_through`; more may be on
`next_turn_on`, null where nothing ever will."""

agreement_versions = Table(
    "agreement_versions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("agreement_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("terms_version", Integer, nullable=False),
    Column("change", Text, nullable=False),
    Column("agency", Text, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("school_ids", Text, nullable=False),  # JSON, sorted
    Column("starts_on", Date, nullable=False),
    Column("ends_on", Date, nullable=False),
    Column("review_on", Date),
    Column("clauses", Text, nullable=False),  # JSON: all ten, name -> {"state", "text", "because"}
    Column("ferpa_basis", Text),
    Column("chain_of_command", LargeBinary, info={"sealed": True}),  # both may name people
    Column("complaint_contact", LargeBinary, info={"sealed": True}),
    Column("terminated_on", Date),
    Column("terminated_because", Text),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_on", Date, nullable=False),  # the same, where the registry is
    Column("recorded_by", Text, nullable=False),
)
"""The whole agreement after each change; a signature is a change too. Rows are added, never changed."""

agreement_signatures = Table(
    "agreement_signatures",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("agreement_id", Text, primary_key=True),
    Column("terms_version", Integer, primary_key=True),
    Column("party", Text, primary_key=True),
    Column("signed_by", LargeBinary, nullable=False, info={"sealed": True}),
    Column("signed_on", Date, nullable=False),
    Column("version", Integer, nullable=False),  # of the agreement, that this signature made
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
)
"""Who signed which version of the terms. Rows are added, never changed."""
