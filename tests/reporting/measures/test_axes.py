"""Shapes of tables, which all questions and threads share: deciding changes nothing in them, nor in what is beside."""

from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import fields

import pytest

from reporting.measures.axes import Axis, Shape, shapes_of
from reporting.measures.lattice import Table
from reporting.measures.nesting import NESTED_CLOCKS, NESTED_STAGES, NESTED_STUDENTS, Nesting
from reporting.measures.suppression import Pattern, decide
from tests.reporting.measures.districts import Sample

MINIMUM = 10
SAMPLES = [Sample(n, (3, 4, 2), (True, False, True), referrals=200, students=60, has_months=n > 0) for n in range(3)]
MONTHS = Axis((7, 8, 9, 12, 2), of_students=False, blocks=((0, 0, 0, 0, 1), (0, 0, 0, 1, 2)))
GROUPS = Axis((3, 5), of_students=True)


def test_lines_of_a_table_are_the_cells_that_add_up_to_one_of_the_coarser_table() -> None:
    quarters = shapes_of((MONTHS, GROUPS))[2, 1]
    assert (quarters.sizes, quarters.size) == ((3, 2), 6)
    along_months, along_groups = quarters.directions[0], quarters.directions[1]
    assert (along_months.coarser, along_groups.coarser) == ((1, 1), (2, 0))
    # Two quarters of the first half-year, and the only one that is known of the second: each for both groups.
    cells = [(sum_at, [*range(6)[parts]]) for sum_at, parts in along_months.slices]
    assert cells == [(0, [0, 2]), (1, [1, 3]), (2, [4]), (3, [5])]
    assert along_months.of_one == [(2, 4), (3, 5)]
    assert along_months.above == [0, 1, 0, 1, 2, 3]
    assert [range(6)[parts] for _, parts in along_groups.slices] == [range(0, 2), range(2, 4), range(4, 6)]
    assert along_groups.above == [0, 0, 1, 1, 2, 2]


def contents(table: Table) -> list[object]:
    """All that a table knows."""
    return [deepcopy(getattr(table, of.name)) for of in fields(table) if of.name not in ("shape", "lines")]


def hidden(pattern: Pattern) -> list[list[bytearray]]:
    """What is hidden in every table."""
    return [table.hidden + table.hidden_left + table.equal for table in pattern.tables.values()]


def decided(sample: Sample, nesting: Nesting, funnel: Pattern | None) -> list[list[bytearray]]:
    """What a view hides beside the funnel."""
    district = sample.district()
    if nesting is NESTED_CLOCKS:
        return hidden(decide(district.clocks(), nesting, MINIMUM, beside=funnel))
    return hidden(decide(district.students(), nesting, MINIMUM, beside=funnel, counts_students=True))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"seed {sample.seed}")
def test_what_is_remembered_is_not_changed_by_who_uses_it(sample: Sample) -> None:
    question = sample.district().funnel()
    shared = shapes_of(question.axes)
    funnel = decide(question, NESTED_STAGES, MINIMUM)
    before = {levels: contents(table) for levels, table in funnel.tables.items()}
    assert shapes_of(question.axes) is shared
    for nesting in (NESTED_CLOCKS, NESTED_STUDENTS):
        assert decided(sample, nesting, funnel) == decided(sample, nesting, None)
    assert {levels: contents(table) for levels, table in funnel.tables.items()} == before
    for levels, shape in shared.items():
        anew = Shape(question.axes, levels)
        for name, worked_out in vars(shape).items():
            assert getattr(anew, name) == worked_out


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"seed {sample.seed}")
def test_threads_that_share_shapes_decide_as_each_alone(sample: Sample) -> None:
    funnel = decide(sample.district().funnel(), NESTED_STAGES, MINIMUM)
    views = [NESTED_CLOCKS, NESTED_STUDENTS] * 4
    alone = {nesting: decided(sample, nesting, None) for nesting in views}
    with ThreadPoolExecutor(len(views)) as threads:
        together = threads.map(lambda nesting: (nesting, decided(sample, nesting, funnel)), views)
        assert all(found == alone[nesting] for nesting, found in together)
