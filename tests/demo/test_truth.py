"""The truth is what was drawn and sent, and a home holds one district of a name."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

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


def test_the_denominators_are_the_students() -> None:
    truth = loaded()
    assert truth.enrolled["", None] == 200
    for school in TINY.schools:
        assert truth.enrolled["school_id", school.school_id] == school.students


def test_what_is_written_can_be_read_without_this_program(tmp_path: Path) -> None:
    truth, path = loaded(), tmp_path / "demo-truth.json"
    truth.write(path, sent_all=True)
    said = json.loads(path.read_text(encoding="utf-8"))
    assert said["enrolled"][""]["null"]["students"] == 200
    assert said["sent"][""]["null"]["submitted"] == truth.sent_by("")[None, "submitted"]
    assert said["planted"]["ratios"]["race_ethnicity"]["black"] == 1.9
    assert (
        sum(group["submitted"] for group in said["sent"]["race_ethnicity"].values())
        == said["sent"][""]["null"]["submitted"]
    )


def test_a_second_run_begins_on_the_day_of_the_first(tmp_path: Path) -> None:
    path = truth_path(tmp_path, "demo")
    assert earlier_run(path, TINY) is None
    loaded().write(path, sent_all=True)
    assert earlier_run(path, TINY) == EarlierRun(TODAY, sent_all=True)


def test_another_district_under_the_same_name_is_refused(tmp_path: Path) -> None:
    path = truth_path(tmp_path, "demo")
    loaded().write(path, sent_all=True)
    with pytest.raises(OtherDistrictLoaded, match="seed 3, 2 schools, 200 students"):
        earlier_run(path, replace(TINY, seed=4))
    assert truth_path(tmp_path, "demo-2") != path
