"""Completions, and every version of each."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import protect

revision = "20261126_03"
down_revision = "20261126_02"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, each open to the transactions of its own district only."""
    op.create_table(
        "completions",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("completion_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("course_code", sa.Text()),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date()),
        sa.Column("evidence_sha256", sa.Text()),
        sa.Column("is_outside", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Uuid()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sent_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "completion_id", name="pk_completions"),
    )
    op.create_index("ix_completions_newest", "completions", ["district_id", "recorded_at", "completion_id"])
    op.create_index(
        "ix_completions_of_officer", "completions", ["district_id", "officer_id", "recorded_at", "completion_id"]
    )
    op.create_table(
        "completion_versions",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("completion_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("course_code", sa.Text()),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date()),
        sa.Column("evidence_sha256", sa.Text()),
        sa.Column("is_outside", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("credential_id", sa.Uuid()),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("because", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("district_id", "completion_id", "version", name="pk_completion_versions"),
    )
    op.create_index("ix_completion_versions_of_officer", "completion_versions", ["district_id", "officer_id"])
    for table in ("completions", "completion_versions"):
        protect(op, table)
