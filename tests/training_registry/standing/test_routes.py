"""How an officer stands, asked over HTTP: today, on another day, and as it was known once."""

from datetime import date, timedelta
from urllib.parse import quote

import httpx2
import pytest

from shared.events.training import OfficerStandingChanged
from tests.training_registry.standing.keeping import COURSE, OFFICER, RULE, Registry
from tests.training_registry.suite import NOON


async def test_an_untrained_officer_is_due_then_overdue_and_may_then_neither_serve_nor_open_records(
    registry: Registry,
) -> None:
    before = await registry.standing()
    after = await registry.standing("?as_of=2027-01-06")

    assert before["as_of"] == "2026-11-25"
    (rule,) = before["requirements"]
    assert (rule["status"], rule["hours_counted"], rule["hours_missing"]) == ("due", 0, 40)
    assert (rule["deadline_on"], rule["source"], rule["confirmed"]) == ("2027-01-05", "district policy", True)
    (school,) = before["schools"]
    assert (school["may_serve"], school["may_open_records"], school["because"]) == (True, True, [])
    assert after["requirements"][0]["status"] == "overdue"
    (school,) = after["schools"]
    assert (school["may_serve"], school["may_open_records"], school["missing"]) == (False, False, ["training"])
    assert school["because"]


async def test_after_the_term_of_the_agreement_no_training_helps(registry: Registry) -> None:
    await registry.post("/v1/completions", COURSE | {"completed_on": "2026-11-20"})

    assert (await registry.standing("?as_of=2027-06-30"))["schools"][0]["may_open_records"] is True
    (school,) = (await registry.standing("?as_of=2027-07-01"))["schools"]
    assert (school["may_serve"], school["may_open_records"], school["missing"]) == (False, False, ["agreement"])


async def test_an_audit_sees_what_was_known_then(registry: Registry) -> None:
    made = await registry.post("/v1/completions", COURSE | {"completed_on": "2026-11-20"})
    with_it = quote((registry.now + timedelta(hours=1)).isoformat())
    registry.pass_days(2)
    await registry.post(f"/v1/completions/{made['completion_id']}/revocation", {"reason": "not attended"})

    assert await registry.status() == "due"
    assert await registry.status("?as_of=2026-11-25") == "due"
    assert await registry.status(f"?as_of=2026-11-25&known_at={with_it}") == "current"
    assert await registry.status(f"?as_of=2027-02-01&known_at={with_it}") == "current"


async def test_before_he_was_written_down_nobody_knew_him(registry: Registry) -> None:
    earlier = quote((NOON - timedelta(days=1)).isoformat())
    answer = await registry.keeper.get(f"/v1/officers/o-1/standing?known_at={earlier}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:rapport:problem:officer-not-found")


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_first_and_the_last_day_of_the_calendar_may_be_asked_about(registry: Registry, day: str) -> None:
    assert (await registry.standing(f"?as_of={day}"))["as_of"] == day
    assert (await registry.keeper.get(f"/v1/standings?as_of={day}")).status_code == 200


@pytest.mark.parametrize("query", ["as_of=tomorrow", "as_of=2026-13-01", "known_at=2026-11-25", "until=2026-11-25"])
async def test_a_question_that_cannot_be_read_is_refused(registry: Registry, query: str) -> None:
    answer = await registry.keeper.get(f"/v1/officers/o-1/standing?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["path"] == f"query.{query.partition('=')[0]}"


async def test_an_officer_sees_his_own_standing_and_a_principal_that_of_his_schools_officers(
    registry: Registry,
) -> None:
    service, path = registry.service, "/v1/officers/o-1/standing"
    for role, sub, schools, status in (
        ("officer", "o-1", ["s-1"], 200),
        ("officer", "o-2", ["s-1"], 404),
        ("administrator", "p-1", ["s-1"], 200),
        ("administrator", "p-2", ["s-2"], 404),
        ("administrator", "p-3", None, 200),
        ("counselor", "c-1", ["s-1"], 403),
        ("analyst", "n-1", None, 403),
    ):
        async with service.client(role, sub, schools=schools) as client:
            assert (await client.get(path)).status_code == status, (role, sub)
    async with service.client("district_admin", district="elsewhere") as stranger:
        assert (await stranger.get(path)).status_code == 404


async def test_who_left_the_agency_serves_nowhere_any_more(registry: Registry) -> None:
    await registry.put("/v1/officers/o-1", OFFICER | {"left_on": "2026-11-24"})

    (school,) = (await registry.standing())["schools"]
    assert (school["is_assigned"], school["may_serve"], school["may_open_records"]) == (False, False, False)
    assert (await registry.standing("?as_of=2026-11-24"))["schools"][0]["may_open_records"] is True
    assert (await registry.announced(OfficerStandingChanged))[-1].assignments[0].to_on == date(2026, 11, 24)


async def test_a_rule_that_blocks_serving_alone_leaves_records_open(registry: Registry) -> None:
    await registry.put("/v1/requirements/basic", RULE | {"blocks": ["serve"]})

    (school,) = (await registry.standing("?as_of=2027-02-01"))["schools"]
    assert (school["may_serve"], school["may_open_records"], school["missing"]) == (False, True, [])


async def shortfalls(client: httpx2.AsyncClient, query: str = "") -> dict[str, tuple[int, int]]:
    """How much each officer is short of: rules, and schools at which he may not do everything."""
    answer = await client.get(f"/v1/standings{query}")
    assert answer.status_code == 200, answer.text
    return {s["officer_id"]: (len(s["requirements"]), len(s["schools"])) for s in answer.json()["items"]}


async def test_a_district_sees_who_is_short_of_something(registry: Registry) -> None:
    await registry.put("/v1/officers/o-2", OFFICER)
    await registry.post("/v1/officers/o-2/assignments", {"school_id": "s-2", "from_on": "2026-08-01"})
    await registry.put("/v1/officers/o-3", OFFICER)
    await registry.post("/v1/completions", COURSE | {"officer_id": "o-3", "completed_on": "2026-11-20"})

    assert await shortfalls(registry.keeper) == {"o-1": (1, 0), "o-2": (1, 1)}
    assert await shortfalls(registry.keeper, "?as_of=2027-02-01") == {"o-1": (1, 1), "o-2": (1, 1)}
    assert await shortfalls(registry.keeper, "?school_id=s-2") == {"o-2": (1, 1)}
    first = (await registry.keeper.get("/v1/standings?limit=1")).json()
    assert [s["officer_id"] for s in first["items"]] == ["o-1"]
    assert await shortfalls(registry.keeper, f"?cursor={first['next_cursor']}") == {"o-2": (1, 1)}
    async with registry.service.client("administrator", schools=["s-2"]) as principal:
        assert await shortfalls(principal) == {"o-2": (1, 1)}
    async with registry.service.client("officer", "o-1", schools=["s-1"]) as officer:
        assert await shortfalls(officer) == {"o-1": (1, 0)}
