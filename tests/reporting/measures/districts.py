"""Small districts made by chance: referrals with lives that could have been, and the tables that views make of them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from reporting.codec import STAGES
from reporting.measures.axes import Axis, Cell, Levels
from reporting.measures.lattice import Question
from shared.events.referrals import Stage

HALVES_AND_MONTHS = ((0, 0, 0, 1, 1),)
STRETCHES = (0, 1, 1, 2, 3, 3, 3, 4, 4)
"""The month of each stretch of days: where a month has several, a band of ages ends within it."""
BANDS = ((8, 8), (6, 7), (5, 5), (2, 4), (0, 1))
"""From which stretch to which each band of ages runs, the youngest first."""

_ENDED = {Stage.COMPLETED, Stage.FAILED, Stage.REJECTED, Stage.CANCELLED}


@dataclass(frozen=True, slots=True)
class Referral:
    """What is counted of one referral."""

    cell: Cell
    stretch: int | None
    """Of its month; None in a district without months."""
    student: int
    reached: frozenset[Stage]
    was_in_time: bool | None
    """Whether somebody was reached by the due date; None: it was not due yet."""


def a_life(chance: Random, *, is_over: bool) -> frozenset[Stage]:
    """The stages that one referral came through, as its life cycle allows; in a year that is over, all have ended."""
    reached = {Stage.SUBMITTED}
    outcomes = [Stage.REJECTED, Stage.CANCELLED]
    if chance.random() < 0.8:
        reached.add(Stage.ACCEPTED)
        outcomes = [Stage.COMPLETED, Stage.COMPLETED, Stage.COMPLETED, Stage.FAILED]
        outcomes += [] if is_over else [Stage.CANCELLED]
        if chance.random() < 0.8:
            reached.add(Stage.STARTED)
    if is_over or chance.random() < 0.8:
        reached.add(chance.choice(outcomes))
        if is_over or chance.random() < 0.7:
            reached.add(Stage.LOOPED)
    if is_over or chance.random() < 0.8:
        reached.add(Stage.CONTACTED)
    return frozenset(reached)


class Sample(NamedTuple):
    """What a district made by chance is made from."""

    seed: int
    sizes: tuple[int, ...]
    are_students: tuple[bool, ...]
    referrals: int
    students: int
    """Enrolled; 0: how many is not known."""
    has_months: bool = False
    is_over: bool = False
    again: float = 0.1
    """How many of the referrals are about a student who was referred before."""
    late: float = 0.2

    def district(self) -> "District":
        """The district, the same each time."""
        chance = Random(self.seed)
        axes = [
            Axis(tuple(range(size)), of_students)
            for size, of_students in zip(self.sizes, self.are_students, strict=False)
        ]
        if self.has_months:
            axes[-1] = Axis(tuple(range(5)), of_students=False, blocks=HALVES_AND_MONTHS)
        weights = [[chance.choice((0.1, 0.3, 1, 1, 3)) for _ in axis.values] for axis in axes]
        return District(tuple(axes), *self._drawn(chance, axes, weights))

    def question(self) -> Question:
        """What the funnel asks of it."""
        return self.district().funnel()

    def _drawn(
        self, chance: Random, axes: Sequence[Axis], weights: Sequence[Sequence[float]]
    ) -> tuple[list[Referral], Counter[Cell]]:
        """The referrals, and how many are enrolled of each group."""
        referrals: list[Referral] = []
        groups: list[Cell] = []
        for _ in range(self.referrals):
            cell = [chance.choices(axis.values, weight)[0] for axis, weight in zip(axes, weights, strict=True)]
            student = len(groups)
            if groups and chance.random() < self.again:
                student = chance.randrange(len(groups))
                of_student = iter(groups[student])
                cell = [next(of_student) if axis.of_students else at for axis, at in zip(axes, cell, strict=True)]
            else:
                groups.append(tuple(at for axis, at in zip(axes, cell, strict=True) if axis.of_students))
            stretch = None
            if self.has_months:
                stretch = chance.choice([at for at, month in enumerate(STRETCHES) if month == cell[-1]])
            life = a_life(chance, is_over=self.is_over)
            was_in_time = chance.random() > self.late
            is_due = Stage.CONTACTED in life or chance.random() < 0.5
            clock = None if not is_due else was_in_time and Stage.CONTACTED in life
            referrals.append(Referral(tuple(cell), stretch, student, life, clock))
        of_students = [(axis, weight) for axis, weight in zip(axes, weights, strict=True) if axis.of_students]
        drawn = Counter(
            tuple(chance.choices(axis.values, weight)[0] for axis, weight in of_students) for _ in range(self.students)
        )
        # Whoever was referred is enrolled, or else nobody's enrolment is known.
        return referrals, drawn | Counter(groups) if self.students else drawn


@dataclass(frozen=True, slots=True)
class District:
    """Referrals and students, and what each view asks of them."""

    axes: tuple[Axis, ...]
    referrals: list[Referral]
    enrolled: Counter[Cell]

    def funnel(self) -> Question:
        """The referrals by stage."""
        return self._of(lambda of: [stage in of.reached for stage in STAGES])

    def clocks(self) -> Question:
        """The same, and how their contact clocks ended."""
        return self._of(
            lambda of: [*[stage in of.reached for stage in STAGES], of.was_in_time is True, of.was_in_time is False]
        )

    def students(self) -> Question:
        """The same, and how many students they are about, at every sum anew."""
        question = self._of(lambda of: [stage in of.reached for stage in STAGES])
        finest = self._students_at(tuple(axis.depth for axis in self.axes))
        values = {
            position: tuple(axis.values[at] for axis, at in zip(self.axes, position, strict=True))
            for position in finest
        }
        counted = {values[position]: (*question.counted[values[position]], n) for position, n in finest.items()}
        return question._replace(counted=counted, coarser=self._students_at)

    def ages(self) -> Question:
        """The open ones by the stretches of days that bands of ages and months have in common."""
        *keys, months = self.axes
        blocks = tuple(tuple(labels[month] for month in STRETCHES) for labels in (*months.blocks, months.values))
        days = Axis(tuple(range(len(STRETCHES))), of_students=False, blocks=blocks)
        counted = Counter((*of.cell[:-1], of.stretch or 0) for of in self.referrals if not of.reached & _ENDED)
        return Question((*keys, days), {cell: (n,) for cell, n in counted.items()}, self.enrolled)

    def _of(self, numbers: Callable[[Referral], Iterable[int]]) -> Question:
        counted: dict[Cell, list[int]] = {}
        for of in self.referrals:
            ones = list(numbers(of))
            known = counted.setdefault(of.cell, [0] * len(ones))
            for t, one in enumerate(ones):
                known[t] += one
        return Question(self.axes, counted, self.enrolled)

    def _students_at(self, levels: Levels) -> dict[Cell, int]:
        places = [axis.places(level) for axis, level in zip(self.axes, levels, strict=True)]
        students: defaultdict[Cell, set[int]] = defaultdict(set)
        for of in self.referrals:
            students[tuple(place[value] for place, value in zip(places, of.cell, strict=True))].add(of.student)
        return {position: len(members) for position, members in students.items()}
