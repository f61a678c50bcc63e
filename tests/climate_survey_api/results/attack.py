"""An attacker who holds everything that is shown, and knows where nobody is of a value, as a roster may tell.

He writes each number as a sum of unknowns: what the respondents of one school and value said to one item, how many they
are, what their own means add up to. What lies in the span of the numbers he has he can work out exactly, whatever they
are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product

import numpy as np
import numpy.typing as npt

from climate_survey_api.responses.rules import Ballot
from climate_survey_api.results.measures.sheets import Sheet, SheetRow, ValueRow
from climate_survey_api.results.measures.tally import UNKNOWN
from shared.events.surveys import SurveyFacet
from tests.climate_survey_api.results.districts import ITEMS, MINIMUM, NOBODY, VALUES

_PRIME = 2_147_483_647
"""Exact arithmetic modulo a prime: its products fit into 64 bits."""
_ASKED = {"safety": ("s1", "s2", "s3"), "equity": ("e1",), "contact": ("c1",)}
_SCALED = ("safety", "equity")
_RESPONDENTS = "respondents"
_DAYS = 3
"""Of a running survey, of each of which it is told how many codes of a school were used by its end."""


class Of(StrEnum):
    """What the numbers of a row are sums of."""

    ITEMS = "favorable histogram"
    """Over its items, of what was said: one unknown for each item stands for them all."""
    PEOPLE = "n"
    """Of who answered in the dimension."""
    ANSWERS = "answers"
    """Of who answered each item."""
    MEANS = "means"
    """Of the respondents' own means: of who answered every item a part of his sum, else no sum of items'."""
    SPREAD = "answers_squares favorable_squares favorable_answers means_squares complete"
    """Of something else of each person: where everybody answered every item, some are multiples of the items'."""


NO_SUM = "alpha"
"""A quotient of squares."""

Unknown = tuple[object, ...]
Form = Mapping[Unknown, int]
"""A sum of unknowns."""
Told = Mapping[Of, Sequence[str]]
"""The names of the unknowns that a row's numbers sum up."""
Matrix = npt.NDArray[np.int64]


def _unknowns() -> Iterator[tuple[str, str]]:
    for item in ITEMS:
        yield from ((name, item.dimension) for name in (item.item_id, f"n of {item.item_id}"))
    for dimension in _SCALED:
        yield from ((f"{of} of {dimension}", dimension) for of in ("n", "means", "spread"))
    yield _RESPONDENTS, _RESPONDENTS


_UNKNOWNS = dict(_unknowns())
"""What is not known of a school or a value, and whom it is of: who answered in that dimension."""


@dataclass(frozen=True)
class Figure:
    """A row that is shown or suppressed: whom it is of, as bits by the ballots, and the sums of unknowns it tells."""

    key: tuple[str, str | None]
    people: int
    there: int
    """Who took part there, whatever he answered."""
    forms: Mapping[Of, Form]
    row: SheetRow | ValueRow

    @property
    def n(self) -> int | None:
        """How many it says that it is of."""
        if isinstance(self.row, ValueRow):
            return self.row.n
        return self.row.sums.n if self.row.sums else None


