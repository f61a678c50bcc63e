"""What an analyst is told is the same however he asks, through HTTP and on both databases."""

from datetime import date
from typing import Any

import pytest

from reporting.views import guarding
from shared.events.base import Event
from shared.events.facets import RaceEthnicity, Sex
from shared.events.referrals import Stage
from shared.testing.events import a_life, a_submission, an_enrollment, some_facets
from tests.reporting.suite import Reporting, announce, view

COUNTS = {
    ("s-1", RaceEthnicity.ASIAN): 4,
    ("s-1", RaceEthnicity.BLACK): 20,
    ("s-1", RaceEthnicity.WHITE): 40,
    ("s-2", RaceEthnicity.ASIAN): 25,
    ("s-2", RaceEthnicity.BLACK): 30,
    ("s-2", RaceEthnicity.WHITE): 35,
    ("s-3", RaceEthnicity.ASIAN): 26,
    ("s-3", RaceEthnicity.BLACK): 27,
    ("s-3", RaceEthnicity.WHITE): 28,
}


async def a_district(reporting: Reporting) -> None:
    """Three schools and three groups; one group of one school has few referrals, and two thirds are of September."""
    facets = [some_facets(race_ethnicity=race, sex=Sex.FEMALE) for race in RaceEthnicity if race.value in RACES]
    events: list[Event] = [
        an_enrollment(*[(of_group, 300) for of_group in facets], school_id=school) for school in ("s-1", "s-2", "s-3")
    ]
    for (school, race), n in COUNTS.items():
        for i in range(n):
            day = date(2026, 9, 9) if i % 3 else date(2026, 11, 9)
            life = a_submission(school_id=school, race_ethnicity=race, sex=Sex.FEMALE, submitted_on=day)
            events += a_life(life, Stage.ACCEPTED, Stage.CONTACTED) if i % 2 else [life]
    await announce(reporting, *events)


RACES = {race.value for _, race in COUNTS}
Told = dict[tuple[Any, ...], tuple[int | None, bool]]


async def told(reporting: Reporting, *keys: str, **query: str) -> Told:
    """The numbers that an analyst is told, by the keys and the stage; where a filter names a key, with its value."""
    by = ",".join(key for key in keys if key not in query)
    rows = (await view(reporting, "referral-funnel", role="analyst", by=by, **query))["rows"]
    return {
        (*[query.get(key, row.get(key)) for key in keys], row["stage"]): (row["n"], row["suppressed"]) for row in rows
    }


async def test_a_filter_tells_just_what_the_wider_table_tells(reporting: Reporting) -> None:
    await a_district(reporting)
    wide = await told(reporting, "school_id", "race_ethnicity")
    assert wide["s-1", "asian", "submitted"] == (None, True)
    assert wide["s-3", "white", "submitted"] == (28, False)
    for keys in ({"school_id": "s-1"}, {"race_ethnicity": "asian"}, {"school_id": "s-1", "race_ethnicity": "asian"}):
        at = {"school_id": 0, "race_ethnicity": 1}
        of_wide = {row: n for row, n in wide.items() if all(row[at[key]] == value for key, value in keys.items())}
        assert await told(reporting, "school_id", "race_ethnicity", **keys) == of_wide


async def test_a_school_less_its_groups_gives_no_group_away(reporting: Reporting) -> None:
    await a_district(reporting)
    school = await told(reporting, school_id="s-1")
    groups = await told(reporting, "race_ethnicity", school_id="s-1")
    elsewhere = await told(reporting, "school_id", race_ethnicity="asian")
    assert school["submitted",] == (64, False)
    for line in (groups, elsewhere):
        assert sum(suppressed for row, (_, suppressed) in line.items() if row[-1] == "submitted") >= 2


async def test_a_part_of_the_year_is_told_where_its_months_or_the_rest_of_the_year_are(reporting: Reporting) -> None:
    await a_district(reporting)
    year = await told(reporting, "race_ethnicity")
    so_far = await told(reporting, "race_ethnicity", **{"to": "2026-12"})
    assert so_far == year
    assert year["asian", "submitted"] == (55, False)
    whole = await told(reporting, "race_ethnicity", "month")
    september = await told(reporting, "race_ethnicity", **{"from": "2026-09", "to": "2026-09"})
    assert september == {(race, stage): n for (race, month, stage), n in whole.items() if month == "2026-09"}


async def test_a_table_of_too_many_cells_is_refused_to_whom_small_counts_are_kept_from(
    reporting: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarding, "MOST_STEPS", 70)  # three schools and eight groups: 2 x 4 x 9 are more
    await a_district(reporting)
    query = {"school_year": "2027", "by": "school_id,race_ethnicity"}
    async with reporting.client("analyst") as client:
        refused = await client.get("/v1/views/referral-funnel", params=query)
        coarser = await client.get("/v1/views/referral-funnel", params=query | {"by": "school_id"})
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:rapport:problem:too-fine"
    assert coarser.status_code == 200
    async with reporting.client("counselor") as client:
        assert (await client.get("/v1/views/referral-funnel", params=query)).status_code == 200


@pytest.mark.parametrize("name", ["referral-funnel", "students-referred", "contact-times", "open-referrals"])
async def test_too_fine_is_a_question_by_its_keys_whatever_is_counted(reporting: Reporting, name: str) -> None:
    await announce(reporting, a_submission())  # in one combination of the 16,896 that there may be
    query = {"school_year": "2027", "by": "need,urgency,race_ethnicity,sex,disability,english_learner"}
    async with reporting.client("analyst") as client:
        refused = await client.get(f"/v1/views/{name}", params=query)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:rapport:problem:too-fine")


async def test_contact_times_hide_the_count_that_the_funnel_hides(reporting: Reporting) -> None:
    await a_district(reporting)
    for by in ("race_ethnicity", "school_id", "school_id,race_ethnicity"):
        keys = by.split(",")
        contacted = {row[:-1]: n for row, n in (await told(reporting, *keys)).items() if row[-1] == "contacted"}
        times = (await view(reporting, "contact-times", role="analyst", by=by))["rows"]
        assert {tuple(row[key] for key in keys): (row["n"], row["suppressed"]) for row in times} == contacted
        assert any(n for n, _ in contacted.values())
    assert {suppressed for _, suppressed in contacted.values()} == {True, False}
