"""The triad ledger, drills and their quotas, and how officers stand."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.migrations import protect

revision = "20261126_02"
down_revision = "20261126_01"

_OF_A_PLACE_SEEN = (
    "(SELECT current_setting('rapport.district_id', true)) = '*'"
    " OR EXISTS (SELECT 1 FROM places WHERE places.place_no = {table}.place_no)"
)


def upgrade() -> None:
    """Make every table of the topic `training`."""
    small, version, days = (
        sa.SmallInteger,
        ("version", sa.BigInteger),
        [("from_day", sa.Integer), ("to_day", sa.Integer)],
    )
    _create(
        "activities",
        [("place_no", sa.Integer), ("month", small), ("role", small), ("kind", small), ("grade_band", small)],
        [("n", sa.Integer), ("minutes", sa.BigInteger), ("students_reached", sa.BigInteger)],
    )
    how = [("announced", small), ("notice", small), ("trauma", small)]
    _create("drills", [("place_no", sa.Integer), ("month", small), ("type", small), *how], [("n", sa.Integer)])
    officer = [("place_no", sa.Integer), ("officer_id", sa.Text)]
    _create("officer_standings", officer, [version])
    of_requirement = [("requirement_id", sa.Text), ("number", sa.Integer)]
    _create("officer_steps", [*officer, *of_requirement], [version, *days, ("status", small)])
    _create("officer_terms", [*officer, ("number", sa.Integer)], [version, *days])
    _create("drill_quota_versions", [("place_no", sa.Integer)], [version])
    _create(
        "drill_quotas",
        [("place_no", sa.Integer), ("number", sa.Integer)],
        [
            version,
            ("quota_id", sa.Text),
            ("type", small),
            ("least", sa.Integer),
            ("from_month", small),
            ("to_month", small),
        ],
    )


def _create(table: str, keys: list[tuple[str, Any]], rest: list[tuple[str, Any]]) -> None:
    op.create_table(
        table,
        *[sa.Column(name, kind(), autoincrement=False, nullable=False) for name, kind in keys],
        *[sa.Column(name, kind(), nullable=False) for name, kind in rest],
        sa.PrimaryKeyConstraint(*[name for name, _ in keys], name=f"pk_{table}"),
    )
    protect(op, table, _OF_A_PLACE_SEEN.format(table=table))
