"""Which margins are kept: pure."""

from itertools import combinations

import pytest

from reporting.codec import FIELDS, pack_referrals
from reporting.margins import LINES, MARGINS, WHOLE, mask_of, number_of
from shared.events.referrals import Need, Urgency
from shared.testing.events import some_facets


def test_every_two_fields_are_on_exactly_one_line() -> None:
    for pair in combinations(FIELDS, 2):
        assert len([line for line in LINES if set(pair) <= set(line)]) == 1
    assert {len(line) for line in LINES} == {3}


def test_all_margins_of_two_fields_and_fewer_are_kept_each_from_a_line_that_has_its_fields() -> None:
    assert len(MARGINS) == len({m.number for m in MARGINS}) == 1 + 7 + 21
    for margin in MARGINS:
        assert margin.mask & mask_of(LINES[margin.line]) == margin.mask
    assert (MARGINS[0].number, MARGINS[0].mask) == (WHOLE, 0)


@pytest.mark.parametrize(
    ("fields", "number"), [((), 0), (("grade_band",), 1), (("need",), 64), (("sex", "race_ethnicity"), 24)]
)
def test_margins_keep_their_numbers_for_ever(fields: tuple[str, ...], number: int) -> None:
    assert number_of(fields) == number


def test_a_mask_keeps_its_fields_and_nothing_else() -> None:
    cell = pack_referrals(Need.OTHER, Urgency.ROUTINE, some_facets())
    kept = cell & mask_of(["need", "sex"])
    for field, bits in FIELDS.items():
        assert (kept >> bits.shift & bits.mask) == (cell >> bits.shift & bits.mask if field in ("need", "sex") else 0)
