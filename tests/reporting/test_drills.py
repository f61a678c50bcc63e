"""Drills, and drills against quotas, through HTTP: what was held, how, and what is missing, on both databases."""

from datetime import date
from typing import Any

import pytest

from shared.events.base import Event
from shared.events.training import DrillType
from shared.testing.training_events import a_drill, a_quota, an_activity
from tests.reporting.suite import Reporting, announce, view

HOLD, LOCKDOWN, EVACUATE = DrillType.HOLD, DrillType.LOCKDOWN, DrillType.EVACUATE
OCTOBER, JUNE = date(2026, 10, 1), date(2027, 6, 30)


def some_drills() -> list[Event]:
    """At s-1 three lockdowns and an evacuation, at s-2 a hold; and one of the school year before."""
    return [
        a_drill(notice_in_time=True, trauma_informed=True),
        a_drill(notice_in_time=False, announced=False),
        a_drill(held_on=OCTOBER, trauma_informed=False),
        a_drill(type=EVACUATE, held_on=OCTOBER, notice_in_time=True),
        a_drill(type=HOLD, school_id="s-2", held_on=JUNE),
        a_drill(held_on=date(2026, 6, 30)),
    ]


async def held(reporting: Reporting, **query: Any) -> dict[tuple[Any, ...], int]:
    """How many drills were held, by key."""
    keys = query["by"].split(",") if query.get("by") else []
    answer = await view(reporting, "drills", **query)
    return {tuple(row[key] for key in keys): row["n"] for row in answer["rows"]}


async def test_drills_say_how_they_were_held_and_apart_from_it_what_nothing_says(reporting: Reporting) -> None:
    await announce(reporting, *some_drills())
    answer = await view(reporting, "drills", by="school_id,type")
    names = ("n", "announced", "notice_in_time", "notice_not_told", "trauma_informed", "trauma_not_told", "suppressed")
    assert [(row["school_id"], row["type"], *(row[name] for name in names)) for row in answer["rows"]] == [
        ("s-1", "lockdown", 3, 2, 1, 1, 1, 1, False),
        ("s-1", "evacuate", 1, 1, 1, 0, 0, 1, False),
        ("s-2", "hold", 1, 1, 0, 1, 0, 1, False),
    ]
    assert answer["as_of"] is not None


async def test_every_key_and_period_tells_drills_apart(reporting: Reporting) -> None:
    await announce(reporting, *some_drills())
    assert await held(reporting) == {(): 5}
    assert await held(reporting, by="type,month") == {
        ("hold", "2027-06"): 1,
        ("lockdown", "2026-09"): 2,
        ("lockdown", "2026-10"): 1,
        ("evacuate", "2026-10"): 1,
    }
    assert await held(reporting, **{"from": "2026-10", "to": "2026-12"}) == {(): 2}
    assert await held(reporting, school_id="s-1", by="month") == {("2026-09",): 2, ("2026-10",): 2}
    assert await held(reporting, school_year=2026) == {(): 1}
    assert await held(reporting, school_year=2030) == {}
    assert await held(reporting, schools=["s-2"]) == {(): 1}
    assert await held(reporting, district="elsewhere") == {}


async def quotas(reporting: Reporting, **query: Any) -> dict[tuple[str, str], tuple[int, int, int, bool]]:
    """Per school and quota: asked for, held, missing, and whether it is met."""
    answer = await view(reporting, "drill-quotas", **query)
    assert not any(row["suppressed"] for row in answer["rows"])
    return {
        (row["school_id"], row["quota_id"]): (row["least"], row["held"], row["missing"], row["met"])
        for row in answer["rows"]
    }


