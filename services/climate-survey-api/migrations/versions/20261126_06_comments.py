"""The tables of `comments`."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import protect

revision = "20261126_06"
down_revision = "20261126_05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `comments`."""
    op.create_table(
        "comments",
        sa.Column("comment_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("respondent_group", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("written", sa.LargeBinary(), nullable=False),
        sa.Column("is_suppressed", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("redacted", sa.LargeBinary()),
        sa.Column("note", sa.LargeBinary()),
        sa.Column("reviewed_by", sa.Text()),
        sa.Column("reviewed_on", sa.Date()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("comment_id", name="pk_comments"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_comments_of_survey", "comments", ["district_id", "administration_id", "comment_id"])
    protect(op, "comments")
