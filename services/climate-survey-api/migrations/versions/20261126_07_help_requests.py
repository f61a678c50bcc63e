"""The tables of `help_requests`."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import protect

revision = "20261126_07"
down_revision = "20261126_06"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `help_requests`."""
    op.create_table(
        "help_requests",
        sa.Column("help_request_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("message", sa.LargeBinary()),
        sa.Column("language", sa.Text()),
        sa.Column("requested_on", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_by", sa.Text()),
        sa.Column("opened_at", UtcDateTime()),
        sa.Column("taken_up_by", sa.Text()),
        sa.Column("taken_up_at", UtcDateTime()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("outcome", sa.Text()),
        sa.Column("note", sa.LargeBinary()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("help_request_id", name="pk_help_requests"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_help_requests_oldest", "help_requests", ["district_id", "requested_on", "help_request_id"])
    protect(op, "help_requests")
