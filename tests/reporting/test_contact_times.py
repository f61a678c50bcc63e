"""How long referrals waited for their first contact, through HTTP and on both databases."""

import csv
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest

from shared.events.facets import Sex
from shared.events.referrals import (
    Need,
    ReferralContacted,
    ReferralContactOverdue,
    ReferralEvent,
    ReferralSubmitted,
    Urgency,
)
from shared.testing.events import a_submission, an_enrollment, later, some_facets, taken_back
from tests.reporting.suite import Reporting, announce, view

ERROR = 1 / 21


def reached(submitted: ReferralSubmitted, hours: float, *, was_overdue: bool = False) -> list[ReferralEvent]:
    """A referral, due after 48 hours, whose student was reached after so many."""
    at = submitted.submitted_at + timedelta(hours=hours)
    contact = later(ReferralContacted, submitted, contacted_at=at, was_overdue=was_overdue)
    return [submitted, *([later(ReferralContactOverdue, submitted)] if was_overdue else []), contact]


def overdue(submitted: ReferralSubmitted) -> list[ReferralEvent]:
    """A referral that was due, and nobody was reached."""
    return [submitted, later(ReferralContactOverdue, submitted)]


def row(n: int | None, median: float | None, p90: float | None, within: float | None, **keys: Any) -> dict[str, Any]:
    """A row with hours as exact as the view says they are."""
    hours = {"median_hours": median, "p90_hours": p90}
    told = {name: pytest.approx(true, rel=ERROR) if true is not None else None for name, true in hours.items()}
    return {**keys, "n": n, **told, "within_clock": within, "suppressed": n is None}


async def test_contact_times_tell_median_ninetieth_percentile_and_share_within_the_clock(reporting: Reporting) -> None:
    lives = [reached(a_submission(), hours) for hours in (1, 2, 3, 5, 8, 13, 21, 34, 47, 72)]
    await announce(reporting, *[event for life in lives for event in life], *overdue(a_submission()), a_submission())
    answer = await view(reporting, "contact-times")
    # Nine of ten in time, one too late, one not reached: due were eleven. The last one is not due yet.
    assert answer["rows"] == [row(10, 8, 47, 0.8182)]
    assert answer["method"]["relative_error"] == pytest.approx(ERROR, abs=1e-4)
    assert "lower median" in answer["method"]["quantiles"]
    assert answer["as_of"] is not None
    assert answer["policy"] == {"minimum_cell": None, "complementary": False, "method": None}


async def test_one_that_was_overdue_and_then_reached_counts_once(reporting: Reporting) -> None:
    await announce(reporting, *reached(a_submission(), 50, was_overdue=True), *reached(a_submission(), 10))
    assert (await view(reporting, "contact-times"))["rows"] == [row(2, 10, 50, 0.5)]


async def test_what_was_entered_in_error_is_in_no_contact_time(reporting: Reporting) -> None:
    lives = [reached(a_submission(), 9, was_overdue=True), overdue(a_submission())]
    await announce(reporting, *[event for life in lives for event in [*life, taken_back(life)]])
    assert (await view(reporting, "contact-times"))["rows"] == []


@pytest.mark.parametrize("role", ["counselor", "analyst"])
async def test_a_contact_of_before_the_views_counted_contacts_is_taken_back_to_nothing_and_not_below(
    reporting: Reporting, role: str
) -> None:
    """As between an upgrade and the rebuild that follows it."""
    life = reached(a_submission(), 9)
    kept = reached(a_submission(need=Need.BULLYING), 4)
    await announce(reporting, an_enrollment((some_facets(), 500)), life[0], taken_back(life), *kept)
    rows = (await view(reporting, "contact-times", role=role, by="need"))["rows"]
    assert all(r["n"] in (0, 1, None) and r["median_hours"] in (None, pytest.approx(4, rel=ERROR)) for r in rows)


