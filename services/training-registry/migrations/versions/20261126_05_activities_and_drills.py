"""The triad ledger, the drills, and how many of them are asked for."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import protect

revision = "20261126_05"
down_revision = "20261126_04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables, each district's rows hidden from the others."""
    op.create_table(
        "activities",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("activity_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("students_reached", sa.Integer(), nullable=False),
        sa.Column("programme", sa.Text()),
        sa.Column("grade", sa.Text()),
        sa.Column("topic", sa.Text()),
        sa.Column("logged_at", UtcDateTime(), nullable=False),
        sa.Column("logged_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime()),
        sa.Column("withdrawn_by", sa.Text()),
        sa.Column("withdrawn_because", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("district_id", "activity_id", name="pk_activities"),
    )
    for name, columns in {"list": [], "of_officer": ["officer_id"], "of_school": ["school_id"]}.items():
        op.create_index(f"ix_activities_{name}", "activities", ["district_id", *columns, "started_at", "activity_id"])
    op.create_table(
        "drills",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("drill_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("announced", sa.Boolean(), nullable=False),
        sa.Column("notice_sent_at", UtcDateTime()),
        sa.Column("trauma_informed", sa.Text()),
        sa.Column("officers_present", sa.Text(), nullable=False),
        sa.Column("full_scale", sa.Boolean(), nullable=False),
        sa.Column("on_school_day", sa.Boolean()),
        sa.Column("parental_consent", sa.Boolean()),
        sa.Column("after_action", sa.LargeBinary()),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "drill_id", name="pk_drills"),
    )
    op.create_index("ix_drills_list", "drills", ["district_id", "held_at", "drill_id"])
    op.create_index("ix_drills_of_school", "drills", ["district_id", "school_id", "held_at", "drill_id"])
    op.create_table(
        "drill_quotas",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("adopted", sa.Text()),
        sa.Column("quotas", sa.Text(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", name="pk_drill_quotas"),
    )
    for table in ("activities", "drills", "drill_quotas"):
        protect(op, table)
