"""What is pending is found by its place, and what is open without reading what is not."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_03"
down_revision = "20261125_02"


def upgrade() -> None:
    """Make the indexes."""
    for table in ("referral_funnel_pending", "contact_times_pending"):
        op.create_index(f"ix_{table}_place_no", table, ["place_no"])
    is_open = sa.text("still_open > 0")
    op.create_index(
        "ix_students_referred_still_open",
        "students_referred",
        ["place_no", "month"],
        postgresql_where=is_open,
        sqlite_where=is_open,
    )
