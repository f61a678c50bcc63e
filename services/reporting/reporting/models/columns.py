"""What the columns of these tables have in common: keys that nobody gives out, counts that are always known."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Integer
from sqlalchemy.types import TypeEngine


def key_columns(**kinds: type[TypeEngine[Any]]) -> list[Column[Any]]:
    """Columns of the primary key, in this order."""
    return [Column(name, kind, primary_key=True, autoincrement=False) for name, kind in kinds.items()]


def count_columns(names: Sequence[str]) -> list[Column[Any]]:
    """Counts, none of which is ever missing."""
    return [Column(name, Integer, nullable=False) for name in names]


def version_column() -> Column[int]:
    """What decides which of two rows of a register is the later one."""
    return Column("version", BigInteger, nullable=False)


def day_columns() -> list[Column[Any]]:
    """From a day to a day, both included, as numbers (`codec`): so they compare alike in either database."""
    return count_columns(["from_day", "to_day"])
