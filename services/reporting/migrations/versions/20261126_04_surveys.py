"""When climate surveys ran, how many answered by which day, and what was found."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.migrations import protect

revision = "20261126_04"
down_revision = "20261126_03"

_OF_A_PLACE_SEEN = (
    "(SELECT current_setting('rapport.district_id', true)) = '*'"
    " OR EXISTS (SELECT 1 FROM places WHERE places.place_no = {table}.place_no)"
)


def upgrade() -> None:
    """Make every table of the topic `surveys`."""
    survey = [("place_no", sa.Integer), ("administration_id", sa.Text)]
    unit = [*survey, ("respondent_group", sa.SmallInteger)]
    of_a_year = [("version", sa.BigInteger), ("school_year", sa.SmallInteger)]
    _create("survey_openings", survey, [*of_a_year, *_integers("opened_day")])
    _create("survey_closings", survey, [*of_a_year, *_integers("closed_day")])
    answered = _integers("counted_day", "invited", "generated", "used")
    _create("survey_progress", unit, answered, nullable=["generated"])
    counted = _integers("closed_day", "schools_counted", "invited", "minimum")
    _create("survey_counts", unit, [*of_a_year, *counted])
    sums = [*_integers("n", "answers", "favorable"), ("means", sa.Double)]
    found = [("version", sa.BigInteger), *sums]
    _create("survey_results", [*unit, ("dimension", sa.Text)], found, nullable=[name for name, _ in sums])


def _integers(*names: str) -> list[tuple[str, Any]]:
    return [(name, sa.Integer) for name in names]


def _create(
    table: str, keys: list[tuple[str, Any]], rest: list[tuple[str, Any]], nullable: Collection[str] = ()
) -> None:
    op.create_table(
        table,
        *[sa.Column(name, kind(), autoincrement=False, nullable=False) for name, kind in keys],
        *[sa.Column(name, kind(), nullable=name in nullable) for name, kind in rest],
        sa.PrimaryKeyConstraint(*[name for name, _ in keys], name=f"pk_{table}"),
    )
    protect(op, table, _OF_A_PLACE_SEEN.format(table=table))
