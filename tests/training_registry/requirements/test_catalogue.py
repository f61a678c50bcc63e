"""What is shipped over HTTP, and how a district takes it on."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx2

from shared.testing.service import ServiceInTest
from tests.training_registry.requirements.builders import PATH, a_rule
from tests.training_registry.suite import NOON, Clock
from training_registry.officers.rules import Position
from training_registry.requirements.catalogue import shipped_requirements
from training_registry.requirements.views import Aligned, alignments_for, requirements_known
from training_registry.settings import Settings

SHIPPED, TOPICS, ADOPTIONS = "/v1/catalogue/requirements", "/v1/catalogue/topics", "/v1/catalogue/adoptions"
WASHINGTON = {"us-wa-topics", "us-wa-on-the-job", "us-wa-topics-staff", "us-wa-check-ins"}


async def test_what_is_shipped_says_where_it_comes_from_and_whether_it_is_confirmed(admin: httpx2.AsyncClient) -> None:
    everything = (await admin.get(SHIPPED)).json()["items"]
    assert {item["requirement_id"] for item in everything} == set(shipped_requirements().requirements)
    assert all(item["source"] and item["as_of"] and item["catalogue_version"] == 1 for item in everything)
    texan = (await admin.get(SHIPPED, params={"jurisdiction": "US-TX"})).json()["items"]
    assert {item["requirement_id"]: item["confirmed"] for item in texan} == {
        "us-tx-1701-263": True,
        "us-tx-37-0812": False,
    }
    assert (await admin.get(SHIPPED, params={"jurisdiction": "US-ZZ"})).json()["items"] == []
    topics = (await admin.get(TOPICS)).json()["items"]
    assert [topic["code"] for topic in topics if topic["is_default"]][-1] == "restorative_justice"


async def test_a_district_starts_without_requirements_and_takes_on_those_of_its_state(
    admin: httpx2.AsyncClient, registry: ServiceInTest[Settings]
) -> None:
    assert (await admin.get(PATH)).json()["items"] == []
    first = await admin.post(ADOPTIONS, json={"jurisdiction": "US-WA"})
    assert first.status_code == 200
    assert {item["requirement_id"]: item["outcome"] for item in first.json()["items"]} == dict.fromkeys(
        WASHINGTON, "adopted"
    )
    assert {item["requirement_id"] for item in first.json()["items"] if not item["confirmed"]} == {"us-wa-topics-staff"}
    again = await admin.post(ADOPTIONS, json={"jurisdiction": "US-WA"})
    assert {item["outcome"] for item in again.json()["items"]} == {"unchanged"}
    kept = {item["requirement_id"]: item for item in (await admin.get(PATH)).json()["items"]}
    assert kept.keys() == WASHINGTON
    assert {(item["version"], item["shipped_version"]) for item in kept.values()} == {(1, 1)}
    assert kept["us-wa-topics-staff"]["confirmed"] is False
    async with registry.process.database.read("demo") as session:
        known = {rule.requirement_id: rule for rule in await requirements_known(session, "demo")}
    shipped = shipped_requirements().requirements
    assert known == {rule: shipped[rule].requirement(rule, adopted_on=NOON.date()) for rule in WASHINGTON}


async def test_what_the_district_has_changed_is_left_as_it_is_and_what_it_withdrew_is_taken_on_anew(
    admin: httpx2.AsyncClient,
) -> None:
    await admin.post(ADOPTIONS, json={"requirement_ids": ["us-wa-topics", "ymhfa"]})
    await admin.put(f"{PATH}/us-wa-topics", json=a_rule(title="Ours"))
    await admin.delete(f"{PATH}/ymhfa")
    again = await admin.post(ADOPTIONS, json={"requirement_ids": ["us-wa-topics", "ymhfa"]})
    assert {item["requirement_id"]: item["outcome"] for item in again.json()["items"]} == {
        "us-wa-topics": "left_as_changed",
        "ymhfa": "adopted",
    }
    ours = (await admin.get(f"{PATH}/us-wa-topics")).json()
    assert (ours["title"], ours["shipped_version"]) == ("Ours", None)


async def test_an_adoption_names_what_is_shipped_in_one_way(
    admin: httpx2.AsyncClient, registry: ServiceInTest[Settings]
) -> None:
    nothing: dict[str, Any]
    for nothing in ({}, {"jurisdiction": "US-WA", "requirement_ids": ["ymhfa"]}, {"requirement_ids": []}):
        assert (await admin.post(ADOPTIONS, json=nothing)).status_code == 422
    for unheard_of in ({"jurisdiction": "US-ZZ"}, {"requirement_ids": ["ymhfa", "unheard-of"]}):
        assert (await admin.post(ADOPTIONS, json=unheard_of)).status_code == 404
    assert (await admin.get(PATH)).json()["items"] == []
    async with registry.client("counselor", "c-1") as counselor:
        assert (await counselor.get(SHIPPED)).status_code == 200
        assert (await counselor.post(ADOPTIONS, json={"jurisdiction": "US-WA"})).status_code == 403


async def test_a_repeat_under_the_same_key_gets_the_first_answer(admin: httpx2.AsyncClient) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first, again = [await admin.post(ADOPTIONS, json={"jurisdiction": "US-WA"}, headers=key) for _ in range(2)]
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_courses_of_an_earlier_version_keep_counting_unless_the_district_says_otherwise(
    admin: httpx2.AsyncClient, registry: ServiceInTest[Settings], clock: Clock
) -> None:
    await admin.put(f"{PATH}/ymhfa", json=a_rule(courses=["YMHFA"]))
    clock.move(timedelta(days=10))
    changed_on = clock.now.date()
    await admin.put(f"{PATH}/ymhfa", json=a_rule(courses=["YMHFA v2"]))
    clock.move(timedelta(days=10))
    await admin.put(f"{PATH}/ymhfa", json=a_rule(courses=["YMHFA v2"], min_hours=8))
    async with registry.process.database.read("demo") as session:
        (rule,) = await requirements_known(session, "demo")
        (before,) = await requirements_known(session, "demo", known_at=clock.now - timedelta(days=15))
    assert (rule.courses, rule.accepts_also) == (frozenset({"YMHFA v2"}), {"YMHFA": changed_on})
    assert rule.since_changed == {"YMHFA v2"}
    assert (before.courses, before.accepts_also) == (frozenset({"YMHFA"}), {})
    await admin.put(f"{PATH}/ymhfa", json=a_rule(courses=["YMHFA v2"], accepts_earlier_courses=False))
    async with registry.process.database.read("demo") as session:
        (strict,) = await requirements_known(session, "demo")
    assert (strict.accepts_also, strict.since_changed) == ({}, frozenset())


def test_a_completion_belongs_to_the_rules_that_name_its_course_or_topics_and_to_shipped_topics() -> None:
    shipped = shipped_requirements().requirements
    rules = [shipped[rule].requirement(rule) for rule in ("us-tx-1701-263", "us-wa-topics", "us-nc-certificate")]
    course, ferpa = "tcole school-based  law enforcement", Aligned("Student records: FERPA", "ferpa", None)
    assert alignments_for(rules, course, {"ferpa": 100}, position=Position.SRO) == [
        Aligned(rules[0].title, "us-tx-1701-263", None, rules[0].source),
        Aligned(rules[1].title, "us-wa-topics", None, rules[1].source),
        ferpa,
    ]
    assert alignments_for(rules, "Pottery", ["clay"], position=Position.SRO) == []
    assert alignments_for(rules, course, {"ferpa": 100}, position=Position.SECURITY_STAFF) == [ferpa]
    doubtful = [replace(rule, confirmed=False) for rule in rules]
    assert alignments_for(doubtful, course, {"ferpa": 100}, position=Position.SRO) == [ferpa]
    assert rules[0].as_of > date(2026, 1, 1)
