"""Writes what a batch of events changes: the way from the bus into the tables that the views read."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import MetaData, Table, select, text

from reporting.additions import Addition, Tables
from reporting.codec import CELL_BITS, DAY_BITS, DAY_MASK, STAGES, TIMING_BITS, WHOLE_DISTRICT
from reporting.models import (
    CONTACT_TIMES,
    FUNNEL,
    enrollment,
    enrollment_changes,
    enrollment_versions,
    places,
    students_referred,
)
from reporting.projections.changes import Place
from reporting.projections.folding import MOST_EVENTS, PROJECTIONS, STAGE_BITS, Folded, fold
from reporting.surveys import store_surveys
from reporting.training import store_training
from shared.bulk import bulk_upsert
from shared.copying import BIGINT, INTEGER
from shared.db import Session, make_durable
from shared.events.base import Event

_IN_PLACE: Tables = {}
_STAGES_PER_WORD = 3
_WORDS = len(STAGES) // _STAGES_PER_WORD
_WORD_BITS = STAGE_BITS * _STAGES_PER_WORD
_WORD_MASK = (1 << _WORD_BITS) - 1
_ABOVE_ZERO = sum(MOST_EVENTS << STAGE_BITS * index for index in range(len(STAGES)))


def _stage_in(index: int) -> tuple[str, int]:
    shift = STAGE_BITS * (index % _STAGES_PER_WORD)
    value = f"({{}} >> {shift} & {(1 << STAGE_BITS) - 1}) - {MOST_EVENTS}"
    return value, 2 + index // _STAGES_PER_WORD


_place_and_slot = {
    "place_no": ("{}", 0),
    "month": (f"{{}} >> {CELL_BITS}", 1),
    "cell": (f"{{}} & {(1 << CELL_BITS) - 1}", 1),
}
_funnel_addition = Addition(
    FUNNEL.cells,
    (INTEGER, BIGINT, *[BIGINT] * _WORDS),
    _place_and_slot | {stage.value: _stage_in(i) for i, stage in enumerate(STAGES)},
    pending=FUNNEL.pending,
)
_timings_addition = Addition(
    CONTACT_TIMES.cells,
    (INTEGER, BIGINT, INTEGER),
    {
        "place_no": ("{}", 0),
        "month": (f"{{}} >> {CELL_BITS + TIMING_BITS}", 1),
        "cell": (f"{{}} >> {TIMING_BITS} & {(1 << CELL_BITS) - 1}", 1),
        "timing": (f"{{}} & {(1 << TIMING_BITS) - 1}", 1),
        "n": ("{}", 2),
    },
    pending=CONTACT_TIMES.pending,
)
_students_addition = Addition(
    students_referred,
    (INTEGER, BIGINT, BIGINT, BIGINT),
    {
        "place_no": ("{}", 0),
        "month": (f"{{}} >> {CELL_BITS + DAY_BITS}", 1),
        "day": (f"{{}} >> {CELL_BITS} & {DAY_MASK}", 1),
        "cell": (f"{{}} & {(1 << CELL_BITS) - 1}", 1),
        "student": ("{}", 2),
        "n": (_stage_in(1)[0], 3),
        "still_open": (_stage_in(0)[0], 3),
    },
)
_OF_STUDENTS_ABOVE_ZERO = MOST_EVENTS << STAGE_BITS | MOST_EVENTS


class ViewSink:
    """The consumer's sink: folds a batch, then adds it to the tables, in the order of keys, so that none deadlocks."""

    known: Mapping[str, type[Event]] = {event.name: event for event in PROJECTIONS}

    def __init__(self, into: Tables = _IN_PLACE) -> None:
        self._into = into
        self._numbers: dict[Place, int] = {}

    def prepare(self, events: Iterable[Event]) -> Folded:
        """The sum of these events. Raises: Unstorable for a poisoned one."""
        return fold(events)

    async def store(self, session: Session, prepared: Folded) -> None:
        """Add the sum to the tables, within the consumer's transaction."""
        of_districts = {(district_id, WHOLE_DISTRICT) for district_id in prepared.districts()}
        numbers = await self._numbered(session, prepared.places() | of_districts)
        if prepared.tallies:
            await _funnel_addition.run(session, _funnel_columns(prepared, numbers), self._into)
        if prepared.timings:
            await _timings_addition.run(session, _timing_columns(prepared, numbers), self._into)
        if prepared.sightings:
            await _students_addition.run(session, _student_columns(prepared, numbers), self._into)
        if prepared.versions:
            await self._register(session, prepared, numbers)
        await store_training(session, prepared.training, numbers, self._target)
        await store_surveys(session, prepared.surveys, numbers, self._target)

    async def _numbered(self, session: Session, wanted: set[Place]) -> Mapping[Place, int]:
        """The number of each school; new ones get one.

        Only numbers found by a look-up before anything was inserted are remembered: they were committed. A number given
        here would outlive the transaction in memory even if that is rolled back; and a number must not be taken back
        by a crash of the server after another batch has found it, so a transaction that gives one waits for the disk.
        """
        if wanted <= self._numbers.keys():
            return self._numbers
        districts = {district_id for district_id, _ in wanted - self._numbers.keys()}
        self._numbers.update(await _numbers_of(session, districts))
        new = wanted - self._numbers.keys()
        if not new:
            return self._numbers
        new |= {(district_id, WHOLE_DISTRICT) for district_id, _ in new}
        await make_durable(session)
        await session.execute(_GIVE_NUMBERS, [{"district_id": d, "school_id": s} for d, s in sorted(new)])
        return self._numbers | await _numbers_of(session, {district_id for district_id, _ in new})

    async def _register(self, session: Session, prepared: Folded, numbers: Mapping[Place, int]) -> None:
        versions = sorted((numbers[place], year, version) for (place, year), version in prepared.versions.items())
        columns = ("place_no", "school_year", "version")
        await self._replace(session, enrollment_versions, columns, versions)
        students = sorted(
            (numbers[place], year, cell, version, n) for (place, year, cell), (version, n) in prepared.students.items()
        )
        columns_of_students = ("place_no", "school_year", "cell", "version", "students")
        await self._replace(session, enrollment, columns_of_students, students)
        changes = sorted(
            (numbers[district_id, WHOLE_DISTRICT], year, n, 0) for (district_id, year), n in prepared.counted.items()
        )
        changed = ("place_no", "school_year", "changed", "rolled")
        # Last, because whoever rolls the enrolment holds these rows and waits for nobody.
        await bulk_upsert(session, self._target(enrollment_changes), changed, changes, on_conflict="add")

    async def _replace(
        self, session: Session, table: Table, columns: Sequence[str], rows: Sequence[Sequence[int]]
    ) -> None:
        await bulk_upsert(session, self._target(table), columns, rows, on_conflict="replace", newer_by="version")

    def _target(self, table: Table) -> Table:
        name = self._into.get(table.name)
        return table if name is None else table.to_metadata(MetaData(), name=name)