async def test_contact_times_by_every_kind_of_key_and_filter(reporting: Reporting) -> None:
    await announce(
        reporting,
        *reached(a_submission(), 4),
        *reached(a_submission(need=Need.BULLYING, urgency=Urgency.URGENT, sex=Sex.MALE), 8),
        *reached(a_submission(school_id="s-2", submitted_on=date(2026, 12, 1)), 60),
        *reached(a_submission(submitted_on=date(2026, 6, 30)), 500),
        *reached(a_submission(district_id="elsewhere"), 600),
    )
    assert (await view(reporting, "contact-times", by="school_id"))["rows"] == [
        row(2, 4, 8, 1.0, school_id="s-1"),
        row(1, 60, 60, 0.0, school_id="s-2"),
    ]
    assert (await view(reporting, "contact-times", by="month,need"))["rows"] == [
        row(1, 4, 4, 1.0, month="2026-09", need="grief"),
        row(1, 8, 8, 1.0, month="2026-09", need="bullying"),
        row(1, 60, 60, 0.0, month="2026-12", need="grief"),
    ]
    assert (await view(reporting, "contact-times", sex="male"))["rows"] == [row(1, 8, 8, 1.0)]
    assert (await view(reporting, "contact-times", urgency="soon", school_id="s-1"))["rows"] == [row(1, 4, 4, 1.0)]
    assert (await view(reporting, "contact-times", schools=["s-2"]))["rows"] == [row(1, 60, 60, 0.0)]
    assert (await view(reporting, "contact-times", **{"from": "2026-10"}))["rows"] == [row(1, 60, 60, 0.0)]


async def test_where_nobody_was_reached_there_are_no_hours(reporting: Reporting) -> None:
    await announce(reporting, *overdue(a_submission()), an_enrollment((some_facets(), 50), school_id="s-2"))
    assert (await view(reporting, "contact-times", by="school_id"))["rows"] == [
        row(0, None, None, 0.0, school_id="s-1"),
        row(0, None, None, None, school_id="s-2"),
    ]


async def test_an_analyst_is_told_no_contact_time_of_few_and_no_share_that_counts_few(reporting: Reporting) -> None:
    lives = [reached(a_submission(), 10) for _ in range(12)] + [reached(a_submission(), 60) for _ in range(11)]
    lives += [reached(a_submission(need=Need.BULLYING), 10) for _ in range(9)]
    lives += [reached(a_submission(need=Need.FAMILY_CONFLICT), 10 if n else 60) for n in range(30)]
    await announce(reporting, an_enrollment((some_facets(), 500)), *[event for life in lives for event in life])
    rows = {r["need"]: r for r in (await view(reporting, "contact-times", role="analyst", by="need"))["rows"]}
    assert rows["bullying"] == row(None, None, None, None, need="bullying")
    assert rows["family_conflict"]["within_clock"] is None
    assert not rows["family_conflict"]["suppressed"]
    everything = await view(reporting, "contact-times", by="need")
    assert [(r["need"], r["n"], r["within_clock"]) for r in everything["rows"]] == [
        ("grief", 23, 0.5217),
        ("family_conflict", 30, 0.9667),
        ("bullying", 9, 1.0),
    ]


async def test_contact_times_come_as_csv_too(reporting: Reporting) -> None:
    await announce(reporting, *overdue(a_submission()))
    async with reporting.client("counselor") as client:
        response = await client.get(
            "/v1/views/contact-times", params={"school_year": 2027, "by": "need"}, headers={"Accept": "text/csv"}
        )
    assert list(csv.reader(StringIO(response.text))) == [
        ["need", "n", "median_hours", "p90_hours", "within_clock", "suppressed"],
        ["grief", "0", "", "", "0.0", "false"],
    ]


@pytest.mark.parametrize("role", ["officer", "staff", "provider", "integration"])
async def test_who_may_not_see_counts_is_refused(reporting: Reporting, role: str) -> None:
    async with reporting.client(role, provider="p-1" if role == "provider" else None) as client:
        response = await client.get("/v1/views/contact-times", params={"school_year": 2027})
    assert response.status_code == 403
