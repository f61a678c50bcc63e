"""The register of officers' standings and agreements; the ledger tells emergencies and their review."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import protect

revision = "20261126_04"
down_revision = "20261126_03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The register begins empty: it is filled from the beginning of the topic. No emergency was noted before."""
    op.create_table(
        "officer_standings",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "officer_id", name="pk_officer_standings"),
    )
    op.create_table(
        "agreements_known",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "agreement_id", name="pk_agreements_known"),
    )
    op.create_index("ix_agreements_known_of_agency", "agreements_known", ["district_id", "agency_id"])
    for table in ("officer_standings", "agreements_known"):
        protect(op, table)
    for column in (
        sa.Column("threat", sa.LargeBinary()),
        sa.Column("recipients", sa.LargeBinary()),
        sa.Column("expires_at", UtcDateTime()),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_at", UtcDateTime()),
        sa.Column("review_outcome", sa.Text()),
        sa.Column("review_note", sa.LargeBinary()),
    ):
        op.add_column("disclosures", column)
    _index_what_awaits_review()


def _index_what_awaits_review() -> None:
    """The few emergencies that nobody has looked at yet, of all that was ever disclosed."""
    waits = sa.text("threat IS NOT NULL AND outcome = 'disclosed' AND reviewed_at IS NULL")
    op.create_index(
        "ix_disclosures_unreviewed",
        "disclosures",
        ["district_id", "disclosure_id"],
        postgresql_where=waits,
        sqlite_where=waits,
    )