_GIVE_NUMBERS = text(
    "INSERT INTO places (district_id, school_id) VALUES (:district_id, :school_id)"
    " ON CONFLICT (district_id, school_id) DO NOTHING"
)
_MOST_DISTRICTS = 500


async def _numbers_of(session: Session, districts: set[str]) -> dict[Place, int]:
    found: dict[Place, int] = {}
    in_order = sorted(districts)
    for start in range(0, len(in_order), _MOST_DISTRICTS):
        some = in_order[start : start + _MOST_DISTRICTS]
        rows = await session.execute(
            select(places.c.district_id, places.c.school_id, places.c.place_no).where(places.c.district_id.in_(some))
        )
        found.update({(district_id, school_id): number for district_id, school_id, number in rows})
    return found


def _funnel_columns(folded: Folded, numbers: Mapping[Place, int]) -> list[list[int]]:
    place_nos: list[int] = []
    slots: list[int] = []
    words: list[list[int]] = [[] for _ in range(_WORDS)]
    first, second, third = words
    for number, tallies in sorted((numbers[place], tallies) for place, tallies in folded.tallies.items()):
        in_order = sorted(tallies)
        place_nos += [number] * len(in_order)
        slots += in_order
        for slot in in_order:
            counts = tallies[slot] + _ABOVE_ZERO
            first.append(counts & _WORD_MASK)
            second.append(counts >> _WORD_BITS & _WORD_MASK)
            third.append(counts >> 2 * _WORD_BITS)
    return [place_nos, slots, *words]


def _timing_columns(folded: Folded, numbers: Mapping[Place, int]) -> list[list[int]]:
    rows = sorted((numbers[place], slot, n) for place, timings in folded.timings.items() for slot, n in timings.items())
    return [list(column) for column in zip(*rows, strict=True)]


def _student_columns(folded: Folded, numbers: Mapping[Place, int]) -> list[list[int]]:
    rows = sorted(
        (numbers[place], slot, student, counts + _OF_STUDENTS_ABOVE_ZERO)
        for place, sightings in folded.sightings.items()
        for (slot, student), counts in sightings.items()
    )
    return [list(column) for column in zip(*rows, strict=True)]
