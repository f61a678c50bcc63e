"""The few referrals of a student that were merged or reopen another are found by a small index."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_03"
down_revision = "20261126_02"
branch_labels = None
depends_on = None

_LINKED = "(reopens IS NOT NULL OR merged_into IS NOT NULL)"


def upgrade() -> None:
    """What neither was merged nor reopens anything is not in it, so that a submission costs no more than before."""
    op.create_index(
        "ix_referrals_linked",
        "referrals",
        ["district_id", "student_id"],
        postgresql_where=sa.text(_LINKED),
        sqlite_where=sa.text(_LINKED),
    )
