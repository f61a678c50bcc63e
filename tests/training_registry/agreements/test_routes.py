"""What agreements promise over HTTP: shapes, refusals, lists, and who sees which."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shared.auth.permissions import PERMISSIONS, Permission
from shared.testing.service import ServiceInTest
from tests.training_registry.agreements.builders import PATH, a_body, an_admin, day, signed
from tests.training_registry.suite import NOON, training_registry
from training_registry.agreements.rules import Clause
from training_registry.settings import Settings

SIGNATURE = {"party": "district", "signed_by": "Superintendent", "signed_on": "2026-07-20"}
ENDING = {"terminated_on": "2026-12-31", "because": "The agency gave notice."}


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    async with training_registry(database_url, tmp_path, clock=lambda: NOON) as service:
        yield service


@pytest.fixture
async def admin(api: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_admin(api) as client:
        yield client


def is_refused(answer: httpx2.Response, status: int, kind: str, *paths: str) -> bool:
    """Whether it is that problem, with those faults."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    return body["type"].endswith(f":{kind}") and [e["path"] for e in body.get("errors", [])] == list(paths)


async def test_an_agreement_says_how_it_stands_and_why(admin: httpx2.AsyncClient) -> None:
    await signed(admin, review_on="2027-05-01", complaint_contact="Office of Student Services")
    answer = await admin.get(PATH)
    body = answer.json()
    assert answer.headers["etag"] == '"3"'
    assert {name: body[name] for name in ("status", "as_of", "days_left", "missing_clauses", "version")} == {
        "status": "active",
        "as_of": "2026-11-25",
        "days_left": 217,
        "missing_clauses": [],
        "version": 3,
    }
    assert body["record_access"] == {"open": True, "because": []}
    assert list(body["clauses"]) == [name.value for name in Clause]
    assert [(s["party"], s["signed_by"]) for s in body["signatures"]] == [
        ("district", "Somebody of the district"),
        ("agency", "Somebody of the agency"),
    ]
    assert body["complaint_contact"] == "Office of Student Services"
    assert "its last day is 2027-06-30" in body["status_because"]


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"ferpa_basis": None}, ["It names no FERPA basis."]),
        ({"clauses": {}}, ["The clause no_discipline is absent; it has to be present."]),
        (
            {"clauses": {"no_discipline": {"state": "waived", "because": "so"}}},
            ["The clause no_discipline is waived; it has to be present."],
        ),
    ],
)
async def test_a_signed_agreement_that_opens_no_records_says_why(
    admin: httpx2.AsyncClient, given: dict[str, Any], because: list[str]
) -> None:
    await signed(admin, **given)
    body = (await admin.get(PATH)).json()
    assert (body["status"], body["record_access"]) == ("active", {"open": False, "because": because})


async def test_a_clause_that_is_not_named_is_absent(admin: httpx2.AsyncClient) -> None:
    body = (await admin.put(PATH, json=a_body(clauses={"training": {"state": "present", "text": "8 h"}}))).json()
    assert body["clauses"]["training"] == {"state": "present", "text": "8 h", "because": None}
    assert body["clauses"]["roles"] == {"state": "absent", "text": None, "because": None}
    assert body["missing_clauses"] == [name.value for name in Clause if name is not Clause.TRAINING]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"ends_on": "2026-07-31"}, "ends_on"),
        ({"school_ids": []}, "school_ids"),
        ({"school_ids": ["s-1", "s-1"]}, "school_ids"),
        ({"clauses": {"training": {"state": "waived"}}}, "clauses.training.because"),
        ({"clauses": {"training": {"state": "perhaps"}}}, "clauses.training.state"),
        ({"clauses": {"parking": {"state": "present"}}}, "clauses.parking.[key]"),
        ({"ferpa_basis": "curiosity"}, "ferpa_basis"),
        ({"starts_on": "9999-12-31"}, "starts_on"),
        ({"agency": ""}, "agency"),
        ({"signed": True}, "signed"),
    ],
)
async def test_a_fault_is_named_by_its_path(admin: httpx2.AsyncClient, given: dict[str, Any], path: str) -> None:
    assert is_refused(await admin.put(PATH, json=a_body(**given)), 422, "request-has-faults", path)
    assert (await admin.get(PATH)).status_code == 404
    assert (await admin.put(PATH, json=a_body())).status_code == 201


