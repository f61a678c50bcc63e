"""An import that met a fault of ours is left alone for a while by every process, not only by the one that met it."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime

revision = "20261126_02"
down_revision = "20261126_01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """No import is paused yet."""
    op.add_column("roster_imports", sa.Column("resume_at", UtcDateTime()))
