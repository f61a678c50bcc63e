"""Somebody who asks everything that may be asked and reckons what is hidden from what is not.

He takes for unknowns that are not negative: every stage and every clock of every cell of the finest table, what is
open on every stretch of days in it, and the students of every cell of every table, who do not add up. He knows how they
nest, every number that any view shows in any table of the lattice, and that a row which is not there says 0. Linear
programming then tells him how small and how large each hidden count can be.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from reporting.codec import STAGES
from reporting.measures.axes import Levels, index_of
from reporting.measures.lattice import Table
from reporting.measures.nesting import CONTACTED, IN_TIME, MISSED, STUDENTS, SUBMITTED
from reporting.measures.suppression import Pattern
from shared.events.referrals import Stage

_AT = {stage: t for t, stage in enumerate(STAGES)}
_ENDED = tuple(_AT[stage] for stage in (Stage.COMPLETED, Stage.FAILED, Stage.REJECTED, Stage.CANCELLED))
_ACCEPTED = _AT[Stage.ACCEPTED]
_OF_STAGES: Sequence[tuple[Sequence[int], Sequence[int]]] = [
    ([SUBMITTED], [_ACCEPTED, _AT[Stage.REJECTED]]),
    ([SUBMITTED], [CONTACTED]),
    ([SUBMITTED], _ENDED),
    ([_ACCEPTED], [_AT[Stage.STARTED]]),
    ([_ACCEPTED], [_AT[Stage.COMPLETED], _AT[Stage.FAILED]]),
    (_ENDED, [_AT[Stage.LOOPED]]),
]
_OF_CLOCKS: Sequence[tuple[Sequence[int], Sequence[int]]] = [
    ([CONTACTED], [IN_TIME]),
    ([IN_TIME, MISSED], [CONTACTED]),
    ([SUBMITTED], [IN_TIME, MISSED]),
]
"""Each whole, and what of it is counted elsewhere: it is never less."""

_EXACTLY = 1e-6
_MANY = 10**6

Terms = Sequence[tuple[int, int]]
"""Unknowns, and with which sign they are added up."""
Numbers = npt.NDArray[np.float64]


class Target(NamedTuple):
    """A hidden count: of which table and cell, which series or difference, and what it really is."""

    levels: Levels
    cell: int
    what: str
    terms: tuple[tuple[int, int], ...]
    truth: int


class Interval(NamedTuple):
    """What the attacker knows of a hidden count."""

    target: Target
    low: float
    high: float

    @property
    def is_recovered(self) -> bool:
        """Whether only one whole number is possible."""
        return self.high - self.low < 1 - _EXACTLY

    def is_surely_small(self, minimum: int) -> bool:
        """Whether it is certain that there is somebody, and that there are few."""
        return self.low > 1 - _EXACTLY and self.high < minimum - _EXACTLY


class Told(NamedTuple):
    """What the views hide of one district, each decided for all that it adds up to."""

    counts: Pattern
    """Of the funnel, with or without clocks, or of one count that stands alone."""
    students: Pattern | None = None
    ages: Pattern | None = None
    """By stretches of days, which are parts of the months that are the last axis of the others."""


def attack(told: Told, minimum: int) -> list[Interval]:
    """What can be known of each hidden count, and of each hidden difference that is small.

    Many are told apart at once by looking at far corners of what is possible, then by moving all that are left as far
    as tells them apart; only a count that this leaves in doubt is aimed at itself. So an interval that is neither
    recovered nor small for sure may be wider than it says.
    """
    attacker = _Attacker(told, minimum)
    return attacker.intervals() if attacker.targets else []


class _Attacker:
    def __init__(self, told: Told, minimum: int) -> None:
        self.minimum = minimum
        self.truth: list[float] = []
        self.targets: list[Target] = []
        self.shown: list[Terms] = []
        self.values: list[int] = []
        self.no_more: list[Terms] = []
        """Sums that are never above zero: parts less their whole."""
        self.cells = 0
        self._take_counts(told.counts)
        if told.students is not None:
            self._take_students(told.students)
        if told.ages is not None:
            self._take_ages(told.ages)

    def _take_counts(self, pattern: Pattern) -> None:
        nesting = pattern.nesting
        finest = pattern.tables[max(pattern.tables, key=sum)]
        self.cells = finest.size
        self.truth += [n for numbers in finest.values for n in numbers]
        differences = [*(nesting.beside.differences if nesting.beside else ()), *nesting.differences]
        self.members = _members(pattern)
        for levels, table in pattern.tables.items():
            for cell in range(table.size):
                for t in range(nesting.series):
                    self._take(table, cell, t, f"series {t}", self._terms([t], levels, cell))
                for q, difference in enumerate(differences):
                    left = sum(table.values[t][cell] for t in difference.plus)
                    left -= sum(table.values[t][cell] for t in difference.minus)
                    terms = self._less(difference.plus, difference.minus, levels, cell)
                    self._take_small(left, levels, cell, f"difference {q}", terms)
        wholes = _OF_STAGES if nesting.series >= len(STAGES) else ()
        for whole, parts in (*wholes, *(_OF_CLOCKS if nesting.series > MISSED else ())):
            self.no_more += [self._less(parts, whole, finest.levels, cell) for cell in range(self.cells)]

    def _take_students(self, pattern: Pattern) -> None:
        """Of a sum there are no more than of its parts, no fewer than of any, and no more than referrals."""
        first = {}
        for levels, table in pattern.tables.items():
            first[levels] = len(self.truth)
            self.truth += table.values[STUDENTS]
        for levels, table in pattern.tables.items():
            for cell in range(table.size):
                student = [(first[levels] + cell, 1)]
                submitted = self._terms([SUBMITTED], levels, cell)
                again = [*submitted, (first[levels] + cell, -1)]
                self._take(table, cell, STUDENTS, "students", student)
                self._take_small(
                    table.values[SUBMITTED][cell] - table.values[STUDENTS][cell], levels, cell, "again", again
                )
                self.no_more.append(_negative(again))
            for lines in table.lines:
                parent = first[lines.parent.levels]
                for sum_at, parts in lines.direction.slices:
                    members = [first[levels] + i for i in range(parts.start, parts.stop, parts.step)]
                    made_up = [(parent + sum_at, 1), *[(member, -1) for member in members]]
                    self.no_more.append(made_up)
                    if pattern.axes[lines.axis].of_students:
                        self.no_more.append(_negative(made_up))
                    self.no_more += [[(member, 1), (parent + sum_at, -1)] for member in members]

    def _take_ages(self, pattern: Pattern) -> None:
        """What is open in a month is what is open on its stretches of days."""
        first = len(self.truth)
        members = _members(pattern)
        finest = max(pattern.tables, key=sum)
        self.truth += pattern.tables[finest].values[0]
        for levels, table in pattern.tables.items():
            if levels[-1] == finest[-1]:
                for cell in range(table.size):
                    terms = [(first + member, 1) for member in members[levels][cell]]
                    self._take(table, cell, 0, "open of an age", terms)
        months = (*finest[:-1], finest[-1] - 1)
        for cell, stretches in enumerate(members[months]):
            opened = self._less([SUBMITTED], _ENDED, months, cell)
            self.shown.append([*opened, *[(first + member, -1) for member in stretches]])
            self.values.append(0)

    def _take(self, table: Table, cell: int, t: int, what: str, terms: Terms) -> None:
        if table.hidden[t][cell]:
            self.targets.append(Target(table.levels, cell, what, tuple(terms), table.values[t][cell]))
        else:
            self.shown.append(terms)
            self.values.append(table.values[t][cell])

    def _take_small(self, left: int, levels: Levels, cell: int, what: str, terms: Terms) -> None:
        if 0 < left < self.minimum:
            self.targets.append(Target(levels, cell, what, tuple(terms), left))

    def _terms(self, series: Sequence[int], levels: Levels, cell: int) -> list[tuple[int, int]]:
        return [(t * self.cells + part, 1) for t in series for part in self.members[levels][cell]]

    def _less(self, plus: Sequence[int], minus: Sequence[int], levels: Levels, cell: int) -> list[tuple[int, int]]:
        return [*self._terms(plus, levels, cell), *_negative(self._terms(minus, levels, cell))]

    def intervals(self) -> list[Interval]:
        """What is possible for every target."""
        truth = np.array(self.truth, dtype=float)
        self._equal = _rows(self.shown, len(truth))
        self._nested = _rows(self.no_more, len(truth))
        assert np.allclose(self._equal @ truth, self.values), "what is shown is what is true"
        assert (self._nested @ truth <= 0).all(), "what is nested lies within its whole"
        self._weights = _rows([target.terms for target in self.targets], len(truth))
        self._low = self._high = self._weights @ truth
        chance = Random(1)
        for _ in range(4):
            aim = np.array([chance.choice((-1, 0, 1)) for _ in truth], dtype=float)
            self._look_at(self._extreme(aim))
            self._look_at(self._extreme(-aim))
        left = len(self.targets) + 1
        while 0 < len(doubtful := [k for k in range(len(self.targets)) if self._is_doubtful(k)]) < left:
            left = len(doubtful)
            self._look_at(self._step_up(doubtful))
        for k in doubtful:
            for sign in (1, -1):
                if self._is_doubtful(k):
                    self._look_at(self._extreme(sign * self._weights[[k]].toarray()[0]))
        return [self._interval(k) for k in range(len(self.targets))]

    def _interval(self, k: int) -> Interval:
        return Interval(self.targets[k], self._low[k], self._high[k])

    def _is_doubtful(self, k: int) -> bool:
        """Whether nothing seen so far speaks against its being recovered, or small for sure."""
        so_far = self._interval(k)
        return so_far.is_recovered or (so_far.target.truth < self.minimum and so_far.is_surely_small(self.minimum))

    def _look_at(self, possible: Numbers) -> None:
        """Take note of what every target would be, were these the unknowns."""
        found = self._weights @ possible
        self._low, self._high = np.minimum(self._low, found), np.maximum(self._high, found)

    def _extreme(self, objective: Numbers) -> Numbers:
        return _least(objective, self._nested, self._equal, self.values, np.full(len(objective), _MANY))

    def _step_up(self, doubtful: Sequence[int]) -> Numbers:
        """As many of these as can at once, each as far as one above its lowest: one program in place of hundreds."""
        unknowns, steps = self._equal.shape[1], len(doubtful)
        step_is_made = hstack([-self._weights[doubtful], eye_array(steps)])
        found = _least(
            np.repeat([0.0, -1.0], [unknowns, steps]),
            vstack([_widened(self._nested, steps), step_is_made], format="csr"),
            _widened(self._equal, steps),
            self.values,
            np.repeat([_MANY, 1], [unknowns, steps]),
            at_most=np.concatenate([np.zeros(self._nested.shape[0]), -self._low[doubtful]]),
        )
        return found[:unknowns]


def _least(
    objective: Numbers,
    no_more: csr_array,
    equal: csr_array,
    values: Sequence[int],
    bounds: Numbers,
    *,
    at_most: Numbers | float = 0.0,
) -> Numbers:
    """Unknowns, none below zero nor above its bound, that make the objective least."""
    found = linprog(
        objective,
        A_ub=no_more,
        b_ub=np.broadcast_to(at_most, no_more.shape[0]),
        A_eq=equal,
        b_eq=values,
        bounds=np.column_stack([np.zeros(len(bounds)), bounds]),
    )
    assert found.status == 0, found.message
    return np.asarray(found.x, dtype=np.float64)


def _widened(rows: csr_array, columns: int) -> csr_array:
    """The same rows, which say nothing of so many more unknowns."""
    return csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], rows.shape[1] + columns))


def _members(pattern: Pattern) -> Mapping[Levels, list[list[int]]]:
    """For each cell of each table the cells of the finest that it is the sum of."""
    axes = pattern.axes
    finest = list(product(*[range(len(axis.values)) for axis in axes]))
    found: dict[Levels, list[list[int]]] = {}
    for levels, table in pattern.tables.items():
        places = [axis.places(level) for axis, level in zip(axes, levels, strict=True)]
        found[levels] = [[] for _ in range(table.size)]
        for part, position in enumerate(finest):
            coarse = tuple(place[at] for place, at in zip(places, position, strict=True))
            found[levels][index_of(coarse, table.sizes)].append(part)
    return found


def _negative(terms: Terms) -> list[tuple[int, int]]:
    return [(unknown, -sign) for unknown, sign in terms]


def _rows(terms: Sequence[Terms], width: int) -> csr_array:
    rows = [row for row, row_terms in enumerate(terms) for _ in row_terms]
    columns = [unknown for row_terms in terms for unknown, _ in row_terms]
    signs = [float(sign) for row_terms in terms for _, sign in row_terms]
    return csr_array((signs, (rows, columns)), shape=(len(terms), width))
