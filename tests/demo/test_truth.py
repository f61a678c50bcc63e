"""The truth is what was drawn and sent, and a home holds one district of a name."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from demo.arrivals import Arrivals, Whereabouts
from demo.district import District, Size
from demo.lives import days_of_school_year, lives
from demo.truth import EarlierRun, OtherDistrictLoaded, Truth, earlier_run, truth_path

TINY = District("demo", Size(schools=2, students=200, reference_rate=0.3), seed=3)
TODAY = date(2026, 11, 22)


def loaded() -> Truth:
    truth = Truth(TINY, as_of=TODAY)
    for student in TINY.everybody():
        truth.enroll(student)
    for school in TINY.schools:
        for life in lives(TINY, school, days_of_school_year(TODAY)):
            truth.add(life)
    return truth


def test_every_breakdown_adds_up_to_the_total() -> None:
    truth = loaded()
    total = truth.sent_by("")[None, "submitted"]
    assert total > 50
    for key in ("school_id", "race_ethnicity", "sex", "disability", "grade_band", "need", "urgency", "month"):
        assert sum(n for (_, stage), n in truth.sent_by(key).items() if stage == "submitted") == total


def test_how_many_referrals_there_are_to_send_is_known_about_beforehand() -> None:
    truth = loaded()
    drawn = sum(1 for school in TINY.schools for _ in lives(TINY, school, days_of_school_year(TODAY)))
    assert drawn == pytest.approx(truth.expects_referrals, abs=4 * truth.expects_referrals**0.5)


def test_the_denominators_are_the_students() -> None:
    truth = loaded()
    assert truth.enrolled["", None] == 200
    for school in TINY.schools:
        assert truth.enrolled["school_id", school.school_id] == school.students


def test_what_is_written_can_be_read_without_this_program(tmp_path: Path) -> None:
    truth, path = loaded(), tmp_path / "demo-truth.json"
    truth.write(path, Arrivals(total=60, count=60, officers=True, surveys=True))
    said = json.loads(path.read_text(encoding="utf-8"))
    assert said["sent_all"]
    assert said["enrolled"][""]["null"]["students"] == 200
    assert said["sent"][""]["null"]["submitted"] == truth.sent_by("")[None, "submitted"]
    assert said["training"]["officers"] == len(truth.training.officers)
    assert said["planted"]["ratios"]["race_ethnicity"]["black"] == 1.9
    assert (
        sum(group["submitted"] for group in said["sent"]["race_ethnicity"].values())
        == said["sent"][""]["null"]["submitted"]
    )


def test_a_second_run_begins_on_the_day_of_the_first(tmp_path: Path) -> None:
    path = truth_path(tmp_path, "demo")
    assert earlier_run(path, TINY) is None
    arrivals = Arrivals(total=60, count=12, last=Whereabouts("a-referral", "s-1"))
    loaded().write(path, arrivals)
    assert earlier_run(path, TINY) == EarlierRun(TODAY, arrivals)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_run_that_sent_nothing_yet_left_its_day_and_nothing_else(tmp_path: Path) -> None:
    path = truth_path(tmp_path, "demo")
    loaded().write(path, Arrivals())
    assert earlier_run(path, TINY) == EarlierRun(TODAY, Arrivals())


@pytest.mark.parametrize(
    "other",
    [
        replace(TINY, seed=4),
        replace(TINY, size=Size(schools=3, students=200, reference_rate=0.3)),
        replace(TINY, size=Size(schools=2, students=200, reference_rate=0.2)),
    ],
)
def test_another_district_under_the_same_name_is_refused(other: District, tmp_path: Path) -> None:
    path = truth_path(tmp_path, "demo")
    loaded().write(path, Arrivals())
    with pytest.raises(OtherDistrictLoaded, match=r"seed 3, 2 schools, 200 students.*DISTRICT=.*HOME_DIR="):
        earlier_run(path, other)
    assert truth_path(tmp_path, "demo-2") != path
