"""`changed_since` over HTTP: all changes in order, tombstones for who knew, and nothing for those who did not."""

from typing import Any

import httpx2
import pytest

from referral_api.settings import Settings
from shared.http.paging import decode_cursor, encode_cursor
from shared.testing.service import ServiceInTest
from tests.referral_api.referrals.referring import CONSENT, SECRET, done, moved, referred


async def consent(client: httpx2.AsyncClient, referral_id: str, *, agreed: bool) -> None:
    await done(client, referral_id, "consent", {**CONSENT, "agreed": agreed})


class Follower:
    """Somebody who keeps up with the list, page after page."""

    def __init__(self, client: httpx2.AsyncClient, *, cursor: str = "", **query: Any) -> None:
        self._client = client
        self._query = {"limit": 3, **query}
        self.cursor = cursor

    async def catch_up(self) -> list[dict[str, Any]]:
        """Everything that is new, in the order in which it came."""
        items: list[dict[str, Any]] = []
        is_announced = None
        while True:
            answer = await self._client.get("/v1/referrals", params={**self._query, "changed_since": self.cursor})
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert isinstance(page["next_cursor"], str)
            assert len(page["items"]) <= self._query["limit"]
            assert is_announced in (None, bool(page["items"])), "a next page is announced where there is one"
            is_announced = "link" in answer.headers
            items += page["items"]
            self.cursor = page["next_cursor"]
            if not page["items"]:
                return items


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["referral_id"] for item in items]


