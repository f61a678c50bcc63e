"""The tables that an import may change, in the scratch database as they were (`was_…`) and shall be (`now_…`)."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, Table

from referral_api.students import models

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """One table and its two states. Rows of a table that `keeps` are made inactive, never removed."""

    table: Table
    keeps: bool = False

    @property
    def name(self) -> str:
        """The table's name, in the service's database."""
        return self.table.name

    @property
    def keys(self) -> list[str]:
        """What tells its rows apart within a district."""
        return [c.name for c in self.table.primary_key.columns if c.name != "district_id"]

    @property
    def columns(self) -> list[str]:
        """All columns but the district, keys first."""
        return [*self.keys, *(c.name for c in self.table.columns if not c.primary_key)]

    def create(self, scratch: sqlite3.Connection) -> None:
        """Make its two empty states."""
        columns, keys = ", ".join(self.columns), ", ".join(self.keys)
        for state in ("was", "now"):
            scratch.execute(f"CREATE TABLE {state}_{self.name} ({columns}, PRIMARY KEY ({keys})) WITHOUT ROWID")

    def keep_as_was(self, scratch: sqlite3.Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Note rows as they are stored."""
        places = ", ".join("?" * len(self.columns))
        if self._places_of(Date):
            rows = [[v.isoformat() if isinstance(v, date) else v for v in row] for row in rows]
        else:
            rows = [tuple(row) for row in rows]  # a record of asyncpg is no tuple for sqlite3
        scratch.executemany(f"INSERT INTO was_{self.name} VALUES ({places})", rows)

    def added(self, scratch: sqlite3.Connection, size: int) -> Iterator[list[Row]]:
        """The rows that are new, as the service's database takes them, in the order of their keys."""
        return self._decoded(scratch, f"w.{self.keys[0]} IS NULL", "LEFT", size)

    def changed(self, scratch: sqlite3.Connection, size: int) -> Iterator[list[Row]]:
        """The rows that are there and differ."""
        differs = " OR ".join(f"n.{c} IS NOT w.{c}" for c in self.columns[len(self.keys) :])
        return self._decoded(scratch, differs or "false", "", size)

    def _decoded(self, scratch: sqlite3.Connection, rows: str, join: str, size: int) -> Iterator[list[Row]]:
        found = scratch.execute(
            f"SELECT n.* FROM now_{self.name} n {join} JOIN was_{self.name} w USING ({', '.join(self.keys)})"
            f" WHERE {rows}"
        )
        decode = self._decoder()
        while batch := found.fetchmany(size):
            yield [decode(r) for r in batch] if decode else batch

    def removed(self, scratch: sqlite3.Connection, size: int) -> Iterator[list[Row]]:
        """The keys of rows that shall be no more."""
        if self.keeps:
            return
        keys = ", ".join(self.keys)
        found = scratch.execute(
            f"SELECT {keys} FROM was_{self.name} w LEFT JOIN now_{self.name} n USING ({keys})"
            f" WHERE n.{self.keys[0]} IS NULL"
        )
        while rows := found.fetchmany(size):
            yield rows

    def _places_of(self, kind: type[Date | Boolean]) -> frozenset[int]:
        return frozenset(i for i, c in enumerate(self.columns) if isinstance(self.table.c[c].type, kind))

    def _decoder(self) -> Callable[[Row], Row] | None:
        """SQLite has neither booleans nor dates."""
        booleans, dates = self._places_of(Boolean), self._places_of(Date)
        if not booleans | dates:
            return None

        def decode(row: Row) -> Row:
            values = list(row)
            for place in booleans:
                values[place] = None if values[place] is None else bool(values[place])
            for place in dates:
                values[place] = date.fromisoformat(values[place]) if values[place] else None
            return tuple(values)

        return decode


ORGS = Relation(models.orgs, keeps=True)
STUDENTS = Relation(models.students, keeps=True)
OTHER_USERS = Relation(models.other_users)
ROLES = Relation(models.roster_roles)
STUDENT_SCHOOLS = Relation(models.student_schools)
ACADEMIC_SESSIONS = Relation(models.academic_sessions)
ENROLLMENTS = Relation(models.enrollments)
REVISIONS = Relation(models.roster_revisions)
RELATIONS = (ORGS, STUDENTS, OTHER_USERS, ROLES, STUDENT_SCHOOLS, ACADEMIC_SESSIONS, ENROLLMENTS, REVISIONS)
