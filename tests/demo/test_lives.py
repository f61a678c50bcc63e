"""Referrals are drawn as planted, lie in the running school year, and know where they must be counted."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from functools import cache
from math import sqrt

import pytest

from demo import rates
from demo.district import SIZES, District
from demo.lives import TIME_ZONE, Life, Step, days_of_school_year, lives, school_year

TODAY = date(2026, 11, 22)
SMALL = District("demo", SIZES["small"], seed=7)


@cache
def all_lives(district: District = SMALL, today: date = TODAY) -> list[Life]:
    days = days_of_school_year(today)
    return [life for school in district.schools for life in lives(district, school, days)]


def a_life(*steps: Step, is_sent: bool = True) -> Life:
    student = next(SMALL.everybody())
    some = next(lives(SMALL, SMALL.schools[0], [TODAY]))
    return Life(some.referral_id, student, "staff", "grief", "soon", "x", some.noted_at, is_sent, steps)


def to(status: str) -> Step:
    return Step("transitions", {"to": status})


REACHED, VAIN = Step("contacts", {"reached": True}), Step("contacts", {"reached": False})
TOLD = Step("feedback", {"message_to_referrer": "x"})


@pytest.mark.parametrize(
    ("steps", "stages"),
    [
        ([], "submitted"),
        ([to("rejected")], "submitted rejected"),
        ([to("cancelled"), TOLD], "submitted cancelled looped"),
        ([to("accepted"), TOLD], "submitted accepted"),
        ([to("accepted"), VAIN], "submitted accepted"),
        ([to("accepted"), VAIN, REACHED, to("on_hold")], "submitted accepted contacted"),
        ([to("accepted"), to("in_progress"), to("completed"), TOLD], "submitted accepted started completed looped"),
        ([to("accepted"), to("failed")], "submitted accepted failed"),
        ([to("accepted"), REACHED, to("entered_in_error")], ""),
    ],
)
def test_a_life_says_in_which_stages_it_counts(steps: list[Step], stages: str) -> None:
    assert a_life(*steps).stages == set(stages.split())


def test_a_draft_counts_nowhere() -> None:
    assert not a_life(is_sent=False).stages


def test_the_same_seed_gives_the_same_referrals_and_another_one_others() -> None:
    again = District("demo", SIZES["small"], seed=7)
    other = District("demo", SIZES["small"], seed=8)
    elsewhere = District("elsewhere", SIZES["small"], seed=7)
    assert all_lives.__wrapped__(again) == all_lives()
    ids = {life.referral_id for life in all_lives()}
    assert ids.isdisjoint(life.referral_id for life in [*all_lives(other), *all_lives(elsewhere)])


def test_the_small_district_has_as_many_referrals_as_a_run_can_send() -> None:
    found = all_lives()
    assert 1_500 < len(found) < 2_500
    assert {len(life.steps) for life in found} >= {0, 1, 2, 3, 4, 5}
    assert any(not life.is_sent for life in found)
    assert any("entered_in_error" in step.body.values() for life in found for step in life.steps)


def test_each_group_is_referred_as_often_as_planted() -> None:
    counted = [life.student for life in all_lives() if life.stages]
    for facet in rates.RATIOS:
        expected, variance = defaultdict[str, float](float), defaultdict[str, float](float)
        for student in SMALL.everybody():
            rate = SMALL.referral_rate(student)
            expected[student.groups[facet]] += rate
            variance[student.groups[facet]] += rate * (1 - rate)
        found = Counter(student.groups[facet] for student in counted)
        for group, rate in expected.items():
            assert abs(found[group] - rate) < 4 * sqrt(variance[group]), group


def test_no_referral_is_noted_outside_the_days_given() -> None:
    days = days_of_school_year(TODAY)
    noted = [life.noted_at.astimezone(TIME_ZONE) for life in all_lives() if life.noted_at]
    assert len(noted) == len(all_lives())
    assert {moment.date() for moment in noted} <= set(days)
    assert all(8 <= moment.hour < 15 for moment in noted)
    assert {f"{moment:%Y-%m}" for moment in noted} == {life.month(TODAY) for life in all_lives()}


@pytest.mark.parametrize("today", [date(2026, 7, 2), date(2026, 12, 31), date(2027, 1, 1), date(2027, 6, 30)])
def test_the_days_begin_on_the_first_of_july_and_end_yesterday(today: date) -> None:
    days = days_of_school_year(today)
    assert (days[0], days[-1]) == (date(2026, 7, 1), today - timedelta(days=1))
    assert len(days) <= 365
    assert school_year(today) == 2027


def test_on_the_first_day_of_the_year_referrals_are_noted_as_they_arrive() -> None:
    today = date(2026, 7, 1)
    assert days_of_school_year(today) == []
    assert school_year(today) == 2027
    first = all_lives(today=today)[0]
    assert first.noted_at is None
    assert first.month(today) == "2026-07"


def test_a_referral_counts_under_the_local_day() -> None:
    late = datetime(2026, 10, 1, 2, tzinfo=UTC)
    some = a_life()
    life = Life(some.referral_id, some.student, "staff", "grief", "soon", "x", late, True, [])
    assert life.month(TODAY) == "2026-09"