def kind(answer: httpx2.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["type"].rsplit(":", 1)[1], body["errors"][0]["path"]


async def test_a_client_learns_of_everything_in_order_and_then_of_what_is_new(counselor: httpx2.AsyncClient) -> None:
    follower = Follower(counselor)
    assert await follower.catch_up() == []
    made = [await referred(counselor) for _ in range(8)]
    assert ids(await follower.catch_up()) == made
    assert await follower.catch_up() == []
    await moved(counselor, made[5], "accepted")
    await moved(counselor, made[2], "entered_in_error")
    new = await referred(counselor)
    accepted, gone, submitted = await follower.catch_up()
    assert accepted == (await counselor.get(f"/v1/referrals/{made[5]}")).json()
    assert gone == {"referral_id": made[2], "deleted": True}
    assert submitted == (await counselor.get(f"/v1/referrals/{new}")).json()
    assert await follower.catch_up() == []


@pytest.mark.parametrize(("limit", "announced"), [(2, [True, False]), (4, [False]), (5, [False])])
async def test_a_next_page_is_announced_only_where_there_is_one(
    counselor: httpx2.AsyncClient, limit: int, announced: list[bool]
) -> None:
    """Also where the last page is exactly full; a cursor for another day comes with every page."""
    for _ in range(4):
        await referred(counselor)
    cursor, seen = "", []
    for _ in announced:
        page = await counselor.get("/v1/referrals", params={"changed_since": cursor, "limit": limit})
        cursor = page.json()["next_cursor"]
        seen.append("link" in page.headers)
    assert seen == announced
    nothing = await counselor.get("/v1/referrals", params={"changed_since": cursor, "limit": limit})
    assert (nothing.json()["items"], "link" in nothing.headers) == ([], False)


async def test_what_changes_while_somebody_pages_comes_again_later(counselor: httpx2.AsyncClient) -> None:
    made = [await referred(counselor) for _ in range(4)]
    first = (await counselor.get("/v1/referrals?changed_since=&limit=2")).json()
    await moved(counselor, made[0], "accepted")
    await moved(counselor, made[3], "accepted")
    follower = Follower(counselor)
    follower.cursor = first["next_cursor"]
    rest = await follower.catch_up()
    assert ids(first["items"]) == made[:2]
    assert [(i["referral_id"], i["status"]) for i in rest] == [
        (made[2], "requested"),
        (made[0], "accepted"),
        (made[3], "accepted"),
    ]


async def test_a_second_try_to_reach_somebody_is_no_change_but_feedback_and_consent_are(
    counselor: httpx2.AsyncClient,
) -> None:
    rid, follower = await referred(counselor), Follower(counselor)
    await follower.catch_up()
    tried = {"contacted_at": "2026-11-02T10:00:00Z", "by": "c-1", "reached": False}
    await counselor.post(f"/v1/referrals/{rid}/contacts", json=tried)
    assert await follower.catch_up() == []
    for step, body in (
        ("contacts", {**tried, "reached": True}),
        ("feedback", {"message_to_referrer": "In good hands."}),
    ):
        await counselor.post(f"/v1/referrals/{rid}/{step}", json=body)
        assert ids(await follower.catch_up()) == [rid]
    await consent(counselor, rid, agreed=True)
    assert ids(await follower.catch_up()) == [rid]


async def test_a_referrer_follows_by_status_only(officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient) -> None:
    follower = Follower(officer)
    mine, _not_mine = await referred(officer), await referred(counselor)
    (item,) = await follower.catch_up()
    assert item == (await officer.get(f"/v1/referrals/{mine}")).json()
    assert item.keys() == {"referral_id", "status_class", "updated_at", "message_to_referrer"}
    await counselor.post(f"/v1/referrals/{mine}/feedback", json={"message_to_referrer": "Thank you."})
    (told,) = await follower.catch_up()
    assert told["message_to_referrer"] == "Thank you."
    await moved(counselor, mine, "entered_in_error")
    assert await follower.catch_up() == [{"referral_id": mine, "deleted": True}]


async def test_a_draft_is_told_to_its_author_alone_also_when_it_is_thrown_away(
    officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient
) -> None:
    mine, others = Follower(officer), Follower(counselor)
    sent, thrown_away = await referred(officer, send=False), await referred(officer, send=False)
    assert [i["summary"] for i in await mine.catch_up()] == [SECRET, SECRET]
    await moved(officer, thrown_away, "entered_in_error")
    assert await mine.catch_up() == [{"referral_id": thrown_away, "deleted": True}]
    assert await others.catch_up() == []
    assert (await counselor.get(f"/v1/referrals/{thrown_away}")).status_code == 404
    assert (await counselor.get("/v1/referrals?status=entered_in_error")).json()["items"] == []
    await moved(officer, sent, "requested")
    assert [i["status"] for i in await others.catch_up()] == ["requested"]


async def test_a_provider_is_told_to_forget_what_is_no_longer_shared_and_never_of_what_never_was(
    counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    follower = Follower(provider)
    never, shared = await referred(counselor, provider_id="p-1"), await referred(counselor, provider_id="p-1")
    elsewhere = await referred(counselor, provider_id="p-2", consent=CONSENT)
    assert await follower.catch_up() == []
    await consent(counselor, never, agreed=False)
    await moved(counselor, never, "entered_in_error")
    await moved(counselor, elsewhere, "entered_in_error")
    assert await follower.catch_up() == []
    await consent(counselor, shared, agreed=True)
    assert [i["summary"] for i in await follower.catch_up()] == [SECRET]
    gone = [{"referral_id": shared, "deleted": True}]
    await consent(counselor, shared, agreed=False)
    assert await follower.catch_up() == gone
    await consent(counselor, shared, agreed=True)
    assert [i["status"] for i in await follower.catch_up()] == ["requested"]
    await moved(counselor, shared, "entered_in_error")
    assert await follower.catch_up() == gone


async def test_a_draft_with_consent_was_never_shared_before_it_was_sent(
    counselor: httpx2.AsyncClient, provider: httpx2.AsyncClient
) -> None:
    follower = Follower(provider)
    rid = await referred(counselor, send=False, provider_id="p-1", consent=CONSENT)
    await consent(counselor, rid, agreed=False)
    await moved(counselor, rid, "requested")
    assert await follower.catch_up() == []
    drafted = await referred(counselor, send=False, provider_id="p-1", consent=CONSENT)
    await moved(counselor, drafted, "requested")
    assert ids(await follower.catch_up()) == [drafted]
    await consent(counselor, drafted, agreed=False)
    assert await follower.catch_up() == [{"referral_id": drafted, "deleted": True}]


async def test_a_school_may_be_followed_by_itself(counselor: httpx2.AsyncClient) -> None:
    follower = Follower(counselor, school_id="s-2")
    await referred(counselor)
    there = await referred(counselor, student_id="st-2", school_id="s-2")
    assert ids(await follower.catch_up()) == [there]
    of_all = await counselor.get("/v1/referrals", params={"changed_since": follower.cursor})
    assert kind(of_all) == (422, "cursor-unusable", "query.changed_since")


@pytest.mark.parametrize("schools", [["s-1"], ["s-1", "s-2", "s-3"], None])
async def test_whoever_is_given_other_schools_begins_anew(
    api: ServiceInTest[Settings], counselor: httpx2.AsyncClient, schools: list[str] | None
) -> None:
    """What was there before would be missed, and what he may see no more would stay where he keeps it."""
    for student_id, school_id in (("st-1", "s-1"), ("st-2", "s-2")):
        await referred(counselor, student_id=student_id, school_id=school_id)
    follower = Follower(counselor)
    await follower.catch_up()
    async with api.client("administrator", "c-1", schools=["s-2", "s-1"]) as the_same:
        assert await Follower(the_same, cursor=follower.cursor).catch_up() == []
    async with api.client("counselor", "c-1", schools=schools) as elsewhere:
        refused = await elsewhere.get("/v1/referrals", params={"changed_since": follower.cursor})
        assert kind(refused) == (422, "cursor-unusable", "query.changed_since")
        told = await Follower(elsewhere).catch_up()
        assert {item["school_id"] for item in told if "summary" in item} == set(schools or ["s-1", "s-2"]) - {"s-3"}


async def test_a_cursor_is_good_for_whoever_may_see_the_same(api: ServiceInTest[Settings]) -> None:
    async def given(role: str, sub: str, **to: Any) -> str:
        async with api.client(role, sub, **to) as client:
            return str((await client.get("/v1/referrals?changed_since=")).json()["next_cursor"])

    async def status(cursor: str, role: str, sub: str, **to: Any) -> int:
        async with api.client(role, sub, **to) as client:
            return (await client.get("/v1/referrals", params={"changed_since": cursor})).status_code

    of_provider, of_referrer = await given("provider", "a", provider="p-1"), await given("officer", "o-1")
    assert await status(of_provider, "provider", "b", provider="p-1") == 200
    assert await status(of_provider, "provider", "a", provider="p-2") == 422
    assert await status(of_referrer, "officer", "o-1", schools=["s-2"]) == 200
    assert await status(of_referrer, "officer", "o-2") == 422
    assert await status(of_referrer, "counselor", "o-1") == 422
    assert await status(of_referrer, "officer", "o-1", district="another") == 422


@pytest.mark.parametrize("field", ["status=requested", "due_before=2999-01-01T00:00:00Z", "cursor=W10"])
async def test_filters_that_a_change_could_leave_are_refused(counselor: httpx2.AsyncClient, field: str) -> None:
    refused = await counselor.get(f"/v1/referrals?changed_since=&{field}")
    assert kind(refused) == (422, "would-hide-changes", f"query.{field.split('=')[0]}")


ZERO = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("cursor", ["nonsense", "W10", encode_cursor("referrals", 1, ZERO)])
async def test_a_cursor_that_this_list_never_gave_out_is_refused(counselor: httpx2.AsyncClient, cursor: str) -> None:
    await referred(counselor)
    refused = await counselor.get("/v1/referrals", params={"changed_since": cursor})
    assert kind(refused) == (422, "cursor-unusable", "query.changed_since")
    assert refused.json()["detail"] == "Begin anew, with an empty one."


@pytest.mark.parametrize(
    "forged",
    [
        {0: -2},
        {0: 1 << 63},
        {0: (1 << 63) - 1},
        {0: True},
        {1: "no-id"},
        {2: "no-era"},
        {2: ZERO},
        {3: "s-2"},
        {4: ""},
    ],
)
async def test_a_cursor_that_was_tampered_with_is_refused(
    counselor: httpx2.AsyncClient, forged: dict[int, Any]
) -> None:
    await referred(counselor)
    given = (await counselor.get("/v1/referrals?changed_since=")).json()["next_cursor"]
    values = list(decode_cursor("referral-changes", given, (int, str, str, str, str)))
    for cursor, status in ((values, 200), ([forged.get(n, value) for n, value in enumerate(values)], 422)):
        query = {"changed_since": encode_cursor("referral-changes", *cursor)}
        assert (await counselor.get("/v1/referrals", params=query)).status_code == status


async def test_the_lists_cursor_is_none_of_changes_nor_the_other_way_round(counselor: httpx2.AsyncClient) -> None:
    for _ in range(2):
        await referred(counselor)
    newest = (await counselor.get("/v1/referrals?limit=1")).json()["next_cursor"]
    changed = (await counselor.get("/v1/referrals?changed_since=&limit=1")).json()["next_cursor"]
    assert (await counselor.get(f"/v1/referrals?changed_since={newest}")).status_code == 422
    assert (await counselor.get(f"/v1/referrals?cursor={changed}")).status_code == 422
