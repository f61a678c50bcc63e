"""The surveys of the synthetic district: dealt out as planted, the same for a seed, and added up as anybody would."""

import json
from collections import Counter
from datetime import UTC, datetime
from itertools import chain
from math import isclose
from pathlib import Path

import pytest

import climate_survey_api
from demo.district import SIZES, District, Size
from demo.surveys import planted
from demo.surveys.truth import Cell, SurveyTruth
from demo.surveys.waves import Item, instrument_items, open_survey, scored, units, waves

SMALL = District("demo", SIZES["small"], seed=7)
TRUTH = SurveyTruth(SMALL)
SHIPPED = Path(climate_survey_api.__file__).parent / "instruments" / "shipped" / "rapport-climate-1.json"
ITEMS = list(instrument_items(json.loads(SHIPPED.read_bytes())))
STUDENTS = next(unit for unit in units(SMALL) if unit.is_falling and unit.group == "student")


def test_the_same_seed_gives_the_same_ballots_and_another_one_or_wave_others() -> None:
    first, second, _ = waves(SMALL)
    assert first.ballots(STUDENTS, ITEMS) == waves(SMALL)[0].ballots(STUDENTS, ITEMS)
    assert first.ballots(STUDENTS, ITEMS) != second.ballots(STUDENTS, ITEMS)
    other = District("demo", SIZES["small"], seed=8)
    assert waves(other)[0].ballots(STUDENTS, ITEMS) != first.ballots(STUDENTS, ITEMS)
    assert not {wave.administration_id for wave in waves(other)} & {wave.administration_id for wave in TRUTH.waves}


def test_everybody_answers_only_what_his_group_is_asked_on_the_scale_it_is_asked_on() -> None:
    highest = {item.item_id: item.choices or 4 for item in ITEMS}
    for unit in units(SMALL):
        asked = {item.item_id for item in ITEMS if unit.group in item.groups}
        ballots = TRUTH.waves[0].ballots(unit, ITEMS)
        assert len(ballots) == unit.people <= unit.invited
        assert set(chain.from_iterable(ballot.answers for ballot in ballots)) <= asked
        assert all(1 <= answer <= highest[item_id] for b in ballots for item_id, answer in b.answers.items())
        assert any(len(ballot.answers) < len(asked) for ballot in ballots)


@pytest.mark.parametrize("wave", range(planted.WAVES))
def test_exactly_as_many_answer_favourably_as_is_planted(wave: int) -> None:
    ballots = TRUTH.waves[wave].ballots(STUDENTS, ITEMS)
    for item in ITEMS:
        if "student" not in item.groups or not item.is_scored:
            continue
        for race in planted.RACE_ETHNICITY:
            points = [
                scored(item, ballot.answers[item.item_id])
                for ballot in ballots
                if item.item_id in ballot.answers and ballot.facets["race_ethnicity"] == race
            ]
            share = planted.share_of(
                dimension=item.dimension, item_id=item.item_id, wave=wave, race_ethnicity=race, is_falling=True
            )
            assert abs(sum(point > 2 for point in points) - share * len(points)) <= 0.5


def test_of_each_group_more_than_the_smallest_number_shown_answer_at_every_school_but_the_tiny_one() -> None:
    races = Counter(ballot.facets["race_ethnicity"] for ballot in TRUTH.waves[0].ballots(STUDENTS, ITEMS))
    assert min(races[race] for race in planted.RACE_ETHNICITY) > 20
    people = {(unit.school.school_id, unit.group): unit.people for unit in TRUTH.units}
    tiny = TRUTH.tiny_school.school_id
    assert all((n < 10) == (school_id == tiny) for (school_id, _), n in people.items())


def test_what_must_be_found_is_added_up_from_the_ballots() -> None:
    unit = STUDENTS
    fair = Item("q", "equity", frozenset({"student"}), is_reversed=False)
    turned = Item("r", "equity", frozenset({"student"}), is_reversed=True)
    items = [fair, turned, Item("c", "equity", frozenset({"student"}), is_reversed=False, choices=3)]
    sums = TRUTH.sums(items)[Cell(0, unit.school.school_id, "student", "equity")]
    own = [
        [scored(item, ballot.answers[item.item_id]) for item in items[:2] if item.item_id in ballot.answers]
        for ballot in TRUTH.waves[0].ballots(unit, items)
    ]
    answered = [points for points in own if points]
    assert sums.n == len(answered)
    assert sums.share == sum(p >= 3 for points in answered for p in points) / sum(map(len, answered))
    assert isclose(sums.mean, sum(sum(points) / len(points) for points in answered) / len(answered))
    assert (scored(fair, 4), scored(turned, 4)) == (4, 1)


def test_a_plan_asks_every_unit_and_is_open_from_now_on() -> None:
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    plan = TRUTH.waves[0].plan(now)
    asked = {(s["school_id"], group): n for s in plan["schools"] for group, n in s["invited"].items()}
    assert asked == {(unit.school.school_id, unit.group): unit.invited for unit in TRUTH.units}
    assert [s["name"] for s in plan["schools"]] == [school.name for school in SMALL.schools[: len(plan["schools"])]]
    assert plan["opens_at"] == now.isoformat() < plan["closes_at"]
    assert open_survey(SMALL, now)["administration_id"] == str(TRUTH.open_survey_id)


def test_a_district_that_surveys_nobody_has_no_waves() -> None:
    nobody = SurveyTruth(District("demo", Size(schools=2, students=60, reference_rate=0.1), seed=5))
    assert (nobody.waves, nobody.units, nobody.written()) == ([], [], {})
