"""What is set beside the truth is judged rightly."""

import pytest

from demo.comparison import Cells, Difference, differences, risk_ratio


@pytest.mark.parametrize(
    ("having", "of", "others_having", "of_others", "ratio", "low", "high"),
    [
        # Fagerland et al. 2015, Katz log.
        (7, 34, 1, 34, 7.0, 0.909606, 53.869506),
        (18, 120, 44, 880, 3.0, 1.794039, 5.016613),
        (36, 300, 90, 1523, 2.030667, 1.4081, 2.9286),
    ],
)
def test_the_interval_of_a_ratio_is_the_published_one(
    having: int, of: int, others_having: int, of_others: int, ratio: float, low: float, high: float
) -> None:
    found = risk_ratio(having, of, others_having, of_others)
    assert found is not None
    assert (found.ratio, found.low, found.high) == pytest.approx((ratio, low, high), rel=5e-5)


def test_where_nobody_has_it_there_is_no_ratio() -> None:
    assert risk_ratio(0, 10, 5, 20) is None
    assert risk_ratio(5, 15, 0, 20) is None


def test_counts_that_are_equal_do_not_differ_and_absent_ones_are_zero() -> None:
    rows = [{"sex": "male", "stage": "submitted", "n": 3}, {"sex": "male", "stage": "failed", "n": 0}]
    assert differences("sex", {("male", "submitted"): 3}, rows) == []


def test_one_too_few_one_too_many_one_hidden_and_one_missing_are_all_told() -> None:
    sent: Cells = {("male", "submitted"): 3, ("female", "submitted"): 2, ("unknown", "submitted"): 1}
    rows: list[dict[str, object]] = [
        {"sex": "male", "stage": "submitted", "n": 2},
        {"sex": "male", "stage": "failed", "n": 1},
        {"sex": "female", "stage": "submitted", "n": None},
    ]
    assert differences("sex", sent, rows) == [
        Difference("sex", "female", "submitted", 2, None),
        Difference("sex", "male", "failed", 0, 1),
        Difference("sex", "male", "submitted", 3, 2),
        Difference("sex", "unknown", "submitted", 1, 0),
    ]
