"""The roster, referrals, and the ledger of disclosures."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import create_plumbing_20261122, protect

revision = "20261122_01"
down_revision = None
branch_labels = None
depends_on = None

_OF_A_DISTRICT = (
    "academic_sessions",
    "disclosures",
    "enrollments",
    "orgs",
    "other_users",
    "referral_contacts",
    "referral_steps",
    "referrals",
    "roster_import_errors",
    "roster_imports",
    "roster_roles",
    "student_schools",
    "students",
)


def upgrade() -> None:
    """Make every table, and let a district's transactions see their own rows only."""
    create_plumbing_20261122(op, sa)
    op.create_table(
        "academic_sessions",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("school_year", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "session_id", name="pk_academic_sessions"),
    )
    op.create_table(
        "disclosures",
        sa.Column("disclosure_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("because", sa.Text()),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("disclosure_id", name="pk_disclosures"),
    )
    op.create_index(
        "ix_disclosures_of_student", "disclosures", ["district_id", "student_id", "disclosure_id"], unique=False
    )
    op.create_table(
        "enrollments",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("enrollment_id", sa.Text(), nullable=False),
        sa.Column("class_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("begins_on", sa.Date()),
        sa.Column("ends_on", sa.Date()),
        sa.PrimaryKeyConstraint("district_id", "enrollment_id", name="pk_enrollments"),
    )
    op.create_table(
        "orgs",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text()),
        sa.Column("parent_org_id", sa.Text()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "org_id", name="pk_orgs"),
    )
    op.create_table(
        "other_users",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "user_id", name="pk_other_users"),
    )
    op.create_table(
        "referral_contacts",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("contact_id", sa.Uuid(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("contacted_at", UtcDateTime(), nullable=False),
        sa.Column("contacted_by", sa.Text(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "contact_id", name="pk_referral_contacts"),
    )
    op.create_index("ix_referral_contacts_referral", "referral_contacts", ["district_id", "referral_id"], unique=False)
    op.create_table(
        "referral_steps",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("taken_by", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("note", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("district_id", "referral_id", "version", name="pk_referral_steps"),
    )
    op.create_table(
        "referrals",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("referral_id", sa.Uuid(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("summary", sa.LargeBinary(), nullable=False),
        sa.Column("requested_service", sa.LargeBinary()),
        sa.Column("message_to_referrer", sa.LargeBinary()),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("provider_id", sa.Text()),
        sa.Column("consent_agreed", sa.Boolean()),
        sa.Column("consent_by", sa.Text()),
        sa.Column("consent_on", sa.Date()),
        sa.Column("reopens", sa.Uuid()),
        sa.Column("submitted_by", sa.Text(), nullable=False),
        sa.Column("submitter_role", sa.Text(), nullable=False),
        sa.Column("noted_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("submitted_at", UtcDateTime()),
        sa.Column("submitted_on", sa.Date()),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime()),
        sa.Column("contacted_at", UtcDateTime()),
        sa.Column("feedback_at", UtcDateTime()),
        sa.Column("closed_at", UtcDateTime()),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("reached", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "referral_id", name="pk_referrals"),
    )
    op.create_index("ix_referrals_list", "referrals", ["district_id", "created_at", "referral_id"], unique=False)
    op.create_index(
        "ix_referrals_school", "referrals", ["district_id", "school_id", "created_at", "referral_id"], unique=False
    )
    op.create_index(
        "ix_referrals_submitter",
        "referrals",
        ["district_id", "submitted_by", "created_at", "referral_id"],
        unique=False,
    )
    op.create_table(
        "roster_import_errors",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "number", name="pk_roster_import_errors"),
    )
    op.create_table(
        "roster_imports",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("force", sa.Boolean(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", UtcDateTime(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("finished_at", UtcDateTime()),
        sa.Column("version", sa.Integer()),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("rows_applied", sa.Integer(), nullable=False),
        sa.Column("rows_rejected", sa.Integer(), nullable=False),
        sa.Column("refused_because", sa.Text()),
        sa.PrimaryKeyConstraint("import_id", name="pk_roster_imports"),
    )
    op.create_index("ix_roster_imports_of_district", "roster_imports", ["district_id", "version"], unique=False)
    op.create_index("ix_roster_imports_waiting", "roster_imports", ["status", "requested_at"], unique=False)
    op.create_table(
        "roster_roles",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("role_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("begins_on", sa.Date()),
        sa.Column("ends_on", sa.Date()),
        sa.PrimaryKeyConstraint("district_id", "role_id", name="pk_roster_roles"),
    )
    op.create_table(
        "student_schools",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "student_id", "school_id", name="pk_student_schools"),
    )
    op.create_index(
        "ix_student_schools_of_school", "student_schools", ["district_id", "school_id", "student_id"], unique=False
    )
    op.create_table(
        "students",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("student_id", sa.Text(), nullable=False),
        sa.Column("given_name", sa.LargeBinary(), nullable=False),
        sa.Column("family_name", sa.LargeBinary(), nullable=False),
        sa.Column("grade", sa.Text()),
        sa.Column("race_ethnicity", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("disability", sa.Text(), nullable=False),
        sa.Column("english_learner", sa.Boolean()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "student_id", name="pk_students"),
    )
    for table in _OF_A_DISTRICT:
        protect(op, table)
