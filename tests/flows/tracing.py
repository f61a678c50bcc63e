"""A thief who holds everything that a survey has left, and tries to put answers back to those who gave them.

He watched who answered in which order, and has every access code, the key ring, every row in its physical order, and
the raw files. He is told of a row whose answers it holds; what he looks for is a way that leads there from what he
knew.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import StatisticsError, correlation
from typing import Any

from sqlalchemy import ColumnElement, Table, literal_column, select, text

from shared.crypto import KeyRing
from shared.db import EVERY_DISTRICT, Database, Session

CODES = "access_codes"
PLACE, OFFSET = "(place)", "(offset)"
"""Where a row stands in its table, and where the first long value of it lies in the raw files."""
SAMPLES = frozenset({"pg_statistic, raw", "pg_toast_2619, raw"})
"""Where PostgreSQL keeps values of every column that it has come across: by number, as its manual tells."""
_LONG = 28

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Respondent:
    """Somebody whom the thief watched."""

    number: int
    """How many had answered before her."""
    unit: tuple[str, str]
    code: str
    digest: bytes
    address: str
    marks: tuple[bytes, ...]
    """Her answers in every way they might be written, and her own words: nobody else's."""


@dataclass(frozen=True)
class Haul:
    """Everything there is."""

    tables: Mapping[str, Sequence[Row]]
    """In their physical order."""
    files: Mapping[str, bytes]
    said: Mapping[str, bytes]
    """Logs, events, and what the API tells."""

    @cached_property
    def everything(self) -> Mapping[str, bytes]:
        """All that can be searched, by its name."""
        rows = {
            name: b"\n".join(_written(value) for row in rows for value in row.values())
            for name, rows in self.tables.items()
        }
        return {**self.files, **self.said, **rows}

    def holding(self, secret: bytes) -> set[str]:
        """Where it stands."""
        return {name for name, content in self.everything.items() if secret in content}


@dataclass(frozen=True, slots=True)
class Way:
    """A way from what the thief knew to rows that hold answers, and how far it led him."""

    table: str
    """Where the answers are."""
    name: str
    share: float
    """Of those whose answers are there, how many he was right about."""
    follows: float
    """How closely the rows follow the order in which people answered: 0 not at all, 1 exactly."""


async def all_there_is(database: Database, tables: Sequence[Table], folder: Path, said: Mapping[str, bytes]) -> Haul:
    """Take it all."""
    files = _files(folder)
    async with database.write(EVERY_DISTRICT, wakes_relay=False) as session:
        if database.dialect == "postgresql":
            files |= await _raw_relations(session)
        rows = {table.name: await _rows(session, table, b"".join(files.values())) for table in tables}
        assert await _names(session) - rows.keys() == {"alembic_version"}
    return Haul(rows, files, {**said, "events": _events(folder / "bus.db")})


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


async def _names(session: Session) -> set[str]:
    catalogue = "sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    if session.dialect.name == "postgresql":
        catalogue = "(SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()) AS there"
    return set((await session.execute(text(f"SELECT name FROM {catalogue}"))).scalars())


async def _rows(session: Session, table: Table, raw: bytes) -> list[Row]:
    unseen = {"ctid_": "ctid::text", "xmin_": "xmin::text::bigint"}
    if session.dialect.name == "sqlite":
        unseen = {} if table.dialect_options["sqlite"]["with_rowid"] is False else {"rowid_": "rowid"}
    wanted: list[ColumnElement[Any]] = [literal_column(told).label(name) for name, told in unseen.items()]
    in_place = [text("ctid")] if session.dialect.name == "postgresql" else []
    found = (await session.execute(select(*wanted, *table.c).order_by(*in_place))).mappings().all()
    return [{PLACE: place, OFFSET: _offset(row, raw), **row} for place, row in enumerate(found)]


def _offset(row: Mapping[Any, Any], raw: bytes) -> int:
    long = (value for value in row.values() if isinstance(value, bytes) and len(value) >= _LONG)
    return next((raw.find(value) for value in long), -1)


async def _raw_relations(session: Session) -> dict[str, bytes]:
    """PostgreSQL's files of tables, indexes, long values and samples, with what deleted rows have left in them."""
    await session.execute(text("CHECKPOINT"))
    named = text(
        "SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class WHERE relkind IN ('r', 'i', 't')"
        " AND (relnamespace = current_schema()::regnamespace OR oid IN (SELECT reltoastrelid FROM pg_class"
        " WHERE relnamespace = current_schema()::regnamespace)"
        " OR relname IN ('pg_statistic', 'pg_toast_2619'))"
    )
    return {f"{name}, raw": bytes(content) for name, content in await session.execute(named)}


