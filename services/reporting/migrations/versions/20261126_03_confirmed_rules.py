"""Whether the rule that an officer stands to is confirmed at its source."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_03"
down_revision = "20261126_02"


def upgrade() -> None:
    """Take the rules that are known for confirmed, as their events did, until the next version says how it is."""
    op.add_column("officer_steps", sa.Column("confirmed", sa.SmallInteger, nullable=False, server_default=sa.text("1")))
