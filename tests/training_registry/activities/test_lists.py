"""Who sees which entries and drills, in what order, and page by page."""

from typing import Any

import httpx2
import pytest

from tests.training_registry.activities.noting import DRILLS, LEDGER, Api, a_drill, an_entry

ENTRIES = [
    an_entry(officer_id=officer_id, school_id=school_id, role=role, kind="other", started_at=f"2026-11-{day}T15:00:00Z")
    for officer_id, school_id, role, day in (
        ("o-1", "s-1", "educator", "20"),
        ("o-1", "s-2", "mentor", "21"),
        ("o-2", "s-1", "mentor", "22"),
        ("o-2", "s-3", "law_enforcement", "23"),
    )
]


@pytest.fixture
async def logged(admin: httpx2.AsyncClient) -> None:
    """Two officers' entries of four days, sent in no order, and withdrawn none."""
    answer = await admin.post(LEDGER, json=[ENTRIES[i] for i in (2, 0, 3, 1)])
    assert {item["status"] for item in answer.json()["items"]} == {201}


async def seen(client: httpx2.AsyncClient, query: str = "") -> list[int]:
    """Which of the entries are listed, by their numbers."""
    answer = await client.get(f"{LEDGER}{query}")
    assert answer.status_code == 200, answer.text
    numbers = {entry["activity_id"]: number for number, entry in enumerate(ENTRIES)}
    return [numbers[item["activity_id"]] for item in answer.json()["items"]]


@pytest.mark.usefixtures("logged")
async def test_an_officer_sees_his_own_an_administrator_his_schools_the_office_all(
    api: Api, officer: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    assert await seen(admin) == [3, 2, 1, 0]
    assert await seen(officer) == [1, 0]
    async with api.client("officer", "o-1", schools=[]) as between_schools:
        assert await seen(between_schools) == [1, 0]
    async with api.client("administrator", "p-1", schools=["s-1"]) as principal:
        assert await seen(principal) == [2, 0]
        for number, status in ((0, 200), (2, 200), (1, 404), (3, 404)):
            answer = await principal.get(f"{LEDGER}/{ENTRIES[number]['activity_id']}")
            assert answer.status_code == status, number


@pytest.mark.usefixtures("logged")
async def test_a_list_may_be_narrowed(officer: httpx2.AsyncClient, admin: httpx2.AsyncClient) -> None:
    assert await seen(admin, "?officer_id=o-2") == [3, 2]
    assert await seen(admin, "?school_id=s-1") == [2, 0]
    assert await seen(admin, "?role=mentor") == [2, 1]
    assert await seen(admin, "?from=2026-11-21&to=2026-11-22") == [2, 1]
    assert await seen(admin, "?officer_id=o-2&school_id=s-1") == [2]
    assert await seen(officer, "?officer_id=o-2") == []
    assert (await admin.get(f"{LEDGER}?role=driver")).status_code == 422


@pytest.mark.usefixtures("logged")
async def test_pages_follow_each_other_without_gap_or_repeat(admin: httpx2.AsyncClient) -> None:
    assert await walked(admin, LEDGER, "activity_id") == [e["activity_id"] for e in reversed(ENTRIES)]
    assert (await admin.get(f"{LEDGER}?cursor=xyz")).status_code == 422


async def test_drills_are_listed_for_ones_schools_page_by_page(api: Api, admin: httpx2.AsyncClient) -> None:
    drills = [a_drill(school_id=f"s-{1 + day % 2}", held_at=f"2026-11-0{day}T15:00:00Z") for day in range(1, 6)]
    drills[2] |= {"type": "evacuate"}
    await admin.post(DRILLS, json=drills)
    ids = [drill["drill_id"] for drill in reversed(drills)]
    assert await walked(admin, DRILLS, "drill_id") == ids
    assert await walked(admin, DRILLS, "drill_id", type="evacuate") == [drills[2]["drill_id"]]
    assert await walked(admin, DRILLS, "drill_id", **{"from": "2026-11-02", "to": "2026-11-04"}) == ids[1:4]
    async with api.client("administrator", "p-1", schools=["s-1"]) as principal:
        assert await walked(principal, DRILLS, "drill_id") == [drills[3]["drill_id"], drills[1]["drill_id"]]
        assert await walked(principal, DRILLS, "drill_id", school_id="s-2") == []
        assert (await principal.get(f"{DRILLS}/{drills[0]['drill_id']}")).status_code == 404


async def walked(client: httpx2.AsyncClient, path: str, id_field: str, **asked: Any) -> list[str]:
    """The ids of all pages of two."""
    address, found = str(httpx2.URL(path, params=asked | {"limit": 2})), []
    while address:
        answer = await client.get(address)
        assert answer.status_code == 200, answer.text
        found += [item[id_field] for item in answer.json()["items"]]
        address = answer.links["next"]["url"] if "next" in answer.links else ""
    return found