@pytest.mark.parametrize("agreement_id", ["a%0A1", "a%1F", "x" * 201])
async def test_an_id_that_no_address_can_hold_is_refused(admin: httpx2.AsyncClient, agreement_id: str) -> None:
    answer = await admin.put(f"/v1/agreements/{agreement_id}", json=a_body())
    assert is_refused(answer, 422, "request-has-faults", "path.agreement_id")


async def test_an_agreement_that_is_not_there_is_not_found(admin: httpx2.AsyncClient) -> None:
    for answer in (
        await admin.get(PATH),
        await admin.get(f"{PATH}/versions"),
        await admin.post(f"{PATH}/signatures", json=SIGNATURE),
        await admin.post(f"{PATH}/termination", json=ENDING),
    ):
        assert is_refused(answer, 404, "agreement-not-found")


async def test_nobody_signs_tomorrow_or_twice_in_two_ways(admin: httpx2.AsyncClient) -> None:
    await admin.put(PATH, json=a_body())
    tomorrow = await admin.post(f"{PATH}/signatures", json=SIGNATURE | {"signed_on": day(1)})
    assert is_refused(tomorrow, 422, "signed-in-future", "signed_on")
    assert (await admin.post(f"{PATH}/signatures", json=SIGNATURE | {"signed_on": day(0)})).status_code == 201
    assert (await admin.post(f"{PATH}/signatures", json=SIGNATURE | {"signed_on": day(0)})).status_code == 200
    assert is_refused(await admin.post(f"{PATH}/signatures", json=SIGNATURE), 409, "already-signed")


@pytest.mark.parametrize("terminated_on", ["2026-07-31", "2027-07-01"])
async def test_it_ends_early_on_a_day_of_its_term(admin: httpx2.AsyncClient, terminated_on: str) -> None:
    await signed(admin)
    answer = await admin.post(f"{PATH}/termination", json=ENDING | {"terminated_on": terminated_on})
    assert is_refused(answer, 422, "ends-outside-term", "terminated_on")
    assert (await admin.post(f"{PATH}/termination", json=ENDING)).json()["status"] == "expiring"


async def test_a_change_meant_for_another_version_is_refused(admin: httpx2.AsyncClient) -> None:
    first = await admin.put(PATH, json=a_body())
    stale = {"If-Match": first.headers["etag"]}
    assert (await admin.put(PATH, json=a_body(ends_on="2027-05-31"), headers=stale)).status_code == 200
    for answer in (
        await admin.put(PATH, json=a_body(), headers=stale),
        await admin.post(f"{PATH}/signatures", json=SIGNATURE, headers=stale),
        await admin.post(f"{PATH}/termination", json=ENDING, headers=stale),
    ):
        assert is_refused(answer, 412, "changed-meanwhile")
    assert (await admin.get(PATH)).headers["etag"] == '"2"'


