"""Administrations, whom each asks, and what parents decided."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import protect

revision = "20261126_03"
down_revision = "20261126_02"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of `administrations`."""
    op.create_table(
        "administrations",
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("instrument_id", sa.Text(), nullable=False),
        sa.Column("instrument_version", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opens_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("free_text", sa.Boolean(), nullable=False),
        sa.Column("ppra", sa.Text()),
        sa.Column("consent_mode", sa.Text(), nullable=False),
        sa.Column("units_id", sa.Uuid(), nullable=False),
        sa.Column("has_codes", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", UtcDateTime()),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("counted_at", UtcDateTime()),
        sa.Column("progress_through", sa.Date()),
        sa.Column("choices_key", sa.LargeBinary()),
        sa.Column("made_from", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("administration_id", name="pk_administrations"),
    )
    newest = ["district_id", "opens_at", "administration_id"]
    op.create_index("ix_administrations_newest", "administrations", newest)
    op.create_index("ix_administrations_to_move", "administrations", ["status", "opens_at"])
    protect(op, "administrations")
    op.create_table(
        "administration_units",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("respondent_group", sa.Text(), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("school_name", sa.Text()),
        sa.Column("frame", sa.Text(), nullable=False),
        sa.Column("announced_used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "district_id", "administration_id", "school_id", "respondent_group", name="pk_administration_units"
        ),
    )
    protect(op, "administration_units")
    op.create_table(
        "parental_choices",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("administration_id", sa.Uuid(), nullable=False),
        sa.Column("student_digest", sa.LargeBinary(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "administration_id", "student_digest", name="pk_parental_choices"),
    )
    protect(op, "parental_choices")
