"""A new calendar reaches the clocks step by step; one that stands still is found; a merged one is handed on."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import protect

revision = "20261125_03"
down_revision = "20261125_02"
branch_labels = None
depends_on = None

STANDS_STILL = (
    "alarm_at IS NULL AND contacted_at IS NULL AND overdue_at IS NULL"
    " AND status IN ('requested', 'accepted', 'in_progress', 'on_hold')"
)


def upgrade() -> None:
    """Nothing is to be rescheduled yet, and what was merged before has ended with its own clock."""
    op.create_table(
        "reschedulings",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("behind", sa.Uuid(), nullable=False),
        sa.Column("submitted_since", UtcDateTime()),
        sa.Column("resume_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", name="pk_reschedulings"),
    )
    protect(op, "reschedulings")
    op.add_column("referrals", sa.Column("inherited_at", UtcDateTime()))
    op.add_column("referrals", sa.Column("inherited_urgency", sa.Text()))
    op.create_index(
        "ix_referrals_standing_still",
        "referrals",
        ["district_id", "referral_id"],
        postgresql_where=sa.text(STANDS_STILL),
        sqlite_where=sa.text(STANDS_STILL),
    )