async def test_a_repeat_under_its_key_gets_the_first_answer(admin: httpx2.AsyncClient) -> None:
    await admin.put(PATH, json=a_body())
    key = {"Idempotency-Key": "k-1"}
    first = await admin.post(f"{PATH}/signatures", json=SIGNATURE, headers=key)
    again = await admin.post(f"{PATH}/signatures", json=SIGNATURE, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"


async def test_history_says_who_wrote_what_and_who_had_signed(admin: httpx2.AsyncClient) -> None:
    await signed(admin)
    await admin.put(PATH, json=a_body(ends_on="2027-05-31"))
    await admin.put(PATH, json=a_body())
    page = (await admin.get(f"{PATH}/versions?limit=4")).json()
    rest = (await admin.get(f"{PATH}/versions?limit=4&cursor={page['next_cursor']}")).json()
    assert rest["next_cursor"] is None
    told = [
        (v["version"], v["change"], v["terms_version"], len(v["signatures"])) for v in page["items"] + rest["items"]
    ]
    assert told == [
        (5, "terms", 2, 0),
        (4, "narrowed", 1, 2),
        (3, "signature", 1, 2),
        (2, "signature", 1, 1),
        (1, "written", 1, 0),
    ]
    assert {v["changed_by"] for v in page["items"]} == {"d-1"}


async def test_lists_go_by_school_and_status_page_by_page(admin: httpx2.AsyncClient) -> None:
    for i in range(3):
        await signed(admin, f"/v1/agreements/a-{i}", school_ids=["s-1", f"s-{i + 2}"])
    await admin.put("/v1/agreements/a-9", json=a_body(school_ids=["s-9"]))

    async def ids(query: str = "") -> list[str]:
        return [item["agreement_id"] for item in (await admin.get(f"/v1/agreements{query}")).json()["items"]]

    assert await ids() == ["a-0", "a-1", "a-2", "a-9"]
    assert await ids("?school_id=s-3") == ["a-1"]
    assert await ids("?status=draft") == ["a-9"]
    assert await ids("?status=expired&as_of=2027-07-01") == ["a-0", "a-1", "a-2"]
    assert await ids("?known_at=2026-11-25T00:00:00Z") == []
    first = await admin.get("/v1/agreements?status=active&limit=2")
    assert first.headers["link"].endswith('rel="next"')
    cursor = first.json()["next_cursor"]
    assert await ids(f"?status=active&limit=2&cursor={cursor}") == ["a-2"]
    assert is_refused(await admin.get("/v1/agreements?cursor=x"), 422, "cursor-unusable", "query.cursor")


async def test_a_caller_of_single_schools_sees_what_touches_one_of_his(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await admin.put(PATH, json=a_body(school_ids=["s-1", "s-2"]))
    await admin.put("/v1/agreements/a-2", json=a_body(school_ids=["s-3"]))
    async with api.client("staff", schools=["s-2"]) as teacher:
        listed = (await teacher.get("/v1/agreements")).json()["items"]
        assert [item["agreement_id"] for item in listed] == ["a-1"]
        assert (await teacher.get(PATH)).status_code == 200
        for path in ("/v1/agreements/a-2", "/v1/agreements/a-2/versions"):
            assert is_refused(await teacher.get(path), 404, "agreement-not-found")
    async with an_admin(api, district="elsewhere") as stranger:
        assert (await stranger.get(PATH)).status_code == 404
        assert (await stranger.get("/v1/agreements")).json()["items"] == []


async def test_who_keeps_single_schools_cannot_agree_for_others(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await admin.put("/v1/agreements/a-2", json=a_body(school_ids=["s-3"]))
    async with an_admin(api, schools=["s-1"]) as keeper:
        assert is_refused(await keeper.put(PATH, json=a_body()), 403, "school-not-covered")
        theirs = await keeper.put("/v1/agreements/a-2", json=a_body(school_ids=["s-1"]))
        assert is_refused(theirs, 404, "agreement-not-found")
        assert (await keeper.put(PATH, json=a_body(school_ids=["s-1"]))).status_code == 201


async def test_who_keeps_single_schools_changes_nothing_that_binds_others_too(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await signed(admin)
    before = (await admin.get(PATH)).json()
    async with an_admin(api, schools=["s-1"]) as keeper:
        answers = [
            await keeper.put(PATH, json=a_body(school_ids=["s-1"])),
            await keeper.post(f"{PATH}/signatures", json=SIGNATURE),
            await keeper.post(f"{PATH}/termination", json={"terminated_on": day(0), "because": "x"}),
        ]
    assert all(is_refused(answer, 403, "school-not-covered") for answer in answers)
    assert (await admin.get(PATH)).json() == before
    async with an_admin(api, schools=["s-1", "s-2"]) as keeper:
        ended = await keeper.post(f"{PATH}/termination", json={"terminated_on": day(0), "because": "x"})
        assert (ended.status_code, ended.json()["status"]) == (201, "terminated")


@pytest.mark.parametrize("role", list(PERMISSIONS))
async def test_everybody_in_the_programme_reads_and_only_the_district_keeps(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, role: str
) -> None:
    await admin.put(PATH, json=a_body())
    held = PERMISSIONS[role]  # type: ignore[index]  # a role is text
    provider = "p-1" if role == "provider" else None
    async with api.client(role, "somebody", provider=provider) as client:
        reads = 200 if Permission.AGREEMENTS_READ in held else 403
        assert (await client.get(PATH)).status_code == reads
        assert (await client.get("/v1/agreements")).status_code == reads
        assert (await client.get(f"{PATH}/versions")).status_code == reads
        keeps = role == "district_admin"
        assert (await client.put(PATH, json=a_body())).status_code == (200 if keeps else 403)
        assert (await client.post(f"{PATH}/signatures", json=SIGNATURE)).status_code == (201 if keeps else 403)
        assert (await client.post(f"{PATH}/termination", json=ENDING)).status_code == (201 if keeps else 403)
