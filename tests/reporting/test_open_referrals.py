"""The referrals that wait for an outcome, by their age, through HTTP and on both databases."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.events.referrals import Need, ReferralSubmitted, Stage
from shared.testing.events import a_life, a_submission, an_enrollment, some_facets, taken_back
from tests.reporting.suite import Reporting, announce, reporting_on, view

TODAY = date(2026, 11, 22)
BANDS = ("0_1", "2_7", "8_14", "15_30", "31_60", "over_60")


def submitted(days_ago: int, **given: Any) -> ReferralSubmitted:
    """A referral of so many days ago."""
    return a_submission(submitted_on=TODAY - timedelta(days=days_ago), **given)


async def ages(reporting: Reporting, **query: Any) -> dict[tuple[Any, ...], dict[str, Any]]:
    """By key, the bands in which anything is open."""
    keys = query["by"].split(",") if query.get("by") else []
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in (await view(reporting, "open-referrals", **query))["rows"]:
        bands = found.setdefault(tuple(row[key] for key in keys), {})
        if row["n"] or row["suppressed"]:
            bands[row["age_days"]] = row["n"]
    return found


async def test_open_referrals_are_told_by_the_days_since_they_were_submitted(reporting: Reporting) -> None:
    days = (-1, 0, 1, 2, 7, 8, 14, 15, 30, 31, 60, 61, 144)
    await announce(reporting, *[submitted(n) for n in days], submitted(145))
    answer = await view(reporting, "open-referrals")
    assert [(r["age_days"], r["n"]) for r in answer["rows"]] == list(zip(BANDS, (3, 2, 2, 2, 2, 2), strict=True))
    assert answer["today"] == "2026-11-22"
    assert (await ages(reporting, school_year=2026)) == {(): {"over_60": 1}}


@pytest.mark.parametrize("outcome", [Stage.COMPLETED, Stage.FAILED, Stage.REJECTED, Stage.CANCELLED])
async def test_one_with_an_outcome_or_entered_in_error_is_open_no_more(reporting: Reporting, outcome: Stage) -> None:
    wrong = a_life(submitted(3), Stage.ACCEPTED)
    ended_wrong = a_life(submitted(3), outcome)
    await announce(
        reporting,
        *a_life(submitted(3), Stage.ACCEPTED, outcome, Stage.LOOPED),
        *a_life(submitted(3), Stage.ACCEPTED, Stage.STARTED),
        *wrong,
        *ended_wrong,
    )
    assert await ages(reporting) == {(): {"2_7": 2}}
    await announce(reporting, taken_back(wrong), taken_back(ended_wrong))
    assert await ages(reporting) == {(): {"2_7": 1}}


async def test_one_student_with_two_referrals_of_a_day_has_two_open(reporting: Reporting) -> None:
    first = a_submission()
    await announce(reporting, first, a_submission(), *a_life(a_submission(), Stage.COMPLETED))
    assert await ages(reporting) == {(): {"over_60": 2}}
    students = await view(reporting, "students-referred")
    assert [row["students"] for row in students["rows"]] == [1]


async def test_open_referrals_by_key_and_filter(reporting: Reporting) -> None:
    await announce(
        reporting,
        submitted(0),
        submitted(9, need=Need.BULLYING),
        submitted(9, school_id="s-2"),
        an_enrollment((some_facets(), 50), school_id="s-3"),
        submitted(0, district_id="elsewhere"),
    )
    assert await ages(reporting, by="school_id") == {
        ("s-1",): {"0_1": 1, "8_14": 1},
        ("s-2",): {"8_14": 1},
        ("s-3",): {},
    }
    assert await ages(reporting, by="need,month") == {
        ("grief", "2026-11"): {"0_1": 1, "8_14": 1},
        ("bullying", "2026-11"): {"8_14": 1},
    }
    assert await ages(reporting, need="bullying") == {(): {"8_14": 1}}
    assert await ages(reporting, schools=["s-2"]) == {(): {"8_14": 1}}


async def test_an_analyst_is_not_shown_small_ages(reporting: Reporting) -> None:
    await announce(reporting, an_enrollment((some_facets(), 90)), *[submitted(0) for _ in range(11)], submitted(9))
    # The funnel tells an analyst that twelve are open: what is not eleven of them would be one.
    assert await ages(reporting, role="analyst") == {(): {"0_1": None, "8_14": None}}
    assert await ages(reporting) == {(): {"0_1": 11, "8_14": 1}}


async def test_ages_and_months_together_give_no_count_away(reporting: Reporting) -> None:
    # 36 are of November's last two weeks, and 4 of its first; the band that these 4 lie in begins in October.
    await announce(
        reporting,
        an_enrollment((some_facets(), 900)),
        *[submitted(days_ago) for days_ago in (0, 3, 9) for _ in range(12)],
        *[submitted(16) for _ in range(4)],
        *[submitted(25) for _ in range(30)],
        *[submitted(80) for _ in range(40)],
    )
    funnel = (await view(reporting, "referral-funnel", role="analyst", by="month"))["rows"]
    shown = {row["month"]: row["n"] for row in funnel if row["stage"] == "submitted"}
    assert shown == {"2026-09": 40, "2026-10": 30, "2026-11": 40}
    # 34 less what is open in October would be 4, and so would all of November less its three young bands.
    (told,) = (await ages(reporting, role="analyst")).values()
    assert (told["15_30"], told.get("31_60", 0), told["over_60"]) == (None, 0, 40)
    young = [told[band] for band in ("0_1", "2_7", "8_14")]
    assert young.count(None) == 1
    by_month = await ages(reporting, role="analyst", by="month")
    assert by_month["2026-11",]["15_30"] is None
    assert by_month["2026-10",] == {"15_30": 30}


async def test_no_ages_are_told_where_the_funnel_does_not_tell_how_many_are_open(reporting: Reporting) -> None:
    rejected = [event for _ in range(4) for event in a_life(submitted(80), Stage.REJECTED)]
    await announce(reporting, an_enrollment((some_facets(), 900)), *[submitted(80) for _ in range(30)], *rejected)
    funnel = {row["stage"]: row["n"] for row in (await view(reporting, "referral-funnel", role="analyst"))["rows"]}
    assert (funnel["submitted"], funnel["rejected"]) == (34, None)
    # The thirty would tell of the four; and that none is younger is a part of what is hidden, as September is in both.
    assert await ages(reporting, role="analyst") == {(): {"31_60": None, "over_60": None}}


@pytest.mark.parametrize(
    ("time_zone", "today", "band"),
    [("America/New_York", "2026-11-22", "0_1"), ("Europe/Berlin", "2026-11-23", "2_7")],
)
async def test_ages_are_counted_to_the_day_in_the_zone_that_is_set(
    database_url: str, tmp_path: Path, time_zone: str, today: str, band: str
) -> None:
    evening = datetime(2026, 11, 23, 3, tzinfo=UTC)  # the 22nd, ten at night in New York
    async with reporting_on(database_url, tmp_path, now=evening, time_zone=time_zone) as reporting:
        await announce(reporting, submitted(1))
        assert (await view(reporting, "open-referrals"))["today"] == today
        assert await ages(reporting) == {(): {band: 1}}
