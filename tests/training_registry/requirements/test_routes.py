"""What requirements promise over HTTP: kept, found, withdrawn, as they were known."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from shared.http.paging import cursor_at_version
from shared.testing.service import DISTRICT, ServiceInTest
from tests.training_registry.requirements.builders import PATH, a_rule
from tests.training_registry.suite import NOON, Clock
from training_registry.requirements.views import requirements_known
from training_registry.settings import Settings


async def test_a_requirement_is_kept_as_it_was_sent_with_what_was_left_out(admin: httpx2.AsyncClient) -> None:
    made = await admin.put(f"{PATH}/basic", json=a_rule())
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    told = made.json()
    assert told | a_rule() == told
    assert (told["requirement_id"], told["version"], told["withdrawn"]) == ("basic", 1, False)
    assert (told["grace_days"], told["topics"], told["confirmed"], told["shipped_version"]) == (0, {}, True, None)
    read = await admin.get(f"{PATH}/basic")
    assert (read.status_code, read.headers["etag"], read.json()) == (200, '"1"', told)


async def test_the_same_again_changes_nothing_and_another_rule_makes_a_version(
    admin: httpx2.AsyncClient, registry: ServiceInTest[Settings]
) -> None:
    await admin.put(f"{PATH}/basic", json=a_rule())
    again = await admin.put(f"{PATH}/basic", json=a_rule())
    assert (again.status_code, again.headers["etag"]) == (200, '"1"')
    changed = await admin.put(f"{PATH}/basic", json=a_rule(min_hours=24.5))
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    versions = (await admin.get(f"{PATH}/basic/versions")).json()["items"]
    assert [(version["version"], version["min_hours"]) for version in versions] == [(2, 24.5), (1, 40.0)]
    async with registry.process.database.read("demo") as session:
        (known,) = await requirements_known(session, "demo")
    assert known.min_hours == 2450


async def test_a_change_meant_for_another_version_is_refused(admin: httpx2.AsyncClient) -> None:
    await admin.put(f"{PATH}/basic", json=a_rule())
    assert (await admin.put(f"{PATH}/basic", json=a_rule(), headers={"If-Match": '"1"'})).status_code == 200
    stale = await admin.put(f"{PATH}/basic", json=a_rule(min_hours=1), headers={"If-Match": '"7"'})
    assert stale.status_code == 412
    assert (await admin.delete(f"{PATH}/basic", headers={"If-Match": '"7"'})).status_code == 412
    assert (await admin.get(f"{PATH}/basic")).json()["version"] == 1
    assert (await admin.put(f"{PATH}/new", json=a_rule(), headers={"If-Match": '"1"'})).status_code == 412
    assert (await admin.get(f"{PATH}/new")).status_code == 404


async def test_a_withdrawn_requirement_binds_nobody_and_keeps_its_history(
    admin: httpx2.AsyncClient, registry: ServiceInTest[Settings], clock: Clock
) -> None:
    await admin.put(f"{PATH}/basic", json=a_rule())
    before = clock.now
    clock.move(timedelta(hours=1))
    assert (await admin.delete(f"{PATH}/basic")).status_code == 204
    assert (await admin.get(f"{PATH}/basic")).status_code == 404
    assert (await admin.delete(f"{PATH}/basic")).status_code == 404
    assert (await admin.get(PATH)).json()["items"] == []
    versions = (await admin.get(f"{PATH}/basic/versions")).json()["items"]
    assert [version["withdrawn"] for version in versions] == [True, False]
    asked = {"known_at": before.isoformat()}
    assert (await admin.get(f"{PATH}/basic", params=asked)).json()["version"] == 1
    assert len((await admin.get(PATH, params=asked)).json()["items"]) == 1
    async with registry.process.database.read("demo") as session:
        assert await requirements_known(session, "demo") == []
        assert len(await requirements_known(session, "demo", known_at=before)) == 1
    assert (await admin.put(f"{PATH}/basic", json=a_rule())).status_code == 201


async def test_the_list_goes_by_id_page_by_page_and_by_jurisdiction(admin: httpx2.AsyncClient) -> None:
    for name, jurisdiction in (("c", "US-TX"), ("a", "local"), ("b", "US-TX")):
        await admin.put(f"{PATH}/{name}", json=a_rule(jurisdiction=jurisdiction))
    first = await admin.get(PATH, params={"limit": 2})
    assert [item["requirement_id"] for item in first.json()["items"]] == ["a", "b"]
    rest = await admin.get(PATH, params={"limit": 2, "cursor": first.json()["next_cursor"]})
    assert ([item["requirement_id"] for item in rest.json()["items"]], rest.json()["next_cursor"]) == (["c"], None)
    texan = await admin.get(PATH, params={"jurisdiction": "US-TX"})
    assert [item["requirement_id"] for item in texan.json()["items"]] == ["b", "c"]


async def test_an_earlier_course_counts_through_the_day_of_the_change_where_the_registry_is(
    admin: httpx2.AsyncClient, registry: ServiceInTest[Settings], clock: Clock
) -> None:
    await admin.put(f"{PATH}/basic", json=a_rule(courses=["Before"]))
    clock.move(timedelta(hours=10))  # ten in the evening in New York, and the next day in UTC
    await admin.put(f"{PATH}/basic", json=a_rule(courses=["After"]))
    async with registry.process.database.read(DISTRICT) as session:
        (rule,) = await requirements_known(session, DISTRICT)
    assert rule.accepts_also == {"Before": NOON.date()}


@pytest.mark.parametrize("version", [-1, 2**31, 2**63])
async def test_no_version_is_behind_a_number_that_none_can_have(admin: httpx2.AsyncClient, version: int) -> None:
    await admin.put(f"{PATH}/basic", json=a_rule())
    cursor = cursor_at_version("requirement-versions", "basic", version)
    refused = await admin.get(f"{PATH}/basic/versions", params={"cursor": cursor})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:rapport:problem:cursor-unusable")


async def test_another_district_sees_nothing_and_only_its_administrator_keeps_rules(
    admin: httpx2.AsyncClient, registry: ServiceInTest[Settings]
) -> None:
    await admin.put(f"{PATH}/basic", json=a_rule())
    async with registry.client("district_admin", district="elsewhere") as stranger:
        assert (await stranger.get(f"{PATH}/basic")).status_code == 404
        assert (await stranger.delete(f"{PATH}/basic")).status_code == 404
        assert (await stranger.get(PATH)).json()["items"] == []
    async with registry.client("officer", "o-1") as officer:
        assert (await officer.get(f"{PATH}/basic")).status_code == 200
        assert (await officer.put(f"{PATH}/basic", json=a_rule())).status_code == 403
        assert (await officer.delete(f"{PATH}/basic")).status_code == 403


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outside_share": 0.3, "min_hours": None}, "outside_share"),
        ({"recertify_courses": ["Short"], "renew_months": 36}, "recertify_courses"),
        ({"due_months": 6}, "due_months"),
        ({"due_next_year": True}, "due_next_year"),
        ({"every_course": True, "courses": None}, "every_course"),
        ({"anchor_courses": ["First"]}, "anchor_courses"),
        ({"confirmed": False}, "note"),
        ({"anchor": "training_year", "due_days": 400}, "due_days"),
        ({"training_year_starts": "02-29"}, "training_year_starts"),
        ({"min_hours": 0}, "min_hours"),
        ({"min_hours": 0.125}, "min_hours"),
        ({"min_hours": "40"}, "min_hours"),
        ({"topics": {"law": -1}}, "topics"),
        ({"courses": ["A", "A"]}, "courses"),
        ({"blocks": ["serve", "serve"]}, "blocks"),
        ({"blocks": ["everything"]}, "blocks"),
        ({"anchor": "birthday"}, "anchor"),
        ({"unheard_of": 1}, "unheard_of"),
        ({"source": None}, "source"),
    ],
)
async def test_a_rule_without_a_meaning_is_refused_by_its_field(
    admin: httpx2.AsyncClient, changes: dict[str, Any], field: str
) -> None:
    refused = await admin.put(f"{PATH}/basic", json=a_rule(**changes))
    assert refused.status_code == 422
    assert [error["path"].split(".")[0] for error in refused.json()["errors"]] == [field]
    assert (await admin.put(f"{PATH}/basic", json=a_rule())).status_code == 201


async def test_what_has_its_meaning_beside_it_is_taken(admin: httpx2.AsyncClient) -> None:
    rich = a_rule(
        outside_share=0.3,
        renew_months=36,
        recertify_days=90,
        recertify_courses=["Short"],
        every_course=True,
        anchor="completion",
        anchor_courses=["First"],
        confirmed=False,
        note="UNCONFIRMED: the hours.",
        topics={"law": 6.55, "minds": 0},
        equivalents={"CIT": 40},
        appointed_from="2020-07-01",
        assigned="during_year",
        position="security_staff",
    )
    made = await admin.put(f"{PATH}/rich", json=rich)
    assert (made.status_code, made.json() | rich) == (201, made.json())