async def test_drills_count_towards_the_quotas_of_their_type_and_months(reporting: Reporting) -> None:
    await announce(
        reporting,
        *some_drills(),
        an_activity(school_id="s-3"),
        a_quota(
            {"quota_id": "all", "least": 4},
            {"quota_id": "lockdowns", "type": LOCKDOWN, "least": 4},
            {"quota_id": "autumn", "least": 1, "from_month": 9, "to_month": 9},
            {"quota_id": "turn", "least": 2, "from_month": 10, "to_month": 6},
            {"quota_id": "late", "least": 1, "from_month": 5},
            {"quota_id": "early", "least": 1, "to_month": 9},
        ),
    )
    found = await quotas(reporting)
    assert [key for key in found if key[0] == "s-1"] == [
        ("s-1", name) for name in ("all", "lockdowns", "autumn", "turn", "late", "early")
    ]
    assert {name: counted for (school, name), counted in found.items() if school == "s-1"} == {
        "all": (4, 4, 0, True),
        "lockdowns": (4, 3, 1, False),
        "autumn": (1, 2, 0, True),
        "turn": (2, 2, 0, True),
        "late": (1, 0, 1, False),
        "early": (1, 2, 0, True),
    }
    assert found["s-2", "late"] == (1, 1, 0, True)
    assert found["s-2", "turn"] == (2, 1, 1, False)
    # A school that held none owes them all.
    assert {counted for (school, _), counted in found.items() if school == "s-3"} == {
        (4, 0, 4, False),
        (2, 0, 2, False),
        (1, 0, 1, False),
    }
    rows = (await view(reporting, "drill-quotas", school_id="s-1"))["rows"]
    assert [(row["type"], row["from_month"], row["to_month"]) for row in rows[:3]] == [
        (None, None, None),
        ("lockdown", None, None),
        (None, 9, 9),
    ]


async def test_the_latest_quotas_hold_and_nothing_of_the_ones_before(reporting: Reporting) -> None:
    await announce(reporting, a_drill(), a_quota({"quota_id": "new", "least": 2}, version=2))
    await announce(reporting, a_quota({"quota_id": "old"}, {"quota_id": "older"}, version=1))
    assert await quotas(reporting) == {("s-1", "new"): (2, 1, 1, False)}
    await announce(reporting, a_quota(version=3))
    assert await quotas(reporting) == {}


async def test_a_caller_sees_what_his_schools_owe(reporting: Reporting) -> None:
    await announce(reporting, *some_drills(), a_quota({}), a_quota({"least": 9}, district_id="elsewhere"))
    assert set(await quotas(reporting, schools=["s-2", "s-9"])) == {("s-2", "q-0")}
    assert set(await quotas(reporting, school_id="s-2")) == {("s-2", "q-0")}
    assert await quotas(reporting, schools=[]) == {}
    assert await quotas(reporting, district="elsewhere") == {}  # of which no school is known


@pytest.mark.parametrize("name", ["drills", "drill-quotas"])
@pytest.mark.parametrize(("school_id", "schools"), [("s-1", ["s-2"]), ("s-9", None), ("s-9", ["s-9"])])
async def test_a_school_that_the_caller_may_not_know_is_unknown(
    reporting: Reporting, name: str, school_id: str, schools: list[str] | None
) -> None:
    await announce(reporting, *some_drills())
    async with reporting.client("counselor", schools=schools) as client:
        response = await client.get(f"/v1/views/{name}", params={"school_year": 2027, "school_id": school_id})
    assert response.status_code == 404
    assert response.json()["type"] == "urn:rapport:problem:unknown-school"


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("drills", {"by": "need"}),
        ("drills", {"by": "type,type"}),
        ("drills", {"to": "2027-07"}),
        ("drill-quotas", {"by": "school_id"}),
        ("drill-quotas", {"from": "2026-09"}),
        ("drill-quotas", {"school_year": "1"}),
    ],
    ids=str,
)
async def test_what_drills_do_not_know_is_refused(reporting: Reporting, name: str, query: dict[str, str]) -> None:
    async with reporting.client("counselor") as client:
        response = await client.get(f"/v1/views/{name}", params={"school_year": "2027", **query})
    assert response.status_code == 422
    assert response.json()["errors"]


async def test_poisoned_drills_and_quotas_are_set_aside_alone(reporting: Reporting) -> None:
    poisoned = [a_drill(held_on=date(9999, 1, 1)), a_drill(school_id=""), a_quota({"least": 1 << 40}, version=9)]
    await announce(reporting, *poisoned, *some_drills(), a_quota({}))
    assert await quotas(reporting, school_id="s-2") == {("s-2", "q-0"): (1, 1, 0, True)}
    letters = await reporting.process.bus.bounds(["training.reporting.dlq"])
    assert sum(end for _, end in letters.values()) == len(poisoned)
