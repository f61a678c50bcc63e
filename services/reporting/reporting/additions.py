"""Adds a batch to a table: the fastest way into each of the two databases, and no loop in Python."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table

from shared.copying import Sent, copy_columns
from shared.db import Session, driver

_FEW_ROWS = 100
"""Up to so many rows go in one statement: a temporary table takes three, and each is a wait on the way to the view."""


class Addition:
    """An upsert that adds to what is there; the database takes apart what was packed to be sent.

    PostgreSQL gets the rows by binary COPY into a temporary table. Measured for five integers a row: 0.6 us of
    the client's time and 0.9 of the clock's, against 2.4 and 3.5 for `unnest` of five arrays, whose every element
    asyncpg looks at twice. The client is what a consumer waits for.
    """

    def __init__(self, table: Table, sent: Sequence[Sent], values: Mapping[str, tuple[str, int]]) -> None:
        """`sent` are the values of a row as they come; `values` say how each column is made of which of them."""
        self._table, self._sent, self._values = table, sent, values

    async def run(self, session: Session, columns: Sequence[Sequence[int]], *, into: str | None = None) -> None:
        """Add rows, given as columns, to the table or to another `into` of its shape. No two may have the same key."""
        raw = await driver(session)
        target = into or self._table.name
        if session.dialect.name == "postgresql":
            names = [f"b.v{i}" for i in range(len(self._sent))]
            if len(columns[0]) <= _FEW_ROWS:
                source = f"unnest({', '.join(f'${i}::{s.kind}[]' for i, s in enumerate(self._sent, 1))})"
                few = f"SELECT {{}} FROM {source} AS b({', '.join(f'v{i}' for i in range(len(self._sent)))}) WHERE true"
                await raw.execute(self._statement(target, names, few), *columns)
                return
            await self._copy(raw, columns)
            await raw.execute(self._statement(target, names, "SELECT {} FROM " + f"{self._incoming} AS b WHERE true"))
        else:
            numbered = [f"?{i}" for i in range(1, len(self._sent) + 1)]
            statement = self._statement(target, numbered, "VALUES ({})")
            cursor = await raw.executemany(statement, zip(*columns, strict=True))
            await cursor.close()

    @property
    def _incoming(self) -> str:
        return f"incoming_{self._table.name}"

    async def _copy(self, raw: Any, columns: Sequence[Sequence[int]]) -> None:
        kinds = ", ".join(f"v{i} {s.kind}" for i, s in enumerate(self._sent))
        await raw.execute(f"CREATE TEMPORARY TABLE IF NOT EXISTS {self._incoming} ({kinds}) ON COMMIT DELETE ROWS")
        await copy_columns(raw, self._incoming, self._sent, columns)

    def _statement(self, target: str, sent: Sequence[str], source: str) -> str:
        values = source.format(", ".join(value.format(sent[i]) for value, i in self._values.values()))
        keys = [c.name for c in self._table.primary_key.columns]
        adds = ", ".join(f"{c} = {target}.{c} + excluded.{c}" for c in self._values if c not in keys)
        into = f"INSERT INTO {target} ({', '.join(self._values)})"
        return f"{into} {values} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {adds}"