@dataclass
class Attacker:
    """What he knows of one district's results."""

    ballots: Sequence[Ballot]
    sheets: Sequence[Sheet]
    shown: list[Figure] = field(default_factory=list)
    suppressed: list[Figure] = field(default_factory=list)
    _alike: list[Form] = field(default_factory=list)
    """Sums that are 0, as who answered one thing is who answered another."""

    def __post_init__(self) -> None:
        """Tell whom each row is of."""
        self._schools = sorted({ballot.school_id for ballot in self.ballots})
        asked = {**_ASKED, **{item.item_id: (item.item_id,) for item in ITEMS}, _RESPONDENTS: None}
        self._people = {
            (school, name): _bits(self.ballots, school, items)
            for school in self._schools
            for name, items in asked.items()
        }
        self._of_value = {
            (facet, value): _bits_of_value(self.ballots, facet, value)
            for facet, values in VALUES.items()
            for value in values
        }
        self._whole = {(s.school_id, row.dimension, row.item_id): row for s, row in _rows(self.sheets) if not s.facet}
        for sheet, row in _rows(self.sheets):
            schools = self._schools_of(sheet, row)
            self._note(sheet, schools, row, row.item_id or row.dimension, _told(row))
            if row.sums:
                self._alike += self._same_people(sheet, schools, row)
        for sheet in self.sheets:
            for counted in sheet.respondents if sheet.school_id != NOBODY else ():
                told = {Of.PEOPLE: (_RESPONDENTS,)}
                self._note(sheet, self._taking_part(sheet, counted), counted, _RESPONDENTS, told)

    def _note(self, sheet: Sheet, schools: Sequence[str], row: SheetRow | ValueRow, answering: str, told: Told) -> None:
        people = there = 0
        for school in schools:
            people |= self._people[school, answering]
            there |= self._people[school, _RESPONDENTS]
        of_value: tuple[object, ...] = ()
        if sheet.facet:
            of_value = (sheet.facet, row.value)
            people &= self._of_value[sheet.facet, row.value or ""]
            there &= self._of_value[sheet.facet, row.value or ""]
        forms = {of: {(school, name, *of_value): 1 for school in schools for name in told[of]} for of in told}
        item_id = row.item_id if isinstance(row, SheetRow) else None
        figure = Figure((answering, item_id), people, there, forms, row)
        (self.suppressed if figure.n is None else self.shown).append(figure)

    def worked_out(self) -> list[tuple[Figure, Of]]:
        """What of suppressed rows of somebody follows from what is shown, by exact elimination."""
        targets = [(figure, of) for figure in self.suppressed if figure.people for of in figure.forms]
        wanted = [(at, figure.forms[of]) for at, (figure, of) in enumerate(targets)]
        known = [*(form for figure in self.shown for form in figure.forms.values()), *self._alike, *self._structure()]
        found = {at for part in _apart(known, wanted) for at in _follow(*part)}
        return [targets[at] for at in sorted(found)]

    def subtracted(self, pairs: Iterable[tuple[Figure, Figure]], minimum: int) -> list[Figure]:
        """The suppressed rows of fewer people than the minimum that are the difference of two figures."""
        small = {(f.key, f.people): f for f in self.suppressed if 0 < f.people.bit_count() < minimum}
        same = ((more, less) for more, less in pairs if more.key == less.key)
        nested = ((more, less) for more, less in same if more.people & less.people == less.people)
        found = (small.get((more.key, more.people & ~less.people)) for more, less in nested)
        return [figure for figure in found if figure is not None]

    def _structure(self) -> Iterator[Form]:
        """A school is the sum of its values, where nobody is nothing was said, and who took part is told by the day."""
        for school, (name, answering), (facet, values) in product(self._schools, _UNKNOWNS.items(), VALUES.items()):
            whole = self._people[school, answering]
            if self._people[school, _RESPONDENTS].bit_count() < MINIMUM:  # else a roster alone would tell of some
                yield {(school, name): -1} | {(school, name, facet, value): 1 for value in values}
                continue
            cells: list[Unknown] = [
                (school, name, facet, value) for value in values if whole & self._of_value[facet, value]
            ]
            yield {(school, name): -1} | dict.fromkeys(cells, 1)
            for value in values:
                if (cell := (school, name, facet, value)) not in cells:
                    yield {cell: 1}
        for school in self._schools:
            by_day: list[Unknown] = [(school, _RESPONDENTS, "day", day) for day in range(_DAYS)]
            yield {(school, _RESPONDENTS): -1} | dict.fromkeys(by_day, 1)
            yield from ({used: 1} for used in by_day)

    def _same_people(self, sheet: Sheet, schools: Sequence[str], row: SheetRow) -> Iterator[Form]:
        """What is one number in a row of everybody is one in each part of it.

        Where all who took part answered in a dimension, or all of these an item, there are as many of each value. Where
        all answered every item, their own means add up to a part of the items' sums, and squares of how many answered,
        or answered favourably, to a multiple.
        """
        sums, items = row.sums, _ASKED[row.dimension]
        if sums is None or row.dimension not in _SCALED:
            return
        n, means, spread = (f"{of} of {row.dimension}" for of in ("n", "means", "spread"))
        ties: list[dict[str, int]] = []
        if row.item_id is None and not sheet.facet and sums.n == row.respondents:
            ties.append({n: 1, _RESPONDENTS: -1})
        if row.item_id is not None:
            whole = self._row_of(sheet, row)
            if whole and whole.sums and (whole.sums.n, whole.schools) == (sums.n, row.schools):
                ties.append({n: 1, f"n of {row.item_id}": -1})
        elif sums.answers == len(items) * sums.n:
            ties.append({means: -len(items)} | dict.fromkeys(items, 1))
            ties.append({spread: -1} | dict.fromkeys(items, len(items)))
        parts = [(sheet.facet, row.value)] if sheet.facet else [(), *self._of_value]
        for tie, school, part in product(ties, schools, parts):
            yield {(school, name, *part): times for name, times in tie.items()}

    def _row_of(self, sheet: Sheet, item: SheetRow) -> SheetRow | None:
        """The dimension's row beside an item's."""
        beside = (row for row in sheet.dimensions if (row.dimension, row.value) == (item.dimension, item.value))
        return next(beside, None)

    def _schools_of(self, sheet: Sheet, row: SheetRow) -> list[str]:
        """The schools that a row is of. Of the district's: the shown ones, and all others if it is of more than these.

        A row that is broken down by values or items is of the schools of which all items are shown.
        """
        if sheet.school_id is not None:
            return [sheet.school_id]
        by_item = row.item_id or (_ASKED[row.dimension][0] if sheet.facet else None)
        shown = [school for school in self._schools if self._whole[school, row.dimension, by_item].sums]
        whole = None if row.dimension in _SCALED else row.item_id
        few = [
            s for s in self._schools if not self._whole[s, row.dimension, whole].sums and self._people[s, row.dimension]
        ]
        return shown + few if row.schools > len(shown) else shown

    def _taking_part(self, sheet: Sheet, row: ValueRow) -> list[str]:
        """The schools among whose respondents values are counted, as far as how many they are tells."""
        if sheet.school_id is not None:
            return [sheet.school_id]
        many = [school for school in self._schools if self._people[school, _RESPONDENTS].bit_count() >= MINIMUM]
        everybody = sum(self._people[school, _RESPONDENTS].bit_count() for school in self._schools)
        return self._schools if row.respondents == everybody else many


