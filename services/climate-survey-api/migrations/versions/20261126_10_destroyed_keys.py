"""Which tables still have a destroyed key in their files, so that they are rewritten once for it and not more often."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import protect

revision = "20261126_10"
down_revision = "20261126_09"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, with a note for each table of keys where a survey is over: nobody knows what was wiped of it."""
    op.create_table(
        "destroyed_keys",
        sa.Column("note_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("held_in", sa.Text(), nullable=False),
        sa.Column("not_before", UtcDateTime()),
        sa.PrimaryKeyConstraint("note_id", name="pk_destroyed_keys"),
    )
    protect(op, "destroyed_keys")
    for held_in in ("ballot_keys", "administrations"):
        note = sa.text(
            "INSERT INTO destroyed_keys (note_id, district_id, held_in)"
            f" SELECT :note_id, district_id, '{held_in}' FROM administrations WHERE status = 'closed' LIMIT 1"
        )
        op.execute(note.bindparams(sa.bindparam("note_id", uuid4(), type_=sa.Uuid())))
