"""What is recorded of drills, how it is announced, and how many a school still owes."""

from datetime import timedelta
from io import StringIO
from typing import Any

import httpx2
import pytest

from shared.events.training import DrillHeld, DrillQuotaSet
from shared.key_rotation import reseal_columns
from shared.testing.service import DISTRICT
from tests.training_registry.activities.noting import DRILLS, LEDGER, Api, a_drill, an_entry, announced
from tests.training_registry.suite import NOON
from training_registry.activities.models import drills as drills_table
from training_registry.activities.views.drills import Checklist

pytestmark = pytest.mark.slow

QUOTAS, CATALOGUE, OWED = "/v1/drill-quotas", "/v1/catalogue/drill-quotas", "/v1/drills/quotas"
KEPT = dict.fromkeys(Checklist.model_fields, True)


async def test_a_drill_is_recorded_with_all_that_is_said_of_it(api: Api, officer: httpx2.AsyncClient) -> None:
    sent = a_drill(
        notice_sent_at="2026-11-19T13:00:00Z",
        held_at="2026-11-24T01:00:00Z",  # Monday evening in New York
        trauma_informed=KEPT,
        officers_present=["o-1", "o-2"],
        full_scale=True,
        on_school_day=False,
        parental_consent=True,
        after_action="Two doors of the gym did not lock.",
    )
    answer = await officer.post(DRILLS, json=sent)
    assert (answer.status_code, answer.headers["location"]) == (201, f"{DRILLS}/{sent['drill_id']}")
    told = {"held_on": "2026-11-23", "notice_in_time": True, "is_trauma_informed": True}
    assert answer.json() == sent | told | {"recorded_at": "2026-11-25T17:00:00Z"}
    assert (await officer.get(answer.headers["location"])).json() == answer.json()
    (event,) = await announced(api)
    assert isinstance(event, DrillHeld)
    assert (str(event.drill_id), event.school_id, event.type) == (sent["drill_id"], "s-1", "lockdown")
    assert (event.announced, event.notice_in_time, event.trauma_informed) == (True, True, True)
    assert f"{event.held_on}" == "2026-11-23"
    assert "gym" not in event.model_dump_json()


async def test_parents_cannot_have_been_told_in_the_future(officer: httpx2.AsyncClient) -> None:
    soon, later = ((NOON + timedelta(minutes=n)).isoformat() for n in (4, 6))
    refused = await officer.post(DRILLS, json=a_drill(notice_sent_at=later))
    assert (refused.status_code, [e["path"] for e in refused.json()["errors"]]) == (422, ["notice_sent_at"])
    assert (await officer.post(DRILLS, json=a_drill(notice_sent_at=soon))).status_code == 201


async def test_what_is_to_be_done_better_is_sealed(api: Api, officer: httpx2.AsyncClient) -> None:
    await officer.post(DRILLS, json=a_drill(after_action="Two doors did not lock."))
    async with api.process.database.read(DISTRICT) as session:
        (stored,) = (await session.execute(drills_table.select())).all()
    assert b"doors" not in bytes(stored.after_action)


async def test_what_is_sealed_is_read_after_its_key_has_gone(api: Api, officer: httpx2.AsyncClient) -> None:
    drill, entry = a_drill(after_action="Two doors did not lock."), an_entry()
    await officer.post(DRILLS, json=drill)
    await officer.post(LEDGER, json=entry)
    await officer.post(f"{LEDGER}/{entry['activity_id']}/withdrawal", json={"because": "Twice."})
    ring, old = api.process.ring, api.process.ring.current
    ring.with_new_key(NOON)
    assert await reseal_columns(api.process.database, api.process.service.migrations.metadatas, ring, StringIO()) == 2
    ring.without(old)
    assert (await officer.get(f"{DRILLS}/{drill['drill_id']}")).json()["after_action"] == "Two doors did not lock."
    assert (await officer.get(f"{LEDGER}/{entry['activity_id']}")).json()["withdrawn_because"] == "Twice."


@pytest.mark.parametrize(
    ("sent_at", "in_time"),
    [
        ("2026-11-16T15:00:00Z", True),
        ("2026-11-16T14:59:59Z", False),
        ("2026-11-23T14:59:59Z", True),
        ("2026-11-23T15:00:00Z", False),
        (None, None),
    ],
)
async def test_parents_are_told_within_the_week_before(
    officer: httpx2.AsyncClient, sent_at: str | None, in_time: bool | None
) -> None:
    answer = await officer.post(DRILLS, json=a_drill(notice_sent_at=sent_at))
    assert answer.json()["notice_in_time"] is in_time


