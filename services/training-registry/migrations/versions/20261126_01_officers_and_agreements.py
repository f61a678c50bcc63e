"""Officers, their assignments and evaluations, and agreements with agencies, each with its history."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import create_plumbing_20261122, protect

revision = "20261126_01"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the first tables of this service."""
    create_plumbing_20261122(op, sa)
    _create_officers()
    _create_agreements()


def _create_officers() -> None:
    op.create_table(
        "officers",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "officer_id", name="pk_officers"),
    )
    protect(op, "officers")
    op.create_table(
        "officer_versions",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("badge", sa.LargeBinary()),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("appointed_on", sa.Date(), nullable=False),
        sa.Column("certified_on", sa.Date()),
        sa.Column("left_on", sa.Date()),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "officer_id", "version", name="pk_officer_versions"),
    )
    protect(op, "officer_versions")
    op.create_table(
        "assignments",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "assignment_id", name="pk_assignments"),
    )
    op.create_index("ix_assignments_of_officer", "assignments", ["district_id", "officer_id"])
    op.create_index("ix_assignments_of_school", "assignments", ["district_id", "school_id", "officer_id"])
    protect(op, "assignments")
    op.create_table(
        "assignment_versions",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("assignment_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date()),
        sa.Column("principal_interviewed", sa.Boolean()),
        sa.Column("principal_endorsed", sa.Boolean()),
        sa.Column("selection_panel", sa.Text(), nullable=False),
        sa.Column("withdrawn_because", sa.LargeBinary()),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "assignment_id", "version", name="pk_assignment_versions"),
    )
    op.create_index("ix_assignment_versions_of_officer", "assignment_versions", ["district_id", "officer_id"])
    protect(op, "assignment_versions")
    op.create_table(
        "evaluations",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "evaluation_id", name="pk_evaluations"),
    )
    op.create_index(
        "ix_evaluations_of_officer",
        "evaluations",
        ["district_id", "officer_id", "school_year", "school_id", "by_role"],
        unique=True,
    )
    protect(op, "evaluations")
    op.create_table(
        "evaluation_versions",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("evaluated_on", sa.Date(), nullable=False),
        sa.Column("ratings", sa.Text(), nullable=False),
        sa.Column("remarks", sa.LargeBinary()),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "evaluation_id", "version", name="pk_evaluation_versions"),
    )
    protect(op, "evaluation_versions")


def _create_agreements() -> None:
    op.create_table(
        "agreements",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("announced_through", sa.Date(), nullable=False),
        sa.Column("next_turn_on", sa.Date()),
        sa.PrimaryKeyConstraint("district_id", "agreement_id", name="pk_agreements"),
    )
    op.create_index(
        "ix_agreements_next_turn",
        "agreements",
        ["next_turn_on"],
        postgresql_where=sa.text("next_turn_on IS NOT NULL"),
        sqlite_where=sa.text("next_turn_on IS NOT NULL"),
    )
    protect(op, "agreements")
    op.create_table(
        "agreement_versions",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("agency", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("school_ids", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("review_on", sa.Date()),
        sa.Column("clauses", sa.Text(), nullable=False),
        sa.Column("ferpa_basis", sa.Text()),
        sa.Column("chain_of_command", sa.LargeBinary()),
        sa.Column("complaint_contact", sa.LargeBinary()),
        sa.Column("terminated_on", sa.Date()),
        sa.Column("terminated_because", sa.Text()),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "agreement_id", "version", name="pk_agreement_versions"),
    )
    protect(op, "agreement_versions")
    op.create_table(
        "agreement_signatures",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("agreement_id", sa.Text(), nullable=False),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("signed_by", sa.LargeBinary(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "district_id", "agreement_id", "terms_version", "party", name="pk_agreement_signatures"
        ),
    )
    protect(op, "agreement_signatures")
