"""Somebody who asks everything that may be asked and reckons what is hidden from what is not.

He takes every cell of the finest table for an unknown that is not negative, and knows how stages nest, every number
that is shown in any table of the lattice, and that a row which is not there says 0. Linear programming then tells him
how small and how large each hidden count can be.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array

from reporting.codec import STAGES
from reporting.measures.lattice import Levels, index_of
from reporting.measures.nesting import Nesting
from reporting.measures.suppression import Pattern
from shared.events.referrals import Stage

_AT = {stage: t for t, stage in enumerate(STAGES)}
_ENDED = (Stage.COMPLETED, Stage.FAILED, Stage.REJECTED, Stage.CANCELLED)
NESTED: Sequence[tuple[Sequence[Stage], Sequence[Stage]]] = [
    ([Stage.SUBMITTED], [Stage.ACCEPTED, Stage.REJECTED]),
    ([Stage.SUBMITTED], [Stage.CONTACTED]),
    ([Stage.SUBMITTED], _ENDED),
    ([Stage.ACCEPTED], [Stage.STARTED]),
    ([Stage.ACCEPTED], [Stage.COMPLETED, Stage.FAILED]),
    (_ENDED, [Stage.LOOPED]),
]
"""Each whole, and what of it is counted elsewhere: it is never less."""

_EXACTLY = 1e-6

Numbers = npt.NDArray[np.float64]


class Target(NamedTuple):
    """A hidden count: of which table and cell, which series or difference, and what it really is."""

    levels: Levels
    cell: int
    what: str
    terms: tuple[tuple[int, int], ...]
    """Which unknowns it is the sum of, and with which sign."""
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


def attack(pattern: Pattern, nesting: Nesting, minimum: int) -> list[Interval]:
    """What can be known of each hidden count, and of each hidden difference that is small.

    Many are told apart at once by looking at far corners of what is possible; only a count that this leaves in doubt is
    aimed at itself. So an interval that is neither recovered nor small for sure may be wider than it says.
    """
    attacker = _Attacker(pattern, nesting, minimum)
    return attacker.intervals() if attacker.targets else []


class _Attacker:
    def __init__(self, pattern: Pattern, nesting: Nesting, minimum: int) -> None:
        self.pattern, self.nesting, self.minimum = pattern, nesting, minimum
        finest = pattern.tables[max(pattern.tables, key=sum)]
        self.cells = finest.size
        self.truth = np.array([n for numbers in finest.values for n in numbers], dtype=float)
        self.targets: list[Target] = []
        shown: list[tuple[list[int], int]] = []
        for levels, members in self._tables():
            table = pattern.tables[levels]
            for cell, parts in enumerate(members):
                for t in range(nesting.series):
                    unknowns = [t * self.cells + part for part in parts]
                    if table.hidden[t][cell]:
                        terms = tuple((unknown, 1) for unknown in unknowns)
                        self.targets.append(Target(levels, cell, f"series {t}", terms, table.values[t][cell]))
                    else:
                        shown.append((unknowns, table.values[t][cell]))
                self.targets += self._differences(levels, cell, parts)
        self.equal = _rows([[(unknown, 1) for unknown in unknowns] for unknowns, _ in shown], len(self.truth))
        self.values = np.array([value for _, value in shown], dtype=float)
        nested = [
            [(_AT[s] * self.cells + c, 1) for s in parts] + [(_AT[s] * self.cells + c, -1) for s in whole]
            for whole, parts in (NESTED if nesting.series == len(STAGES) else [])
            for c in range(self.cells)
        ]
        self.nested = _rows(nested, len(self.truth)) if nested else None

    def _tables(self) -> Iterator[tuple[Levels, list[list[int]]]]:
        """Each table, and for each of its cells the cells of the finest that it is the sum of."""
        axes = self.pattern.axes
        finest = list(product(*[range(len(axis.values)) for axis in axes]))
        for levels, table in self.pattern.tables.items():
            places = [axis.places(level) for axis, level in zip(axes, levels, strict=True)]
            members: list[list[int]] = [[] for _ in range(table.size)]
            for part, position in enumerate(finest):
                coarse = tuple(place[at] for place, at in zip(places, position, strict=True))
                members[index_of(coarse, table.sizes)].append(part)
            yield levels, members

    def _differences(self, levels: Levels, cell: int, parts: list[int]) -> Iterator[Target]:
        table = self.pattern.tables[levels]
        for q, difference in enumerate(self.nesting.differences):
            left = table.left[q][cell]
            if 0 < left < self.minimum:
                terms = [(t * self.cells + part, 1) for t in difference.plus for part in parts]
                terms += [(t * self.cells + part, -1) for t in difference.minus for part in parts]
                yield Target(levels, cell, f"difference {q}", tuple(terms), left)

    def intervals(self) -> list[Interval]:
        """What is possible for every target."""
        weights = _rows([target.terms for target in self.targets], len(self.truth))
        low = high = weights @ self.truth
        chance = Random(1)
        for _ in range(4):
            aim = np.array([chance.choice((-1, 0, 1)) for _ in self.truth], dtype=float)
            for objective in (aim, -aim):
                found = weights @ self._extreme(objective)
                low, high = np.minimum(low, found), np.maximum(high, found)
        for k, target in enumerate(self.targets):
            for sign in (1, -1):
                so_far = Interval(target, low[k], high[k])
                if so_far.is_recovered or (target.truth < self.minimum and so_far.is_surely_small(self.minimum)):
                    found = weights @ self._extreme(sign * weights[[k]].toarray()[0])
                    low, high = np.minimum(low, found), np.maximum(high, found)
        return [Interval(target, low[k], high[k]) for k, target in enumerate(self.targets)]

    def _extreme(
        self, objective: "np.ndarray[tuple[int], np.dtype[np.float64]]"
    ) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        no_more = np.zeros(self.nested.shape[0]) if self.nested is not None else None
        found = linprog(objective, A_ub=self.nested, b_ub=no_more, A_eq=self.equal, b_eq=self.values, bounds=(0, 10**6))
        assert found.status == 0, found.message
        return np.asarray(found.x, dtype=np.float64)


def _rows(terms: Sequence[Sequence[tuple[int, int]]], width: int) -> csr_array:
    rows = [row for row, row_terms in enumerate(terms) for _ in row_terms]
    columns = [unknown for row_terms in terms for unknown, _ in row_terms]
    signs = [float(sign) for row_terms in terms for _, sign in row_terms]
    return csr_array((signs, (rows, columns)), shape=(len(terms), width))
