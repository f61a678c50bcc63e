"""The tables of `instruments`."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import create_plumbing_20261122, protect

revision = "20261126_01"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `instruments`."""
    create_plumbing_20261122(op, sa)
    op.create_table(
        "instruments",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("instrument_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "instrument_id", name="pk_instruments"),
    )
    protect(op, "instruments")
    op.create_table(
        "instrument_versions",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("instrument_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "instrument_id", "version", name="pk_instrument_versions"),
    )
    protect(op, "instrument_versions")
