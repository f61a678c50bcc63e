"""Many rows in one statement, on either database: what the hot paths and the views write with."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from sqlalchemy import Table
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from shared.db import Session, driver

_SQLITE_PARAMETERS = 32_766
"""What SQLite takes in one statement at most (SQLITE_MAX_VARIABLE_NUMBER)."""

OnConflict = Literal["ignore", "add", "replace"]
_Bind = Callable[[Any], Any]
"""How a type turns a value into what the driver takes."""


async def bulk_upsert(
    session: Session,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    on_conflict: OnConflict,
    newer_by: str | None = None,
) -> int:
    """Write many rows in one statement; the primary key decides what is the same row. No two rows may share it.

    `add` adds the other columns to those that are there, `replace` overwrites them, and with `newer_by` only where
    that column grows. Returns how many rows were inserted or changed.
    Measured: `unnest` 150 k rows/s on PostgreSQL, `executemany` 190 k rows/s and more on SQLite.
    """
    if not rows:
        return 0
    upsert = _upsert(session.dialect, table, columns, on_conflict, newer_by)
    raw = await driver(session)
    if session.dialect.name != "sqlite":
        if len(rows) == 1:
            status: str = await raw.execute(upsert.statement_of_one, *rows[0])
        else:
            status = await raw.execute(upsert.statement, *[list(column) for column in zip(*rows, strict=True)])
        return int(status.rsplit(" ", 1)[1])
    cursor = await raw.executemany(upsert.statement, upsert.bound(rows))
    changed = int(cursor.rowcount)
    await cursor.close()
    return changed


async def bulk_insert(
    session: Session, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]], *, returning: str
) -> set[Any]:
    """Insert what is not there yet, by the primary key; this column's values of what was inserted.

    Where several transactions insert the same row at once, exactly one of them is told so. Give rows in the order of
    their keys: each waits for the other's, so two lists in opposite orders would wait for each other.
    """
    if not rows:
        return set()
    raw = await driver(session)
    upsert = _upsert(session.dialect, table, columns, "ignore", None)
    if session.dialect.name != "sqlite":
        columns_of_rows = [list(column) for column in zip(*rows, strict=True)]
        return {row[0] for row in await raw.fetch(f"{upsert.statement} RETURNING {returning}", *columns_of_rows)}
    read = table.c[returning].type.dialect_impl(session.dialect).result_processor(session.dialect, None)
    inserted: set[Any] = set()
    at_once = _SQLITE_PARAMETERS // len(columns)
    one = f"({', '.join('?' for _ in columns)})"
    for start in range(0, len(rows), at_once):
        part = upsert.bound(rows[start : start + at_once])
        into = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES {', '.join(one for _ in part)}"
        statement = f"{into} ON CONFLICT DO NOTHING RETURNING {returning}"
        found = await raw.execute_fetchall(statement, [value for row in part for value in row])
        inserted.update(read(value) if read else value for (value,) in found)
    return inserted


async def bulk_update(session: Session, table: Table, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> int:
    """Overwrite columns of many rows in one statement; those of the primary key, all among `columns`, say which row.

    What is not there is passed over. Returns how many rows were changed.
    """
    if not rows:
        return 0
    raw = await driver(session)
    types = [table.c[c].type for c in columns]
    keys = [c.name for c in table.primary_key.columns]
    rest = [c for c in columns if c not in keys]
    if session.dialect.name == "sqlite":
        place = {c: f"?{i}" for i, c in enumerate(columns, 1)}
        sets = ", ".join(f"{c} = {place[c]}" for c in rest)
        this = " AND ".join(f"{k} = {place[k]}" for k in keys)
        bind = [_bind_processor(t, session.dialect) for t in types]
        cursor = await raw.executemany(f"UPDATE {table.name} SET {sets} WHERE {this}", _bound(bind, rows))
        changed = int(cursor.rowcount)
        await cursor.close()
        return changed
    sets = ", ".join(f"{c} = new.{c}" for c in rest)
    this = " AND ".join(f"{table.name}.{k} = new.{k}" for k in keys)
    source = f"unnest({_arrays(types, session.dialect)}) AS new ({', '.join(columns)})"
    status: str = await raw.execute(
        f"UPDATE {table.name} SET {sets} FROM {source} WHERE {this}",
        *[list(column) for column in zip(*rows, strict=True)],
    )
    return int(status.rsplit(" ", 1)[1])


class _Upsert:
    """One upsert statement and, on SQLite, how its values are bound (asyncpg binds them itself)."""

    def __init__(
        self,
        table: Table,
        columns: tuple[str, ...],
        on_conflict: OnConflict,
        newer_by: str | None,
        dialect: Dialect,
    ) -> None:
        on_sqlite = dialect.name == "sqlite"
        types = [table.c[c].type for c in columns]
        if on_sqlite:
            source = source_of_one = f"VALUES ({', '.join('?' for _ in columns)})"
        else:
            names = [t.compile(dialect) for t in types]
            source = f"SELECT * FROM unnest({_arrays(types, dialect)})"
            # What a request writes is one row, and thirty arrays of one value cost more than the values.
            source_of_one = f"VALUES ({', '.join(f'${i}::{name}' for i, name in enumerate(names, 1))})"
        keys = [c.name for c in table.primary_key.columns]
        into = f"INSERT INTO {table.name} ({', '.join(columns)})"
        conflict = f"ON CONFLICT ({', '.join(keys)}) {_action(table, keys, columns, on_conflict, newer_by)}"
        self.statement = f"{into} {source} {conflict}"
        self.statement_of_one = f"{into} {source_of_one} {conflict}"
        self._bind = [_bind_processor(t, dialect) for t in types]

    def bound(self, rows: Sequence[Sequence[object]]) -> Sequence[Sequence[object]]:
        """The rows as SQLite's driver takes them: ids and instants as text."""
        return _bound(self._bind, rows)


_upserts: dict[tuple[Any, ...], _Upsert] = {}


def _upsert(
    dialect: Dialect, table: Table, columns: Sequence[str], on_conflict: OnConflict, newer_by: str | None
) -> _Upsert:
    """The statement, made once: text and binds cost more than a row."""
    key = (table.name, tuple(columns), on_conflict, newer_by, dialect.name)
    return _upserts.get(key) or _upserts.setdefault(key, _Upsert(table, tuple(columns), on_conflict, newer_by, dialect))


def _action(
    table: Table,
    keys: list[str],
    columns: tuple[str, ...],
    on_conflict: OnConflict,
    newer_by: str | None,
) -> str:
    rest = [c for c in columns if c not in keys]
    if on_conflict == "ignore" or not rest:
        return "DO NOTHING"
    adds = on_conflict == "add"
    sets = ", ".join(f"{c} = {f'{table.name}.{c} + ' if adds else ''}excluded.{c}" for c in rest)
    where = f" WHERE excluded.{newer_by} > {table.name}.{newer_by}" if newer_by else ""
    return f"DO UPDATE SET {sets}{where}"


def _arrays(types: Sequence[TypeEngine[Any]], dialect: Dialect) -> str:
    """One array parameter for each column."""
    return ", ".join(f"${i}::{t.compile(dialect)}[]" for i, t in enumerate(types, 1))


def _bound(bind: Sequence[_Bind | None], rows: Sequence[Sequence[object]]) -> Sequence[Sequence[object]]:
    if not any(bind):
        return rows
    return [[one(value) if one else value for one, value in zip(bind, row, strict=True)] for row in rows]


def _bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> _Bind | None:
    processor: _Bind | None = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor
