"""Moves what was added to the cells into their margins, a moment later and beside the way of an event.

Exact at any moment, however far it has come: a row is pending or in the margins, and moves within one transaction. See
docs/decisions/0010-margins-are-kept-beside-the-cells.md.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import text

from reporting.additions import Tables
from reporting.codec import OF_REFERRALS, SCHOOL_YEAR_OF_MONTH, WHOLE_DISTRICT
from reporting.margins import LINES, MARGINS, WHOLE, mask_of
from reporting.models import (
    CONTACT_TIMES,
    ENROLLMENT_KEPT,
    FUNNEL,
    Fact,
    enrollment,
    enrollment_changes,
    enrollment_margins,
    enrollment_versions,
)
from shared.backoff import Backoff
from shared.db import EVERY_DISTRICT, Database, Session, driver
from shared.errors import DatabaseUnavailable
from shared.leases import Leadership
from shared.lookout import Lookout

log = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(seconds=1)
FACTS = (FUNNEL, CONTACT_TIMES)
"""The facts whose margins are kept up to date here."""

MOST_ROWS = 50_000
"""Rows of one fact that are rolled in one transaction: many rows of a backlog are few of the margins."""
MOST_ROWS_OF_SQLITE = 2_000
"""The same where the consumer has to wait for it."""

QUIET = timedelta(seconds=5)
"""The enrolment's margins are made once no count has come for so long: a roster brings one for each school, and made
between them the margins would be out of date with the next. Until then the cells answer."""

_IN_PLACE: Tables = {}
_COUNT = "SELECT count(*) FROM taken"


class Lacking(NamedTuple):
    """A district's school year whose margins lack some counts of the enrolment, and how many there have been."""

    district_no: int
    school_year: int
    changed: int


class Roller:
    """Keeps the margins up to date until cancelled. Safe in any number of processes: one leads."""

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells seconds."""
        self._database = database
        self._clock = clock
        self._lacking: dict[Lacking, float] = {}
        """Since when; with a further count it is another one."""

    async def run(self) -> None:
        """Roll, wait, roll again; a database that is away is tried again."""
        backoff = Backoff()
        while True:
            try:
                await self._lead(backoff)
                await asyncio.sleep(LOOK_AGAIN.total_seconds())
            except DatabaseUnavailable:
                log.warning("roller_waits", because="DatabaseUnavailable")
                await backoff.wait()

    async def _lead(self, backoff: Backoff) -> None:
        leadership, lookout = Leadership(self._database, "roller"), Lookout(self._database)
        async with leadership.try_to_lead() as leads:
            while leads:
                began = time.monotonic()
                moved = await (self.roll_once() if self._lacking else lookout.look(self.roll_once, otherwise=0))
                backoff.reset()
                # With a backlog it rests as long as it has worked: half of the time is the consumer's alone.
                await asyncio.sleep(time.monotonic() - began if moved else LOOK_AGAIN.total_seconds())
                leads = await leadership.renew()

    async def roll_once(self) -> int:
        """Roll some, in small transactions; how many rows, 0 when there is nothing to do yet.

        Raises: DatabaseUnavailable.
        """
        async with self._database.read(EVERY_DISTRICT) as session:
            # Asked first: on SQLite a transaction that writes keeps every other one out.
            anything = (await session.execute(text(_ANYTHING))).scalar_one()
            quiet = self._quiet([Lacking(*row) for row in await session.execute(text(_lacking(_IN_PLACE)))])
        moved = 0
        if anything:
            async with self._writes() as session:
                moved += await _roll_facts(session, _IN_PLACE)
        if quiet is not None:
            async with self._writes() as session:
                moved += await _roll_enrollment(session, _IN_PLACE, quiet)
        return moved

    def _quiet(self, lacking: Iterable[Lacking]) -> Lacking | None:
        """One of them that has been the same for a while."""
        now, known = self._clock(), self._lacking
        self._lacking = {one: known.get(one, now) for one in lacking}
        return next((one for one, since in self._lacking.items() if now - since >= QUIET.total_seconds()), None)

    def _writes(self) -> AbstractAsyncContextManager[Session]:
        return self._database.write(EVERY_DISTRICT, wakes_relay=False, durable=False)


_ANYTHING = "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {fact.pending.name})" for fact in FACTS)


def _lacking(into: Tables) -> str:
    changes = into.get(enrollment_changes.name, enrollment_changes.name)
    return (
        f"SELECT place_no, school_year, changed FROM {changes} WHERE changed <> rolled ORDER BY place_no, school_year"
    )


async def roll_some(session: Session, into: Tables = _IN_PLACE, *, most_rows: int | None = None) -> int:
    """Roll some of everything, quiet or not; how many rows. None are left when it says 0."""
    moved = await _roll_facts(session, into, most_rows)
    lacking = (await session.execute(text(_lacking(into)))).first()
    return moved if lacking is None else moved + await _roll_enrollment(session, into, Lacking(*lacking))


async def _roll_facts(session: Session, into: Tables, most_rows: int | None = None) -> int:
    most_rows = most_rows or (MOST_ROWS_OF_SQLITE if session.dialect.name == "sqlite" else MOST_ROWS)
    moved = 0
    for fact in FACTS:
        moved += await _roll(session, fact, into, most_rows)
    return moved


async def _roll(session: Session, fact: Fact, into: Tables, most_rows: int) -> int:
    """Move some pending rows of one fact into its margins; how many."""
    raw = await driver(session)
    sums = _sums(fact, into)
    pending = into.get(fact.pending.name, fact.pending.name)
    if session.dialect.name == "postgresql":
        some = (
            f"DELETE FROM {pending} WHERE ctid = ANY (ARRAY(SELECT ctid FROM {pending} LIMIT {most_rows})) RETURNING *"
        )
        return int(await raw.fetchval(f"WITH taken AS ({some}), {sums.parts}, rolled AS ({sums.added}) {_COUNT}"))
    some = f"SELECT {{}} FROM {pending} ORDER BY rowid LIMIT {most_rows}"
    await raw.execute(f"WITH taken AS ({some.format('*')}), {sums.parts} {sums.added}")
    cursor = await raw.execute(f"DELETE FROM {pending} WHERE rowid IN ({some.format('rowid')})")
    return int(cursor.rowcount)


class _Sums(NamedTuple):
    """The sums of the rows that a part `taken` gives: the parts of a statement before it, and the statement."""

    parts: str
    added: str


def _sums(fact: Fact, into: Tables) -> _Sums:
    """From rows to lines, from lines to margins by month, from these to school years: each step has fewer to add up."""
    apart = "".join(f", {name}" for name in fact.apart)
    counts = ", ".join(fact.counts)
    summed = ", ".join(f"CAST(SUM({name}) AS INTEGER) AS {name}" for name in fact.counts)
    by_month = ", ".join(str(m.number) for m in MARGINS if m.fields <= fact.kept.by_month)
    parts = f"""
        lines (line, mask) AS (VALUES {_values((i, mask_of(fields)) for i, fields in enumerate(LINES))}),
        kept (margin, margin_mask, line, fields) AS (VALUES {_values(MARGINS)}),
        by_line AS (
            SELECT d.place_no, line, month, cell & mask AS cell{apart}, {summed}
            FROM taken JOIN places s ON s.place_no = taken.place_no
            JOIN places d ON d.district_id = s.district_id AND d.school_id = '{WHOLE_DISTRICT}' CROSS JOIN lines
            GROUP BY d.place_no, line, month, cell & mask{apart}
        ),
        by_month AS (
            SELECT place_no, margin, month, cell & margin_mask AS cell{apart}, {summed}
            FROM by_line JOIN kept ON kept.line = by_line.line
            GROUP BY place_no, margin, month, cell & margin_mask{apart}
            UNION ALL
            SELECT place_no, {WHOLE}, month, 0{apart}, {summed} FROM taken GROUP BY place_no, month{apart}
        ),
        by_period AS (
            SELECT place_no, margin, month AS period, cell{apart}, {counts} FROM by_month
            WHERE margin IN ({by_month})
            UNION ALL
            SELECT place_no, margin, -({SCHOOL_YEAR_OF_MONTH}), cell{apart}, {summed} FROM by_month
            GROUP BY place_no, margin, {SCHOOL_YEAR_OF_MONTH}, cell{apart}
            UNION ALL
            SELECT place_no, margin, -({SCHOOL_YEAR_OF_MONTH}), cell & margin_mask{apart}, {summed}
            FROM taken JOIN kept ON fields BETWEEN 1 AND {fact.kept.of_schools}
            GROUP BY place_no, margin, {SCHOOL_YEAR_OF_MONTH}, cell & margin_mask{apart}
        )"""
    margins = into.get(fact.margins.name, fact.margins.name)
    adds = ", ".join(f"{name} = {margins}.{name} + excluded.{name}" for name in fact.counts)
    identity = f"place_no, margin, period, cell{apart}"
    columns = f"{identity}, {counts}"
    # In order, for what is asked for together shall lie together: see "What is read together lies together" in
    # docs/decisions/0010-margins-are-kept-beside-the-cells.md.
    added = f"""
        INSERT INTO {margins} ({columns}) SELECT {columns} FROM by_period WHERE true ORDER BY {identity}
        ON CONFLICT ({identity}) DO UPDATE SET {adds}"""
    return _Sums(parts, added)


def _values(rows: Iterable[Sequence[int]]) -> str:
    return ", ".join(f"({', '.join(map(str, row))})" for row in rows)


async def _roll_enrollment(session: Session, into: Tables, lacking: Lacking) -> int:
    """Make the margins of one district and school year anew; how many, 0 where another has done it meanwhile.

    Enrolment is no sum of events but what the latest count says, so its margins cannot be added to. Known in them are
    the counts that there were before the cells are read: one that comes in between is read, perhaps, and lacking still.
    Nothing is held that a consumer needs until the very end; rebuilds and other rollers wait for the margins.
    """
    changes, margins = (into.get(table.name, table.name) for table in (enrollment_changes, enrollment_margins))
    if session.dialect.name == "postgresql":
        await session.execute(text(f"LOCK TABLE {margins} IN SHARE ROW EXCLUSIVE MODE"))
    asked = {"district_no": lacking.district_no, "school_year": lacking.school_year}
    of_this = "place_no = :district_no AND school_year = :school_year"
    known = text(f"SELECT changed FROM {changes} WHERE {of_this} AND changed <> rolled")
    changed = (await session.execute(known, asked)).scalar()
    if changed is None:
        return 0
    for statement in _enrollment_statements(into):
        await session.execute(text(statement), asked)
    await session.execute(text(f"UPDATE {changes} SET rolled = :changed WHERE {of_this}"), asked | {"changed": changed})
    return 1


def _enrollment_statements(into: Tables) -> Sequence[str]:
    cells, versions, margins = (
        into.get(table.name, table.name) for table in (enrollment, enrollment_versions, enrollment_margins)
    )
    # Among values to select a parameter has no type of its own.
    district_no, school_year = "CAST(:district_no AS INTEGER)", "CAST(:school_year AS INTEGER)"
    of_students = [m for m in MARGINS if not m.mask & mask_of(OF_REFERRALS)]
    own = (
        "SELECT o.place_no FROM places d JOIN places o ON o.district_id = d.district_id WHERE d.place_no = :district_no"
    )
    return (
        f"DELETE FROM {margins} WHERE school_year = :school_year AND place_no IN ({own})",
        f"""
        INSERT INTO {margins} (place_no, margin, school_year, cell, students)
        WITH taken AS (
            SELECT e.place_no, e.cell, e.students FROM {cells} e JOIN {versions} v
            ON v.place_no = e.place_no AND v.school_year = e.school_year AND v.version = e.version
            WHERE e.school_year = :school_year AND e.students > 0 AND e.place_no IN ({own})
        ),
        by_cell AS (SELECT cell, SUM(students) AS students FROM taken GROUP BY cell),
        kept (margin, margin_mask, line, fields) AS (VALUES {_values(of_students)})
        SELECT {district_no}, margin, {school_year}, cell & margin_mask, SUM(students) FROM by_cell CROSS JOIN kept
        GROUP BY margin, cell & margin_mask
        UNION ALL
        SELECT place_no, margin, {school_year}, cell & margin_mask, SUM(students)
        FROM taken JOIN kept ON fields <= {ENROLLMENT_KEPT.of_schools}
        GROUP BY place_no, margin, cell & margin_mask
        """,
    )