@pytest.mark.parametrize(
    ("checklist", "kept"),
    [(KEPT, True), (KEPT | {"no_actors": False, "debriefed": None}, False), ({"no_props": True}, None), (None, None)],
)
async def test_a_drill_is_trauma_informed_when_every_point_was_kept(
    api: Api, officer: httpx2.AsyncClient, checklist: Any, kept: bool | None
) -> None:
    answer = await officer.post(DRILLS, json=a_drill(trauma_informed=checklist))
    assert answer.json()["is_trauma_informed"] is kept
    (event,) = await announced(api)
    assert isinstance(event, DrillHeld)
    assert event.trauma_informed is kept


async def test_each_drill_of_a_list_stands_alone_and_counts_once(api: Api, officer: httpx2.AsyncClient) -> None:
    drill = a_drill(after_action="Doors.", trauma_informed={"no_props": False}, officers_present=["o-1"])
    bad = [
        a_drill(type="run"),
        a_drill(school_id="s-9"),
        a_drill(held_at="2026-11-25T17:05:01Z"),
        a_drill(full_scale=True, on_school_day=True, parental_consent=True),
        a_drill(full_scale=True, on_school_day=False),
    ]
    answer = await officer.post(DRILLS, json=[drill, *bad, drill, drill | {"after_action": "Gates."}])
    items = answer.json()["items"]
    assert (answer.status_code, [item["status"] for item in items]) == (207, [201, *[422] * 5, 200, 422])
    paths = [item["errors"][0]["path"] for item in items if item["status"] == 422]
    assert paths == ["type", "school_id", "held_at", "full_scale", "full_scale", "drill_id"]
    again = await officer.post(DRILLS, json=drill)
    assert (again.status_code, again.json()["after_action"]) == (200, "Doors.")
    assert (await officer.post(DRILLS, json=drill | {"announced": False})).status_code == 422
    assert len(await announced(api)) == 1


async def test_quotas_that_are_shipped_bind_a_district_that_takes_them_on(api: Api, admin: httpx2.AsyncClient) -> None:
    catalogue = (await admin.get(CATALOGUE)).json()
    (new_york,) = [j for j in catalogue["jurisdictions"] if j["jurisdiction"] == "US-NY"]
    assert "155.17" in new_york["source"]
    before = await admin.get(QUOTAS)
    assert (before.json(), before.headers["etag"]) == ({"version": 0, "adopted": None, "rows": []}, '"0"')
    after = await admin.put(QUOTAS, json={"adopt": "US-NY"}, headers={"If-Match": '"0"'})
    assert (after.status_code, after.headers["etag"]) == (200, '"1"')
    assert after.json() == {"version": 1, "adopted": "US-NY", "rows": new_york["rows"]}
    assert (await admin.get(QUOTAS)).json() == after.json()
    again = await admin.put(QUOTAS, json={"adopt": "US-NY"})
    assert (again.status_code, again.headers["etag"]) == (200, '"1"')
    (event,) = await announced(api)
    assert isinstance(event, DrillQuotaSet)
    assert [(r.type, r.least, r.from_month, r.to_month) for r in event.rows] == [
        ("evacuate", 8, None, None),
        ("lockdown", 4, None, None),
        (None, 8, 9, 12),
    ]


ROW = {"quota_id": "a", "title": "Any", "least": 2, "source": "board policy 7"}


