"""How far each officer's standing has been announced, and whose has yet to be announced anew."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import protect

revision = "20261126_06"
down_revision = "20261126_05"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "standings",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("content_sha256", sa.LargeBinary()),
        sa.Column("announced_through", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "officer_id", name="pk_standings"),
    )
    op.create_index("ix_standings_to_sweep", "standings", ["announced_through"], unique=False)
    op.create_table(
        "recalculations",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("behind", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("again_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("district_id", name="pk_recalculations"),
    )
    for table in ("standings", "recalculations"):
        protect(op, table)