def _rows(sheets: Iterable[Sheet]) -> Iterator[tuple[Sheet, SheetRow]]:
    for sheet in sheets:
        if sheet.school_id != NOBODY:
            yield from ((sheet, row) for row in (*sheet.dimensions, *sheet.items))


def _bits(ballots: Sequence[Ballot], school: str, items: Sequence[str] | None) -> int:
    """Who of a school answered one of these items; None: who took part at all."""
    there = ((at, ballot) for at, ballot in enumerate(ballots) if ballot.school_id == school)
    return sum(1 << at for at, ballot in there if items is None or ballot.answers.keys() & set(items))


def _bits_of_value(ballots: Sequence[Ballot], facet: SurveyFacet, value: str) -> int:
    return sum(1 << at for at, ballot in enumerate(ballots) if ballot.facets.get(facet, UNKNOWN) == value)


def _told(row: SheetRow) -> Told:
    """Whatever a row's numbers sum up. Of a suppressed one: what they would."""
    if row.item_id is not None:
        return {Of.ITEMS: (row.item_id,), Of.ANSWERS: (f"n of {row.item_id}",)}
    items = _ASKED[row.dimension]
    told: dict[Of, Sequence[str]] = {Of.ITEMS: items, Of.ANSWERS: [f"n of {item_id}" for item_id in items]}
    told |= {Of.PEOPLE: (f"n of {row.dimension}",), Of.MEANS: (f"means of {row.dimension}",)}
    if row.sums is None or row.sums.complete is not None:
        told[Of.SPREAD] = (f"spread of {row.dimension}",)
    return told


Part = tuple[list[Form], list[tuple[int, Form]]]
"""What is known, and what is wanted, each by its number."""


def _apart(known: Sequence[Form], wanted: Sequence[tuple[int, Form]]) -> Iterable[Part]:
    """The same in parts that have no unknown in common: each is worked out by itself, in much less time."""
    leads: dict[Unknown, Unknown] = {}

    def first_of(form: Form) -> Unknown:
        unknown = next(iter(form))
        while (lead := leads.setdefault(unknown, unknown)) != unknown:
            leads[unknown] = unknown = leads[lead]
        return unknown

    for form in [*known, *(form for _, form in wanted)]:
        for unknown in form:
            leads[first_of({unknown: 1})] = first_of(form)
    parts: dict[Unknown, Part] = {}
    for form in known:
        parts.setdefault(first_of(form), ([], []))[0].append(form)
    for at, form in wanted:
        parts.setdefault(first_of(form), ([], []))[1].append((at, form))
    return parts.values()


def _follow(known: Sequence[Form], wanted: Sequence[tuple[int, Form]]) -> set[int]:
    """Which of the wanted forms lie in the span of the known ones."""
    if not wanted:
        return set()
    unknowns = dict.fromkeys(unknown for form in [*known, *(form for _, form in wanted)] for unknown in form)
    places = {unknown: at for at, unknown in enumerate(unknowns)}
    reduced, pivots = _echelon(_matrix(known, places))
    left = _matrix([form for _, form in wanted], places)
    for row, pivot in zip(reduced, pivots, strict=True):
        left = (left - np.outer(left[:, pivot], row)) % _PRIME
    return {at for (at, _), rest in zip(wanted, left, strict=True) if not rest.any()}


def _matrix(forms: Sequence[Form], places: Mapping[tuple[object, ...], int]) -> Matrix:
    matrix = np.zeros((len(forms), len(places)), dtype=np.int64)
    for at, form in enumerate(forms):
        for unknown, times in form.items():
            matrix[at, places[unknown]] = times % _PRIME
    return matrix


def _echelon(matrix: Matrix) -> tuple[Matrix, list[int]]:
    """The rows' span in reduced echelon form, and where each begins."""
    pivots: list[int] = []
    for column in range(matrix.shape[1]):
        at = len(pivots)
        candidates = np.flatnonzero(matrix[at:, column])
        if not candidates.size:
            continue
        matrix[[at, at + candidates[0]]] = matrix[[at + candidates[0], at]]
        matrix[at] = matrix[at] * pow(int(matrix[at, column]), -1, _PRIME) % _PRIME
        others = np.flatnonzero(matrix[:, column])
        others = others[others != at]
        matrix[others] = (matrix[others] - np.outer(matrix[others, column], matrix[at])) % _PRIME
        pivots.append(column)
    return matrix[: len(pivots)], pivots
