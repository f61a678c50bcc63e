"""Students counted once in every table of a lattice, from one pass over the rows; on both databases."""

from collections import Counter
from datetime import date, timedelta
from random import Random

from reporting.codec import FIELDS, month_of
from reporting.views.breakdown import Breakdown, Key, Numbers
from reporting.views.guarding import axes_of
from reporting.views.scope import schools_by_number
from reporting.views.traces import coarser_tables, students_by_cell, traces
from shared.auth import Caller, Role
from shared.events.facets import Sex
from shared.events.referrals import Need, ReferralSubmitted
from shared.testing.events import a_life, a_submission, an_enrollment, some_facets, taken_back
from tests.reporting.suite import Reporting, announce, view

READER = Caller(sub="a-1", district_id="demo", role=Role.ANALYST, school_ids=None, provider_id=None)
FIRST_MONTH = month_of(date(2026, 7, 1))
KEYS = (Key.SCHOOL_ID, Key.MONTH, Key.NEED, Key.SEX)


def some_referrals(random: Random, count: int) -> list[ReferralSubmitted]:
    """Of few students, so that most of them were referred several times: at three schools, over the whole year."""
    return [
        a_submission(
            student_id=f"st-{random.randrange(count // 3)}",
            school_id=f"s-{random.randrange(3)}",
            submitted_on=date(2026, 7, 1) + timedelta(days=random.randrange(365)),
            need=random.choice([Need.GRIEF, Need.BULLYING]),
            sex=random.choice([Sex.MALE, Sex.FEMALE]),
        )
        for _ in range(count)
    ]


async def test_every_coarser_table_counts_each_student_of_its_sums_once(reporting: Reporting) -> None:
    referrals = some_referrals(Random(21), 60)
    mistake = a_life(a_submission(student_id="st-mistaken"))
    await announce(reporting, *referrals, *mistake, taken_back(mistake), a_submission(district_id="elsewhere"))
    whole = Breakdown(2027, KEYS, FIRST_MONTH, FIRST_MONTH + 11, ())
    async with reporting.process.database.read(READER.district_id) as session:
        found = await traces(session, READER, whole)
        schools = {school_id: number for number, school_id in (await schools_by_number(session, READER)).items()}
    cells = {one.student_id: set[Numbers]() for one in referrals}
    for one in referrals:
        fields = FIELDS["need"].numbers[one.need], FIELDS["sex"].numbers[one.facets.sex]
        cells[one.student_id].add((schools[one.school_id], month_of(one.submitted_on), *fields))
    by_cell = students_by_cell(found)
    assert by_cell == Counter(cell for of_one in cells.values() for cell in of_one)
    axes = axes_of(whole, {}, by_cell, {})
    tables = coarser_tables(axes, found)
    assert len(tables) == 2 * 4 * 2 * 2 - 1
    for levels, table in tables.items():
        along = [axis.places(level) for axis, level in zip(axes, levels, strict=True)]
        place = [dict(zip(axis.values, places, strict=True)) for axis, places in zip(axes, along, strict=True)]
        at = {who: {tuple(place[i][n] for i, n in enumerate(cell)) for cell in of_one} for who, of_one in cells.items()}
        assert table == Counter(spot for spots in at.values() for spot in spots)
    assert tables[0, 0, 0, 0] == {(0, 0, 0, 0): len(cells)}


async def test_of_a_part_of_the_year_an_analyst_is_told_each_student_once(reporting: Reporting) -> None:
    days = date(2026, 8, 20), date(2026, 10, 20)
    referrals = [a_submission(student_id=f"st-{n}", submitted_on=day) for n in range(40) for day in days]
    await announce(reporting, an_enrollment((some_facets(), 300)), *referrals)
    period = {"from": "2026-07", "to": "2026-12"}
    for by in ("", "school_id"):
        (row,) = (await view(reporting, "students-referred", role="analyst", by=by, **period))["rows"]
        assert row["students"] == 40
    months = (await view(reporting, "students-referred", role="analyst", by="month", **period))["rows"]
    assert {row["month"]: row["students"] for row in months} == {"2026-08": 40, "2026-10": 40}
