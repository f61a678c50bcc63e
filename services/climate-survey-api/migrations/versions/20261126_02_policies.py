"""The tables of `policies`."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import protect

revision = "20261126_02"
down_revision = "20261126_01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `policies`."""
    op.create_table(
        "survey_policies",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", name="pk_survey_policies"),
    )
    protect(op, "survey_policies")
    op.create_table(
        "survey_policy_versions",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "version", name="pk_survey_policy_versions"),
    )
    protect(op, "survey_policy_versions")