async def test_a_district_asks_for_what_it_likes_and_the_version_grows(api: Api, admin: httpx2.AsyncClient) -> None:
    await admin.put(QUOTAS, json={"adopt": "US-NY"})
    own = await admin.put(QUOTAS, json={"rows": [ROW]}, headers={"If-Match": '"1"'})
    assert own.json() == {
        "version": 2,
        "adopted": None,
        "rows": [ROW | {"type": None, "from_month": None, "to_month": None}],
    }
    assert (await admin.put(QUOTAS, json={"rows": []}, headers={"If-Match": '"1"'})).status_code == 412
    nothing = await admin.put(QUOTAS, json={"rows": []})
    assert nothing.json() == {"version": 3, "adopted": None, "rows": []}
    versions = [event.version for event in await announced(api) if isinstance(event, DrillQuotaSet)]
    assert versions == [1, 2, 3]
    async with api.client("district_admin", district="elsewhere") as stranger:
        assert (await stranger.get(QUOTAS)).json()["version"] == 0


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "rows"),
        ({"adopt": "US-NY", "rows": [ROW]}, "rows"),
        ({"adopt": "US-XX"}, "adopt"),
        ({"rows": [ROW, ROW]}, "rows"),
        ({"rows": [ROW | {"from_month": 9}]}, "rows.0.to_month"),
        ({"rows": [ROW | {"from_month": 9, "to_month": 13}]}, "rows.0.to_month"),
        ({"rows": [ROW | {"least": 0}]}, "rows.0.least"),
        ({"rows": [ROW | {"type": "run"}]}, "rows.0.type"),
    ],
)
async def test_quotas_that_ask_for_nothing_sensible_are_refused(
    api: Api, admin: httpx2.AsyncClient, body: Any, path: str
) -> None:
    refused = await admin.put(QUOTAS, json=body)
    assert refused.status_code == 422
    assert path in [fault["path"] for fault in refused.json()["errors"]]
    assert await announced(api) == []


async def test_a_school_is_told_what_it_still_owes(api: Api, admin: httpx2.AsyncClient) -> None:
    await admin.put(QUOTAS, json={"adopt": "US-NY"})
    days = ["2026-09-14T14:00:00Z", "2026-09-21T14:30:00Z", "2026-11-02T15:00:00Z"]  # Mondays, at ten each
    held = [a_drill(held_at=day, type="evacuate") for day in days]
    held += [a_drill(held_at="2026-06-30T14:00:00Z"), a_drill(held_at="2026-11-03T19:00:00Z", school_id="s-2")]
    answer = await admin.post(DRILLS, json=held)
    assert {item["status"] for item in answer.json()["items"]} == {201}
    this_year = (await admin.get(f"{OWED}?school_year=2027")).json()
    assert [s["school_id"] for s in this_year["schools"]] == ["s-1", "s-2"]
    first, second = this_year["schools"]
    owed = {q["quota_id"]: (q["least"], q["held"], q["missing"]) for q in first["quotas"]}
    assert owed == {"ny-evacuation": (8, 3, 5), "ny-lockdown": (4, 0, 4), "ny-autumn": (8, 3, 5)}
    assert (first["drills"], first["days_varied"], first["times_varied"]) == (3, False, False)
    assert (second["drills"], second["days_varied"], second["times_varied"]) == (1, None, None)
    last_year = (await admin.get(f"{OWED}?school_year=2026&school_id=s-1")).json()
    assert [(s["school_id"], s["drills"]) for s in last_year["schools"]] == [("s-1", 1)]
    await admin.post(DRILLS, json=a_drill(held_at="2026-11-24T18:00:00Z"))
    (varied,) = (await admin.get(f"{OWED}?school_year=2027&school_id=s-1")).json()["schools"]
    assert (varied["days_varied"], varied["times_varied"]) == (True, True)


async def test_one_sees_what_ones_own_schools_owe_also_those_without_a_drill(
    api: Api, admin: httpx2.AsyncClient
) -> None:
    await admin.put(QUOTAS, json={"rows": [ROW]})
    await admin.post(DRILLS, json=[a_drill(), a_drill(school_id="s-2")])
    async with api.client("administrator", "p-1", schools=["s-1", "s-5"]) as principal:
        schools = (await principal.get(f"{OWED}?school_year=2027")).json()["schools"]
        assert [(s["school_id"], s["quotas"][0]["missing"]) for s in schools] == [("s-1", 1), ("s-5", 2)]
        for another in ("s-2", "s-9"):
            refused = await principal.get(f"{OWED}?school_year=2027&school_id={another}")
            assert (refused.status_code, refused.json()["type"]) == (404, "urn:rapport:problem:school-not-found")
        assert (await principal.put(QUOTAS, json={"rows": []})).status_code == 403
    (without,) = (await admin.get(f"{OWED}?school_year=2027&school_id=s-9")).json()["schools"]
    assert (without["school_id"], without["drills"], without["quotas"][0]["missing"]) == ("s-9", 0, 2)
    assert (await admin.get(OWED)).status_code == 422
