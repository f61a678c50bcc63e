"""The tables that an import may change, in the scratch database as they were (`was_…`) and shall be (`now_…`)."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, Table

from referral_api.students import models

Row = tuple[Any, ...]
_BOOLEANS = {0: False, 1: True}


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

    def decoded(self, rows: list[Row]) -> list[Row]:
        """Rows of the scratch database, as the service's takes them: SQLite has neither booleans nor dates."""
        booleans, dates = self._places_of(Boolean), self._places_of(Date)
        if not rows or not booleans | dates:
            return rows
        columns = list(zip(*rows, strict=True))
        for place in booleans:
            columns[place] = tuple(map(_BOOLEANS.get, columns[place]))
        for place in dates:
            columns[place] = tuple(map(_day, columns[place]))
        return list(zip(*columns, strict=True))

    def encoded(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Rows as they are stored, as the scratch database takes them: dates as text."""
        if not self._places_of(Date):
            return rows
        return [tuple(v.isoformat() if isinstance(v, date) else v for v in row) for row in rows]

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
        while batch := found.fetchmany(size):
            yield self.decoded(batch)

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


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


ORGS = Relation(models.orgs, keeps=True)
STUDENTS = Relation(models.students, keeps=True)
OTHER_USERS = Relation(models.other_users)
ROLES = Relation(models.roster_roles)
STUDENT_SCHOOLS = Relation(models.student_schools)
ACADEMIC_SESSIONS = Relation(models.academic_sessions)
ENROLLMENTS = Relation(models.enrollments)
REVISIONS = Relation(models.roster_revisions)
RELATIONS = (ORGS, STUDENTS, OTHER_USERS, ROLES, STUDENT_SCHOOLS, ACADEMIC_SESSIONS, ENROLLMENTS, REVISIONS)
