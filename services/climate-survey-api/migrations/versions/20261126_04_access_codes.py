"""The tables of `access_codes`."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import grant, protect

revision = "20261126_04"
down_revision = "20261126_03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `access_codes`."""
    op.create_table(
        "code_batches",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("respondent_group", sa.Text(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("voided_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("district_id", "batch_id", name="pk_code_batches"),
    )
    op.create_index(
        "ix_code_batches_of_administration",
        "code_batches",
        ["district_id", "administration_id", "made_at", "batch_id"],
    )
    protect(op, "code_batches")
    op.create_table(
        "code_requests",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "made_by", "idempotency_key", name="pk_code_requests"),
    )
    protect(op, "code_requests")
    _create_access_codes()
    op.create_table(
        "code_pepper",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_code_pepper"),
    )
    grant(op, "code_pepper")


def _create_access_codes() -> None:
    op.create_table(
        "access_codes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("respondent_group", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("is_used", sa.Boolean(), nullable=False),
        sa.Column("is_voided", sa.Boolean(), nullable=False),
        sa.Column("recipient", sa.LargeBinary()),
        sa.Column("recipient_digest", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("digest", name="pk_access_codes"),
    )
    op.create_index(
        "ix_access_codes_of_unit",
        "access_codes",
        ["district_id", "administration_id", "school_id", "respondent_group", "is_used", "is_voided"],
    )
    of_somebody = sa.text("recipient_digest IS NOT NULL AND NOT is_voided")
    op.create_index(
        "uq_access_codes_of_recipient",
        "access_codes",
        ["recipient_digest"],
        unique=True,
        postgresql_where=of_somebody,
        sqlite_where=of_somebody,
    )
    protect(op, "access_codes")
