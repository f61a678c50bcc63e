"""Margins beside the cells, what of the cells is not in them yet, and a number for each district.

All that was counted before is pending, so that answers stay exact: the roller of the first `api` or `serve` process to
start moves it into the margins.
"""

import sqlalchemy as sa
from alembic import op

from shared.migrations import protect

revision = "20261125_02"
down_revision = "20261125_01"

STAGES = ("submitted", "accepted", "contacted", "started", "completed", "failed", "rejected", "cancelled", "looped")
# As in 20261122_01, whose file says why.
OF_OWN_PLACES = (
    "(SELECT current_setting('rapport.district_id', true)) = '*' OR place_no IN (SELECT places.place_no FROM places)"
)


def upgrade() -> None:
    """Make the tables and give the districts their numbers."""
    op.execute("INSERT INTO places (district_id, school_id) SELECT DISTINCT district_id, '' FROM places")
    _create("referral_funnel", apart=(), counts=STAGES)
    _create("contact_times", apart=("timing",), counts=("n",))
    op.create_table(
        "enrollment_changes",
        _key("place_no", sa.Integer()),
        _key("school_year", sa.SmallInteger()),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("rolled", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_no", "school_year", name="pk_enrollment_changes"),
    )
    op.create_table(
        "enrollment_margins",
        _key("place_no", sa.Integer()),
        _key("margin", sa.SmallInteger()),
        _key("school_year", sa.SmallInteger()),
        _key("cell", sa.Integer()),
        sa.Column("students", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place_no", "margin", "school_year", "cell", name="pk_enrollment_margins"),
    )
    op.execute(
        "INSERT INTO enrollment_changes (place_no, school_year, changed, rolled)"
        " SELECT d.place_no, v.school_year, count(*), 0 FROM enrollment_versions v"
        " JOIN places s ON s.place_no = v.place_no JOIN places d ON d.district_id = s.district_id AND d.school_id = ''"
        " GROUP BY d.place_no, v.school_year"
    )
    for table in ("enrollment_changes", "enrollment_margins"):
        protect(op, table, OF_OWN_PLACES)


def _create(cells: str, *, apart: tuple[str, ...], counts: tuple[str, ...]) -> None:
    op.create_table(
        f"{cells}_pending",
        sa.Column("place_no", sa.Integer(), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False),
        *[sa.Column(name, sa.SmallInteger(), nullable=False) for name in apart],
        *[sa.Column(name, sa.Integer(), nullable=False) for name in counts],
    )
    op.create_table(
        f"{cells}_margins",
        _key("place_no", sa.Integer()),
        _key("margin", sa.SmallInteger()),
        _key("period", sa.SmallInteger()),
        _key("cell", sa.Integer()),
        *[_key(name, sa.SmallInteger()) for name in apart],
        *[sa.Column(name, sa.Integer(), nullable=False) for name in counts],
        sa.PrimaryKeyConstraint("place_no", "margin", "period", "cell", *apart, name=f"pk_{cells}_margins"),
    )
    names = ", ".join(("place_no", "month", "cell", *apart, *counts))
    op.execute(f"INSERT INTO {cells}_pending ({names}) SELECT {names} FROM {cells}")
    for table in (f"{cells}_pending", f"{cells}_margins"):
        protect(op, table, OF_OWN_PLACES)
    if op.get_bind().dialect.name == "postgresql":
        # Rows live for a second: without this, vacuum waits for a fifth of the table to be dead.
        op.execute(
            f"ALTER TABLE {cells}_pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000)"
        )


def _key(name: str, kind: sa.types.TypeEngine[int]) -> "sa.Column[int]":
    return sa.Column(name, kind, autoincrement=False, nullable=False)
