"""What may be shown of a group's answers: decided once, when they are counted (decision 0021)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from climate_survey_api.administrations.rules import Unit
from climate_survey_api.results.measures.layout import RESPONDENTS, Block, Layout
from climate_survey_api.results.measures.patterns import Cell, Counts, Table, complemented, table_of, too_small
from climate_survey_api.results.measures.sheets import Sheet, SheetRow, ValueRow
from climate_survey_api.results.measures.sums import answered, answered_item, item_sums, scale_sums
from climate_survey_api.results.measures.tally import Counters, Packed, UnitTally, unpacked
from shared.events.surveys import RespondentGroup, SurveyFacet

Complement = Callable[[Table, Iterable[Cell], int], set[Cell]]
_Hidden = frozenset[tuple[str, str]]
"""Hidden cells of a facet's table: a row, which is a school, `_POOL` or `_DISTRICT`, and a value."""

_DISTRICT, _POOL = "\0district", "\0pool"  # no school's id has such a character


@dataclass(frozen=True, slots=True)
class _Standing:
    """Which schools are shown in a block, and which are told of together with others alone."""

    shown: tuple[str, ...] = ()
    """Enough people answered there."""
    whole: tuple[str, ...] = ()
    """Enough answered there each of the items."""
    pool: tuple[str, ...] = ()
    """Too few answered at each of them, and enough at all of them: the district's figures take them in."""
    pool_is_whole: bool = False

    @property
    def district(self) -> tuple[str, ...]:
        """The schools in the district's row of the dimension."""
        return self.shown + self.pool

    @property
    def tabled(self) -> tuple[str, ...]:
        """The schools in the district's rows of items and values."""
        return self.whole + (self.pool if self.pool_is_whole else ())


@dataclass(frozen=True, slots=True)
class _Part:
    """Which part of some schools' answers a row is of: all, or those of a value."""

    facet: SurveyFacet | None = None
    value: str | None = None
    is_shown: bool = True


_WHOLE = _Part()


