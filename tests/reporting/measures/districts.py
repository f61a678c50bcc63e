"""Small districts made by chance: referrals with lives that could have been, and the tables they make."""

from collections.abc import Sequence
from random import Random

from reporting.codec import STAGES
from reporting.measures.lattice import Axis, Question
from shared.events.referrals import Stage

Lived = frozenset[Stage]


def a_life(chance: Random, *, is_over: bool) -> Lived:
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


def a_district(
    chance: Random,
    axes: Sequence[Axis],
    *,
    referrals: int,
    students: int,
    is_over: bool,
    weights: Sequence[Sequence[float]],
) -> Question:
    """So many referrals and students, drawn over the values of each axis; without students, enrolment is not known."""
    counted: dict[tuple[int, ...], list[int]] = {}
    for _ in range(referrals):
        cell = tuple(chance.choices(axis.values, weight)[0] for axis, weight in zip(axes, weights, strict=True))
        numbers = counted.setdefault(cell, [0] * len(STAGES))
        life = a_life(chance, is_over=is_over)
        for t, stage in enumerate(STAGES):
            numbers[t] += stage in life
    of_students = [(axis, weight) for axis, weight in zip(axes, weights, strict=True) if axis.of_students]
    enrolled: dict[tuple[int, ...], int] = {}
    for _ in range(students):
        group = tuple(chance.choices(axis.values, weight)[0] for axis, weight in of_students)
        enrolled[group] = enrolled.get(group, 0) + 1
    return Question(tuple(axes), counted, enrolled)
