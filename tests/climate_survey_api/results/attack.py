"""An attacker who holds everything that is shown, and knows where nobody is of a value, as a roster may tell.

He writes each figure as a sum of unknowns: what the respondents of one school and value said to one item, and how many
they are. What lies in the span of the figures he has he can work out exactly, whatever numbers they are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
_UNKNOWNS = {
    **{item.item_id: item.dimension for item in ITEMS},
    **{f"n of {dimension}": dimension for dimension in _SCALED},
    _RESPONDENTS: _RESPONDENTS,
}
"""What is not known of a school or a value: answers to an item, who answered in a dimension, who took part."""

Unknown = tuple[object, ...]
Form = Mapping[Unknown, int]
"""A sum of unknowns."""
Matrix = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Figure:
    """A row that is shown or suppressed: whom it is of, as bits by the ballots, and the sum of unknowns that it is."""

    key: tuple[str, str | None]
    people: int
    form: Form
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
            self._note(sheet, schools, row, row.item_id or row.dimension, _ASKED[row.dimension])
            if row.item_id is None:
                self._note(sheet, schools, row, row.dimension, (f"n of {row.dimension}",))
        for sheet in self.sheets:
            for counted in sheet.respondents if sheet.school_id != NOBODY else ():
                self._note(sheet, self._taking_part(sheet, counted), counted, _RESPONDENTS, (_RESPONDENTS,))

    def _note(
        self, sheet: Sheet, schools: Sequence[str], row: SheetRow | ValueRow, answering: str, summed: Sequence[str]
    ) -> None:
        people = 0
        for school in schools:
            people |= self._people[school, answering]
        of_value: tuple[object, ...] = ()
        if sheet.facet:
            of_value = (sheet.facet, row.value)
            people &= self._of_value[sheet.facet, row.value or ""]
        item_id = row.item_id if isinstance(row, SheetRow) else None
        names = (item_id,) if item_id else summed
        form = {(school, name, *of_value): 1 for school in schools for name in names}
        figure = Figure((answering, item_id), people, form, row)
        (self.suppressed if figure.n is None else self.shown).append(figure)

    def worked_out(self) -> list[Figure]:
        """The suppressed rows of somebody that follow from what is shown, by exact elimination."""
        forms = [*(figure.form for figure in self.shown), *self._structure()]
        targets = [figure for figure in self.suppressed if figure.people]
        unknowns = dict.fromkeys(unknown for form in [*forms, *(t.form for t in targets)] for unknown in form)
        places = {unknown: at for at, unknown in enumerate(unknowns)}
        reduced, pivots = _echelon(_matrix(forms, places))
        left = _matrix([target.form for target in targets], places)
        for row, pivot in zip(reduced, pivots, strict=True):
            left = (left - np.outer(left[:, pivot], row)) % _PRIME
        return [target for target, rest in zip(targets, left, strict=True) if not rest.any()]

    def subtracted(self, pairs: Iterable[tuple[Figure, Figure]], minimum: int) -> list[Figure]:
        """The suppressed rows of fewer people than the minimum that are the difference of two figures."""
        small = {(f.key, f.people): f for f in self.suppressed if 0 < f.people.bit_count() < minimum}
        same = ((more, less) for more, less in pairs if more.key == less.key)
        nested = ((more, less) for more, less in same if more.people & less.people == less.people)
        found = (small.get((more.key, more.people & ~less.people)) for more, less in nested)
        return [figure for figure in found if figure is not None]

    def _structure(self) -> Iterator[Form]:
        """A school is the sum of its values, where nobody is nothing was said, and who took part is in the status."""
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
            yield {(school, _RESPONDENTS): 1}
        yield from self._same_people()

    def _same_people(self) -> Iterator[Form]:
        """Where everybody of a school answered in a dimension, there are as many of each value in it as took part."""
        for school, dimension in product(self._schools, _SCALED):
            sums, took_part = self._whole[school, dimension, None].sums, self._people[school, _RESPONDENTS]
            if sums and sums.n == took_part.bit_count():
                for facet, values in VALUES.items():
                    for value in values:
                        yield {(school, f"n of {dimension}", facet, value): 1, (school, _RESPONDENTS, facet, value): -1}

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