@dataclass
class GroupCount:
    """One group's answers and what is decided about them."""

    group: RespondentGroup
    layout: Layout
    schools: Mapping[str, UnitTally]
    units: Mapping[str, Unit]
    """Everybody of the group who was asked, by school."""
    minimum: int
    complement: Complement = complemented
    _rows: dict[tuple[object, ...], Counters] = field(default_factory=dict)
    """Of several schools together."""
    _last_school: str | None = None
    _rows_of_last_school: dict[tuple[SurveyFacet | None, str | None], Counters] = field(default_factory=dict)
    """Sheets are made school by school, so none is asked for after the next one was."""

    def sheets(self, values: Mapping[SurveyFacet, Sequence[str]]) -> Iterator[Sheet]:
        """What is shown: the district's sheet and one of each school, whole and by each facet with these values."""
        standings = {block: self._standing(partial(_counts, block=block)) for block in self.layout.blocks}
        of_people = self._standing(_people)
        for school_id in (None, *sorted(self.units)):
            yield self._whole_sheet(school_id, standings)
        for facet, its_values in values.items():
            yield from self._facet_sheets(facet, its_values, standings, of_people)

    def _standing(self, counts: Callable[[Counters], Counts]) -> _Standing:
        # Of a school where fewer were invited than may be shown, more answers do not come from more people.
        by_school = {
            school_id: tuple(
                min(n, self.units[school_id].invited) for n in counts(self._of_school(school_id, None, None))
            )
            for school_id in sorted(self.schools)
        }
        shown = tuple(school for school, n in by_school.items() if n[0] >= self.minimum)
        few = tuple(school for school, n in by_school.items() if 0 < n[0] < self.minimum)
        together = [sum(part) for part in zip(*(by_school[school] for school in few), strict=True)]
        is_pool = bool(few) and together[0] >= self.minimum
        return _Standing(
            shown=shown,
            whole=tuple(school for school in shown if min(by_school[school]) >= self.minimum),
            pool=few if is_pool else (),
            pool_is_whole=is_pool and min(together) >= self.minimum,
        )

    def _whole_sheet(self, school_id: str | None, standings: Mapping[Block, _Standing]) -> Sheet:
        dimensions, items = [], []
        for block, standing in standings.items():
            told = standing.district if school_id is None else _only(school_id, standing.shown)
            in_full = standing.tabled if school_id is None else _only(school_id, standing.whole)
            if block.is_scale:
                dimensions.append(self._row(block, told, _WHOLE, None, in_full=told == in_full))
            items += [self._row(block, in_full, _WHOLE, place) for place in range(len(block.items))]
        return Sheet(school_id, self.group, None, tuple(dimensions), tuple(items))

    def _facet_sheets(
        self,
        facet: SurveyFacet,
        values: Sequence[str],
        standings: Mapping[Block, _Standing],
        of_people: _Standing,
    ) -> Iterator[Sheet]:
        # What is hidden of the respondents is hidden of every answer too: where everybody answers everything, one
        # block's counts would else stand in for another's.
        people = self._hidden(facet, values, of_people, _people, frozenset())
        hidden = {
            block: self._hidden(facet, values, standing, partial(_counts, block=block), people)
            for block, standing in standings.items()
        }
        for school_id in (None, *sorted(self.units)):
            dimensions, items = [], []
            for block, standing in standings.items():
                schools = standing.tabled if school_id is None else _only(school_id, standing.whole)
                for value in values:
                    is_shown = (school_id or _DISTRICT, value) not in hidden[block]
                    of = _Part(facet, value, is_shown)
                    if block.is_scale:
                        dimensions.append(self._row(block, schools, of, None))
                    items += [self._row(block, schools, of, place) for place in range(len(block.items))]
            counted = of_people.tabled if school_id is None else _only(school_id, of_people.whole)
            respondents = [
                self._value_row(() if (school_id or _DISTRICT, value) in people else counted, counted, facet, value)
                for value in values
            ]
            yield Sheet(school_id, self.group, facet, tuple(dimensions), tuple(items), tuple(respondents))

    def _hidden(
        self,
        facet: SurveyFacet,
        values: Sequence[str],
        standing: _Standing,
        counts: Callable[[Counters], Counts],
        beforehand: _Hidden,
    ) -> _Hidden:
        """The hidden cells of a facet's table: those with too few, those hidden beforehand, and what hides them."""
        rows: dict[str, tuple[str, ...]] = {school_id: (school_id,) for school_id in standing.whole}
        if standing.pool_is_whole:
            rows[_POOL] = standing.pool
        if not rows:
            return frozenset()
        table = table_of([[counts(self._added(who, facet, value)) for value in values] for who in rows.values()])
        names = [*rows, _DISTRICT]
        known = {name: place for place, name in enumerate(names)}
        places = {value: place for place, value in enumerate(values)}
        # Of a school that is not in this table the district's cell would tell, less what it is where the school is in.
        before = {(known.get(row, table.district), places[value]) for row, value in beforehand}
        empty = {
            (row, column)
            for row in range(len(names))
            for column in range(len(values))
            if not table.people((row, column))
        }
        hidden = self.complement(table, too_small(table, self.minimum) | before, self.minimum) | empty
        return frozenset((names[row], values[column]) for row, column in hidden)

    def _row(
        self, block: Block, schools: Sequence[str], of: _Part, place: int | None, *, in_full: bool = True
    ) -> SheetRow:
        """A row of a dimension, or of the item in this place; where no school or no part is shown a suppressed one.

        Not `in_full`, a dimension says nothing of its items: these are not shown of all the same schools.
        """
        item = None if place is None else block.items[place]
        item_id = item.item_id if item else None
        frame = self._frame(schools, of.facet, of.value) if schools and of.facet and of.value else None
        of_items = 1 if item else len(block.items)
        if not schools or not of.is_shown:
            return SheetRow(of.value, block.dimension, item_id, None, 0, None, None, frame, of_items)
        row = self._added(schools, of.facet, of.value)
        return SheetRow(
            value=of.value,
            dimension=block.dimension,
            item_id=item_id,
            sums=item_sums(row, item) if item else scale_sums(row, block, in_full=in_full),
            schools=len(schools),
            invited=sum(self.units[school_id].invited for school_id in schools),
            respondents=self._added(schools, None, None)[RESPONDENTS],
            frame=frame,
            of_items=of_items,
            is_one_scale=item is not None or bool(block.points),
        )

    def _value_row(self, schools: Sequence[str], counted: Sequence[str], facet: SurveyFacet, value: str) -> ValueRow:
        n = self._added(schools, facet, value)[RESPONDENTS] if schools else None
        respondents = self._added(counted, None, None)[RESPONDENTS] if counted else None
        return ValueRow(value, n, respondents, self._frame(counted, facet, value) if counted else None)

    def _frame(self, schools: Sequence[str], facet: SurveyFacet, value: str) -> int | None:
        """How many of those invited at these schools are of a value; None where one of them does not say."""
        frames = [self.units[school_id].frame.get(facet) for school_id in schools]
        return sum(frame.get(value, 0) for frame in frames if frame) if all(frames) else None

    def _added(self, schools: Sequence[str], facet: SurveyFacet | None, value: str | None) -> Counters:
        """The counters of some schools together, whole or of one value; most blocks ask for the same ones."""
        if len(schools) == 1:
            return self._of_school(schools[0], facet, value)
        key = (tuple(schools), facet, value)
        row = self._rows.get(key)
        if row is None:
            total = sum(self._packed(school_id, facet, value) for school_id in schools)
            row = self._rows[key] = unpacked(total, self.layout.size)
        return row

    def _of_school(self, school_id: str, facet: SurveyFacet | None, value: str | None) -> Counters:
        if school_id != self._last_school:
            self._last_school, self._rows_of_last_school = school_id, {}
        row = self._rows_of_last_school.get((facet, value))
        if row is None:
            row = unpacked(self._packed(school_id, facet, value), self.layout.size)
            self._rows_of_last_school[facet, value] = row
        return row

    def _packed(self, school_id: str, facet: SurveyFacet | None, value: str | None) -> Packed:
        unit = self.schools[school_id]
        return unit.by_facet[facet].get(value or "", 0) if facet else unit.whole


def _only(school_id: str, schools: Sequence[str]) -> tuple[str, ...]:
    return (school_id,) if school_id in schools else ()


def _people(row: Counters) -> Counts:
    return (row[RESPONDENTS],)


def _counts(row: Counters, block: Block) -> Counts:
    return (answered(row, block), *(answered_item(row, item) for item in block.items))
