"""Contact times, and the students referred by day with what of theirs is still open.

What was counted before knows neither: its days become the first of their month, none of it counts as open, and no
contact time is known. `python -m reporting rebuild` brings all of it from the log, while the views go on serving.
"""

import sqlalchemy as sa
from alembic import op

from shared.migrations import protect

revision = "20261125_01"
down_revision = "20261122_01"

# As in 20261122_01, whose file says why.
OF_OWN_PLACES = (
    "(SELECT current_setting('rapport.district_id', true)) = '*' OR place_no IN (SELECT places.place_no FROM places)"
)
FIELDS = {
    "grade_band": (0, 7),
    "english_learner": (3, 3),
    "disability": (5, 7),
    "sex": (8, 7),
    "race_ethnicity": (11, 15),
    "urgency": (15, 7),
    "need": (18, 31),
}


def upgrade() -> None:
    """Make the table of contact times and put the students referred into one that has days."""
    op.create_table(
        "contact_times",
        sa.Column("place_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("timing", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_no", "month", "cell", "timing", name="pk_contact_times"),
    )
    op.execute("CREATE TABLE students_kept AS SELECT place_no, month, cell, student, n FROM students_referred")
    op.drop_table("students_referred")
    op.create_table(
        "students_referred",
        sa.Column("place_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("month", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("cell", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("student", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("still_open", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_no", "month", "day", "cell", "student", name="pk_students_referred"),
        postgresql_with={"fillfactor": "85"},
    )
    op.execute(
        "INSERT INTO students_referred (place_no, month, day, cell, student, n, still_open)"
        " SELECT place_no, month, 1, cell, student, n, 0 FROM students_kept"
    )
    op.drop_table("students_kept")
    for table in ("contact_times", "students_referred"):
        protect(op, table, OF_OWN_PLACES)
        _tell_how_few_values(table)


def _tell_how_few_values(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for field, (shift, mask) in FIELDS.items():
            op.execute(f"CREATE STATISTICS st_{table}_{field} ON ((cell >> {shift}) & {mask}) FROM {table}")
