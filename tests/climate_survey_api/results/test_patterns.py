"""What is hidden beside small cells: enough of every line, and no cell that the others give away."""

from hypothesis import example, given
from hypothesis import strategies as st

from climate_survey_api.results.measures.patterns import Cell, Table, bridges, complemented, table_of, too_small

MINIMUM = 10


def table(*rows: list[int]) -> Table:
    """A table of so many people, with the district's row."""
    return table_of([[(n,) for n in row] for row in rows])


counts = st.sampled_from([0, 0, 1, 3, 7, 9, 10, 12, 20, 35])
shapes = st.tuples(st.integers(1, 6), st.integers(2, 5))
skipping = st.integers(0, 4)
tables = shapes.flatmap(
    lambda shape: st.lists(
        st.lists(st.tuples(counts, skipping), min_size=shape[1], max_size=shape[1]),
        min_size=shape[0],
        max_size=shape[0],
    )
)


@given(tables)
# The third school is of one value, which its margin tells: of the first column nothing more can be hidden but its sum.
@example([[(1, 0), (9, 0)], [(1, 0), (9, 0)], [(10, 0), (0, 0)]])
@example([[(1, 0), (0, 0), (9, 0)], [(0, 0), (1, 0), (9, 0)], [(10, 0), (0, 0), (0, 0)], [(0, 0), (10, 0), (0, 0)]])
def test_what_is_hidden_hides_itself(drawn: list[list[tuple[int, int]]]) -> None:
    rows = [[(n, max(0, n - skipped)) for n, skipped in row] for row in drawn]
    rows = [row for row in rows if min(sum(n) for n in zip(*row, strict=True)) >= MINIMUM]
    if not rows:
        return
    made = table_of(rows)
    hidden = complemented(made, too_small(made, MINIMUM), MINIMUM)
    assert hidden >= too_small(made, MINIMUM)
    assert not bridges(hidden)
    for line, margin in lines(made):
        inside = [cell for cell in line if cell in hidden]
        if inside and margin not in hidden:
            together = [sum(n) for n in zip(*(made.counts[row][column] for row, column in inside), strict=True)]
            assert len(inside) >= 2
            assert min(together) >= MINIMUM
    # The district's row, less what is shown of its hidden cells' columns, is the sum of those hidden there.
    below = [
        made.counts[row][column] for row, column in hidden if row < made.district and (made.district, column) in hidden
    ]
    assert not below or min(map(sum, zip(*below, strict=True))) >= MINIMUM


def lines(made: Table) -> list[tuple[list[Cell], Cell | None]]:
    """Every row, and every column with the cell that says its sum."""
    rows: list[tuple[list[Cell], Cell | None]] = [
        ([(row, column) for column in range(made.columns)], None) for row in range(made.district + 1)
    ]
    columns = range(made.columns)
    return rows + [([(row, column) for row in range(made.district)], (made.district, column)) for column in columns]


def test_a_cell_that_joins_two_rings_of_hidden_cells_is_given_away_and_gets_a_way_around() -> None:
    made = table([9, 9, 9, 50], [9, 9, 50, 50], [50, 50, 9, 9], [50, 50, 9, 9], [50, 60, 70, 80])
    small = {(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3)}
    assert too_small(made, MINIMUM) == small
    assert bridges(small) == {(0, 2)}  # rows 0 and 1 less columns 0 and 1 are just this
    hidden = complemented(made, small, MINIMUM)
    assert hidden > small
    assert not bridges(hidden)


def test_one_small_cell_takes_three_more_with_it_and_those_of_the_fewest_people() -> None:
    made = table([3, 15, 40], [20, 30, 40], [20, 18, 40])
    assert complemented(made, {(0, 0)}, MINIMUM) == {(0, 0), (0, 1), (2, 0), (2, 1)}


def test_where_a_whole_school_is_of_one_value_that_is_shown_for_it_cannot_be_hidden() -> None:
    made = table([3, 15, 40], [0, 30, 0])
    hidden = complemented(made, {(0, 0), (1, 1)}, MINIMUM)
    assert (1, 1) not in hidden
    assert {(0, 0), (2, 0)} <= hidden  # nobody else is of this value: its sum in the district is the cell itself
