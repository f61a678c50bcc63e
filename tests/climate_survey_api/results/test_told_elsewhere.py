"""What is told beside the results themselves says no more than they do: on the bus, in reporting, by weights.

A row that is weighted by a facet is made of the facet's shown values and of what these leave of the row.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from climate_survey_api.results.announcements import Counted, results_counted
from climate_survey_api.results.measures.patterns import complemented
from climate_survey_api.results.measures.sheets import Sheet, SheetRow
from climate_survey_api.results.measures.showing import Complement
from reporting.projections.changes import Count, Finding
from reporting.projections.surveys import on_survey_results_counted
from tests.climate_survey_api.results.districts import MINIMUM, VALUES, ballots_of_a_district, sheets_of
from tests.climate_survey_api.results.test_attack import DISTRICTS, only_the_small_ones

COUNTED = Counted("demo", UUID(int=44), 2027, date(2026, 10, 16), MINIMUM, datetime(2026, 10, 17, tzinfo=UTC))


@pytest.fixture(scope="module")
def districts() -> list[list[Sheet]]:
    """What is shown of each."""
    return list(districts_by(complemented))


def districts_by(complement: Complement) -> Iterator[list[Sheet]]:
    """The same where it is decided otherwise what is hidden."""
    for seed, skips in DISTRICTS:
        yield sheets_of(ballots_of_a_district(seed, skips=skips), complement=complement)


def test_the_bus_tells_the_rows_of_the_results_and_of_a_suppressed_one_no_number(districts: list[list[Sheet]]) -> None:
    for sheet in (sheet for sheets in districts for sheet in sheets):
        rows = [*sheet.dimensions, *sheet.items]
        told = [row for event in results_counted(COUNTED, sheet) for row in event.rows]
        assert [(r.value, r.dimension, r.item_id, r.sums) for r in told] == [
            (r.value, r.dimension, r.item_id, r.sums) for r in rows
        ]
        # Of a district whose rows differ they are those of the widest, as each row says of itself in the results.
        beside = {(event.schools_counted, event.invited) for event in results_counted(COUNTED, sheet)}
        assert beside <= {(row.schools, row.invited or 0) for row in rows}


def test_reporting_keeps_four_numbers_of_each_dimension_and_none_of_items_or_values(
    districts: list[list[Sheet]],
) -> None:
    for sheet in (sheet for sheets in districts for sheet in sheets):
        kept = [change for event in results_counted(COUNTED, sheet) for change in on_survey_results_counted(event)]
        findings = [change.findings for change in kept if isinstance(change, Count)]
        assert findings == ([] if sheet.facet else [{row.dimension: four_numbers(row) for row in sheet.dimensions}])


def four_numbers(row: SheetRow) -> Finding:
    """What the view's share and mean are made of."""
    sums = row.sums
    return Finding(sums.n, sums.answers, sums.favorable, sums.means) if sums else Finding(None, None, None, None)


def test_who_takes_what_is_shown_from_a_row_or_a_column_is_left_with_enough_people_or_none(
    districts: list[list[Sheet]],
) -> None:
    left = [n for sheets in districts for n in what_is_left(sheets)]
    assert len(left) > 500
    assert {n for n in left if n < MINIMUM} == {0}
    naive = [n for sheets in districts_by(only_the_small_ones) for n in what_is_left(sheets)]
    assert len([n for n in naive if 0 < n < MINIMUM]) > 100


def what_is_left(sheets: list[Sheet]) -> Iterator[int]:
    """How many the hidden values of a row, and the hidden schools of a value, are together, wherever that follows."""
    rows = {
        (sheet.school_id, sheet.facet, row.value, row.dimension, row.item_id): row
        for sheet in sheets
        for row in (*sheet.dimensions, *sheet.items)
        if row.sums
    }
    schools = sorted({sheet.school_id for sheet in sheets if sheet.school_id})
    for (school, facet, value, dimension, item_id), row in rows.items():
        if facet is None:
            for one, values in VALUES.items():
                cells = [rows.get((school, one, value, dimension, item_id)) for value in values]
                if all(cell is None or cell.schools == row.schools for cell in cells):
                    yield n_of(row) - sum(map(n_of, filter(None, cells)))
        if school is None:
            cells = [rows.get((school, facet, value, dimension, item_id)) for school in schools]
            yield n_of(row) - sum(map(n_of, filter(None, cells)))


def n_of(row: SheetRow) -> int:
    """Of how many it is."""
    assert row.sums is not None
    return row.sums.n
