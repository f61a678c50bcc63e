"""What is told of a row beside its share: weights, warnings, and why there is nothing."""

from dataclasses import replace

import pytest

from climate_survey_api.results.measures.cautions import CautionKind, cautions
from climate_survey_api.results.measures.figures import figures
from climate_survey_api.results.measures.sheets import SheetRow, packed, unpacked
from climate_survey_api.results.measures.weights import weighted
from tests.climate_survey_api.results.districts import STUDENT
from tests.climate_survey_api.results.test_measures import one_each

WHOLE = SheetRow(None, "safety", None, one_each(40, 60), 1, 80, 60, None, 4)


def stratum(value: str, favorable: int, n: int, frame: int | None) -> SheetRow:
    """What is shown of a value."""
    return replace(WHOLE, value=value, sums=one_each(favorable, n), frame=frame)


def hidden(value: str, frame: int | None) -> SheetRow:
    """A value of which nothing is shown."""
    return SheetRow(value, "safety", None, None, 0, None, None, frame, 4)


def test_values_weigh_as_much_as_in_the_frame_and_hidden_ones_are_one_stratum_together() -> None:
    strata = [stratum("a", 30, 40, 20), hidden("b", 20), hidden("c", 40), hidden("unknown", 0)]
    found = weighted(WHOLE, strata)
    assert found.favorable == pytest.approx((20 * 30 / 40 + 60 * 10 / 20) / 80)
    assert found.mean == pytest.approx((20 * (30 * 4 + 10) / 40 + 60 * (10 * 4 + 10) / 20) / 80)
    assert found.why_not is None


def test_who_did_not_say_is_in_no_stratum() -> None:
    strata = [stratum("a", 10, 20, 50), stratum("b", 20, 20, 50), stratum("unknown", 10, 20, 0)]
    assert weighted(WHOLE, strata).favorable == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("whole", "strata", "why_not"),
    [
        (replace(WHOLE, sums=None), [], "suppressed"),
        (stratum("x", 8, 12, 20), [stratum("a", 40, 60, 80)], "only rows that are not by value are weighted"),
        (WHOLE, [hidden("a", 40), hidden("b", 40)], "nothing is shown by value"),
        (WHOLE, [stratum("a", 40, 60, 80), hidden("b", None)], "the frame of a school is not known"),
        (WHOLE, [stratum("a", 40, 60, 60), hidden("b", 20)], "a value of the frame has no answers"),
        (WHOLE, [stratum("a", 40, 60, 0)], "the frame counts nobody"),
        (replace(WHOLE, schools=2), [stratum("a", 40, 60, 80)], "by value fewer schools are shown"),
    ],
)
def test_where_weights_are_impossible_it_is_said_why(whole: SheetRow, strata: list[SheetRow], why_not: str) -> None:
    found = weighted(whole, strata)
    assert (found.favorable, found.mean, found.why_not) == (None, None, why_not)


@pytest.mark.parametrize(
    ("row", "kinds"),
    [
        (WHOLE, [CautionKind.LOW_RESPONSE]),
        (replace(WHOLE, respondents=68), []),  # 85 % of 80
        (replace(WHOLE, invited=59), [CautionKind.MORE_THAN_INVITED]),
        (replace(WHOLE, invited=60, sums=WHOLE.sums and WHOLE.sums.model_copy(update={"alpha": 0.69})), ["low_alpha"]),
        (replace(WHOLE, sums=None), []),
    ],
)
def test_a_warning_says_what_is_to_be_known(row: SheetRow, kinds: list[CautionKind]) -> None:
    assert [caution.kind for caution in cautions("s-1", STUDENT, [row], schools_asked=1)] == kinds


def test_the_district_says_that_it_could_not_take_in_every_school() -> None:
    (caution,) = cautions(None, STUDENT, [replace(WHOLE, invited=60)], schools_asked=3)
    assert (caution.kind, caution.school_id) == (CautionKind.SCHOOLS_LEFT_OUT, None)


def test_a_suppressed_row_has_no_number_and_comes_back_from_the_table_as_it_was() -> None:
    row = hidden("a", 20)
    told = figures(row)
    assert {told.n, told.favorable, told.share.low, told.mean, told.margin, told.response_rate, told.alpha} == {None}
    assert unpacked(packed([row, WHOLE])) == [row, WHOLE]
