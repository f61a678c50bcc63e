"""The tables of `instruments`."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import create_plumbing_20261122

revision = "20261126_01"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `instruments`."""
    create_plumbing_20261122(op, sa)