def _events(bus: Path) -> bytes:
    with closing(sqlite3.connect(bus)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        rows = [row for (name,) in names for row in connection.execute(f"SELECT * FROM {name}")]
    return b"\n".join(_written(value) for row in rows for value in row)


def unsealed(haul: Haul, ring: KeyRing, tables: Sequence[Table]) -> Haul:
    """The same with everything opened that the ring opens."""
    opened = dict(haul.tables)
    for table in tables:
        keys = [column.name for column in table.primary_key.columns]
        for column in table.columns:
            if column.info.get("sealed"):
                place = {"table": table.name, "column": column.name}
                opened[table.name] = [
                    row
                    if row[column.name] is None
                    else {**row, column.name: ring.open(row[column.name], key=_key(row, keys), **place)}
                    for row in opened[table.name]
                ]
    return Haul(opened, haul.files, haul.said)


def _key(row: Row, keys: Sequence[str]) -> str:
    return "/".join(str(row[key]) for key in keys)


def ways(haul: Haul, respondents: Sequence[Respondent]) -> list[Way]:
    """Every way he tries: each order of rows against each order that he knows, and each value that two rows share."""
    by_digest = {respondent.digest: respondent for respondent in respondents}
    codes = [(row, by_digest[row["digest"]]) for row in haul.tables[CODES] if row["digest"] in by_digest]
    known = {"watched": sorted(respondents, key=lambda respondent: respondent.number)}
    known |= {f"codes by {name}": [who for _, who in rows] for name, rows in _orders(codes)}
    tried: list[Way] = []
    for table, rows in haul.tables.items():
        telling = [(row, who) for row in rows if (who := _whose(row, respondents)) is not None]
        for order, ordered in _orders(telling):
            revealed = [who for _, who in ordered]
            follows = _follows(revealed)
            tried += [
                Way(table, f"by {order}, as {name}", _share(revealed, lead), follows) for name, lead in known.items()
            ]
        tried += [Way(table, name, share, 0.0) for name, share in _shared_values(codes, telling)]
    return tried


Telling = Sequence[tuple[Row, Respondent]]


def _whose(row: Row, respondents: Sequence[Respondent]) -> Respondent | None:
    content = b"\n".join(_written(value) for value in row.values())
    return next((who for who in respondents if any(mark in content for mark in who.marks)), None)


def _orders(rows: Telling) -> Iterator[tuple[str, Telling]]:
    """The rows in every order that a column, or the length of a value, puts them into; and backwards."""
    measures: Mapping[str, Callable[[Any], Any]] = {"": _comparable, "length of ": lambda value: len(_written(value))}
    for column in rows[0][0] if rows else ():
        for measure, sorts in measures.items():
            ordered = sorted(rows, key=lambda row: sorts(row[0][column]))
            yield f"{measure}{column}", ordered
            yield f"{measure}{column} backwards", ordered[::-1]


def _share(revealed: Sequence[Respondent], lead: Sequence[Respondent]) -> float:
    """How often he is right who takes the first of a unit for the first, the second for the second, and so on."""
    told = Counter(who.unit for who in revealed)
    right = 0
    for unit in told:
        first, second = ([who for who in side if who.unit == unit] for side in (revealed, lead))
        right += sum(one is other for one, other in zip(first, second, strict=False))
    return right / len(revealed)


def _follows(revealed: Sequence[Respondent]) -> float:
    try:
        return abs(correlation(range(len(revealed)), [who.number for who in revealed]))
    except StatisticsError:
        return 0.0


def _shared_values(codes: Telling, telling: Telling) -> Iterator[tuple[str, float]]:
    """How often a value that one code's row and one telling row share leads from the one to the other."""
    if not codes or not telling:
        return
    for column in telling[0][0]:
        theirs = _unique(telling, column)
        for of_code in codes[0][0]:
            mine = _unique(codes, of_code)
            right = sum(who is theirs.get(value) for value, who in mine.items())
            yield f"{column} = {CODES}.{of_code}", right / len(telling)


def _unique(rows: Telling, column: str) -> dict[bytes, Respondent]:
    """Whose row it is that has a value, of those values that one row alone has."""
    often = Counter(_written(row[column]) for row, _ in rows)
    return {_written(row[column]): who for row, who in rows if often[_written(row[column])] == 1}


def _comparable(value: object) -> tuple[bool, Any]:
    if isinstance(value, int | float):
        return False, value
    return True, _written(value)


def _written(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
