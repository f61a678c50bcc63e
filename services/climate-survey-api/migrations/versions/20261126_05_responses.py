"""Sealed ballots, and the key to each administration's."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import protect

revision = "20261126_05"
down_revision = "20261126_04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "ballots",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("ballot_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("respondent_group", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", "ballot_id", name="pk_ballots"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ballot_keys",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", name="pk_ballot_keys"),
    )
    for table in ("ballots", "ballot_keys"):
        protect(op, table)
    if op.get_bind().dialect.name == "postgresql":
        # What is sealed cannot be compressed: it need not be tried on each.
        op.execute("ALTER TABLE ballots ALTER COLUMN sealed SET STORAGE EXTERNAL")
        # A deleted row stays in the file until vacuum comes, which would wait for fifty of them.
        for table in ("ballots", "ballot_keys"):
            op.execute(f"ALTER TABLE {table} SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 0)")
