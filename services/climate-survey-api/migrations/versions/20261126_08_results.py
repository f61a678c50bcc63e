"""What surveys found, as far as it may be shown."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import protect

revision = "20261126_08"
down_revision = "20261126_07"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of result sheets."""
    op.create_table(
        "result_sheets",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("respondent_group", sa.Text(), nullable=False),
        sa.Column("facet", sa.Text(), nullable=False),
        sa.Column("minimum", sa.Integer(), nullable=False),
        sa.Column("dimensions", sa.LargeBinary(), nullable=False),
        sa.Column("items", sa.LargeBinary(), nullable=False),
        sa.Column("respondents", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "district_id", "administration_id", "school_id", "respondent_group", "facet", name="pk_result_sheets"
        ),
    )
    op.create_index(
        "ix_result_sheets_by_facet", "result_sheets", ["district_id", "administration_id", "facet"], unique=False
    )
    protect(op, "result_sheets")
