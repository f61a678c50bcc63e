"""How far each officer's standing has been announced, and whose has yet to be announced anew."""

from sqlalchemy import BigInteger, Column, Date, Index, LargeBinary, Table, Text

from shared.db import UtcDateTime
from training_registry.base import metadata

standings = Table(
    "standings",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("officer_id", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("content_sha256", LargeBinary),
    Column("announced_through", Date, nullable=False),
    Index("ix_standings_to_sweep", "announced_through"),
)
"""One row for each officer: the version announced last, its content's digest, and the last day the sweep has done.

Whoever announces an officer's standing holds his row, so that versions follow the order of what they tell.
"""

recalculations = Table(
    "recalculations",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("behind", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("again_at", UtcDateTime),
)
"""A district whose rules have changed: every officer behind this id has yet to be announced anew.

With `again_at` all were, and are once more from then on: somebody may have been written down meanwhile by a transaction
that had read the rules of before.
"""
