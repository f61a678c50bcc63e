"""Who may read which completions, in what order, and what was done to each."""

import httpx2

from shared.testing.service import ServiceInTest
from tests.training_registry.completions.books import BASIC, CONTENT, PATH, recorded
from training_registry.settings import Settings


async def _ids(client: httpx2.AsyncClient, query: str = "") -> list[str]:
    answer = await client.get(f"{PATH}{query}")
    assert answer.status_code == 200, answer.text
    return [item["completion_id"] for item in answer.json()["items"]]


async def test_everybody_reads_the_completions_of_those_he_answers_for(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    first = (await recorded(admin))["completion_id"]
    second = (await recorded(admin, officer_id="o-2"))["completion_id"]
    assert sorted(await _ids(admin)) == sorted([first, second])
    for role, sub, schools, own, others in (
        ("officer", "o-1", ["s-1"], first, second),
        ("administrator", "p-2", ["s-2"], second, first),
    ):
        async with api.client(role, sub, schools=schools) as reader:
            assert await _ids(reader) == [own]
            assert (await reader.get(f"{PATH}/{own}")).status_code == 200
            assert len((await reader.get(f"{PATH}/{own}/history")).json()["items"]) == 1
            for path in (f"{PATH}/{others}", f"{PATH}/{others}/history"):
                assert (await reader.get(path)).status_code == 404
            theirs = "o-2" if own == first else "o-1"
            assert (await reader.get(f"{PATH}?officer_id={theirs}")).status_code == 404
    async with api.client("administrator", "p-3", schools=["s-3"]) as nobody:
        assert await _ids(nobody) == []
    async with api.client("counselor", "c-1", schools=["s-1"]) as counselor:
        assert (await counselor.get(PATH)).status_code == 403
    async with api.client("district_admin", district="elsewhere") as stranger:
        assert await _ids(stranger) == []


async def test_the_list_is_narrowed_and_read_page_by_page(admin: httpx2.AsyncClient) -> None:
    made = [await recorded(admin, course=f"Course {n % 2}", outside=n == 4) for n in range(5)]
    await admin.post(f"{PATH}/{made[0]['completion_id']}/revocation", json={"reason": "x"})
    assert await _ids(admin, "?status=revoked") == [made[0]["completion_id"]]
    assert await _ids(admin, "?status=awaiting_approval&course=Course%200") == [made[4]["completion_id"]]
    assert await _ids(admin, "?officer_id=o-2") == []
    assert (await admin.get(f"{PATH}?status=lost")).status_code == 422
    seen: list[str] = []
    path: str | None = f"{PATH}?limit=2&officer_id=o-1"
    while path is not None:
        answer = await admin.get(path)
        seen += [item["completion_id"] for item in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else None
    assert seen == await _ids(admin)
    assert len(set(seen)) == 5
    for cursor in ("x", "WyJjb21wbGV0aW9ucyIsMSwieCJd"):
        assert (await admin.get(f"{PATH}?cursor={cursor}")).status_code == 422


async def test_history_says_who_did_what_and_what_stood_then(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    made = await recorded(admin, outside=True)
    path = f"{PATH}/{made['completion_id']}"
    await admin.post(f"{path}/approval", json={"approved": True, "because": "seen"})
    async with api.client("district_admin", "a-2") as other:
        await other.put(path, json=CONTENT | {"topics": {"law": 1}})
        await other.post(f"{path}/revocation", json={"reason": "not attended"})
    items = (await admin.get(f"{path}/history")).json()["items"]
    assert [(i["version"], i["step"], i["taken_by"], i["because"], i["status"]) for i in items] == [
        (1, "recorded", "a-1", None, "awaiting_approval"),
        (2, "approved", "a-1", "seen", "accepted"),
        (3, "corrected", "a-2", None, "accepted"),
        (4, "revoked", "a-2", "not attended", "revoked"),
    ]
    assert [item["content"]["topics"] for item in items] == [BASIC["topics"]] * 2 + [{"law": 1}] * 2
    assert [item["credential_id"] is not None for item in items] == [False, True, True, False]
    first = await admin.get(f"{path}/history?limit=3")
    rest = await admin.get(first.links["next"]["url"])
    assert first.json()["items"] + rest.json()["items"] == items
    assert rest.json()["next_cursor"] is None
    elsewhere = await recorded(admin)
    cursor = first.json()["next_cursor"]
    assert (await admin.get(f"{PATH}/{elsewhere['completion_id']}/history?cursor={cursor}")).status_code == 422
