"""When each row of the roster was last modified in the district's system, where its files say so."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import protect

revision = "20261125_02"
down_revision = "20261125_01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing is known of the rows that are there until a file brings their date: the next delta row counts."""
    op.create_table(
        "roster_revisions",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sourced_id", sa.Text(), nullable=False),
        sa.Column("modified_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "file", "sourced_id", name="pk_roster_revisions"),
    )
    protect(op, "roster_revisions")
