"""The plumbing, the schools' numbers, the referral funnel, the students referred and the enrolment."""

import sqlalchemy as sa
from alembic import op

from shared.migrations import create_plumbing_20261122, protect

revision = "20261122_01"
down_revision = None

STAGES = ("submitted", "accepted", "contacted", "started", "completed", "failed", "rejected", "cancelled", "looped")
# The inner SELECT makes the setting be read once per statement, not per row, which took a microsecond each.
OF_OWN_PLACES = (
    "(SELECT current_setting('rapport.district_id', true)) = '*' OR place_no IN (SELECT places.place_no FROM places)"
)
FACETS = {
    "grade_band": (0, 7),
    "english_learner": (3, 3),
    "disability": (5, 7),
    "sex": (8, 7),
    "race_ethnicity": (11, 15),
}
FIELDS = {**FACETS, "urgency": (15, 7), "need": (18, 31)}


def upgrade() -> None:
    """Make every table that the first views need."""
    create_plumbing_20261122(op, sa)
    op.create_table(
        "places",
        sa.Column("place_no", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("school_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place_no", name="pk_places"),
        sa.UniqueConstraint("district_id", "school_id", name="uq_places_district_id_school_id"),
    )
    protect(op, "places")
    _create_views()
    for table in ("referral_funnel", "students_referred", "enrollment", "enrollment_versions"):
        protect(op, table, OF_OWN_PLACES)
    for table, fields in (("referral_funnel", FIELDS), ("students_referred", FIELDS), ("enrollment", FACETS)):
        _tell_how_few_values(table, fields)


def _tell_how_few_values(table: str, fields: dict[str, tuple[int, int]]) -> None:
    """Without this PostgreSQL takes each part of a cell for nearly unique, and sorts a year's rows to group them."""
    if op.get_bind().dialect.name == "postgresql":
        for field, (shift, mask) in fields.items():
            op.execute(f"CREATE STATISTICS st_{table}_{field} ON ((cell >> {shift}) & {mask}) FROM {table}")


def _create_views() -> None:
    op.create_table(
        "referral_funnel",
        sa.Column("place_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        *[sa.Column(stage, sa.Integer(), nullable=False) for stage in STAGES],
        sa.PrimaryKeyConstraint("place_no", "month", "cell", name="pk_referral_funnel"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "students_referred",
        sa.Column("place_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("student", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_no", "month", "cell", "student", name="pk_students_referred"),
    )
    op.create_table(
        "enrollment",
        sa.Column("place_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("school_year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("students", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_no", "school_year", "cell", name="pk_enrollment"),
    )
    op.create_table(
        "enrollment_versions",
        sa.Column("place_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("school_year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place_no", "school_year", name="pk_enrollment_versions"),
    )
