"""What the triad ledger promises over HTTP."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from shared.events.facets import GradeBand
from shared.events.training import ActivityLogged, ActivityTakenBack
from tests.training_registry.activities.noting import LEDGER, Api, an_entry, announced
from tests.training_registry.suite import NOON


async def statuses(client: httpx2.AsyncClient, *entries: Any) -> list[int]:
    """What came of each of a list."""
    answer = await client.post(LEDGER, json=list(entries))
    assert answer.status_code == 207, answer.text
    assert [item["index"] for item in answer.json()["items"]] == list(range(len(entries)))
    return [item["status"] for item in answer.json()["items"]]


async def test_an_entry_stands_in_the_ledger_and_is_announced(api: Api, officer: httpx2.AsyncClient) -> None:
    lesson = {"programme": "Digital citizenship", "grade": "07", "topic": "Passwords"}
    sent = an_entry(lesson=lesson, started_at="2026-11-24T01:10:00Z")  # Monday evening in New York
    answer = await officer.post(LEDGER, json=sent)
    assert (answer.status_code, answer.headers["location"]) == (201, f"{LEDGER}/{sent['activity_id']}")
    assert answer.json() == sent | {
        "started_on": "2026-11-23",
        "logged_at": "2026-11-25T17:00:00Z",
        "withdrawn_at": None,
        "withdrawn_because": None,
    }
    assert (await officer.get(answer.headers["location"])).json() == answer.json()
    (event,) = await announced(api)
    assert isinstance(event, ActivityLogged)
    assert (str(event.activity_id), event.officer_id, event.school_id) == (sent["activity_id"], "o-1", "s-1")
    assert (event.role, event.kind, event.minutes, event.students_reached) == ("educator", "lesson", 45, 24)
    assert (f"{event.started_on}", event.grade_band) == ("2026-11-23", GradeBand.G6_8)


async def test_an_entry_without_an_id_gets_one(officer: httpx2.AsyncClient) -> None:
    sent = an_entry()
    del sent["activity_id"]
    one = await officer.post(LEDGER, json=sent)
    assert one.status_code == 201
    assert (await officer.get(one.headers["location"])).json()["activity_id"] == one.json()["activity_id"]
    many = (await officer.post(LEDGER, json=[sent, sent])).json()["items"]
    assert [item["status"] for item in many] == [201, 201]
    assert len({item["activity_id"] for item in many}) == 2


async def test_the_same_again_is_there_and_another_under_its_id_is_refused(
    api: Api, officer: httpx2.AsyncClient
) -> None:
    sent = an_entry(lesson={"programme": "Too good for drugs"})
    answers = [await officer.post(LEDGER, json=sent) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    # The same instant, told in another zone.
    assert (await officer.post(LEDGER, json=sent | {"started_at": "2026-11-23T14:10:00Z"})).status_code == 200
    for other in ({"minutes": 46}, {"role": "mentor"}, {"lesson": None}, {"lesson": {"programme": "Else"}}):
        refused = await officer.post(LEDGER, json=sent | other)
        assert refused.status_code == 422, other
        assert refused.json()["errors"] == [{"path": "activity_id", "problem": "was used for another entry"}]
    assert await statuses(officer, sent, sent | {"minutes": 46}) == [200, 422]
    assert len(await announced(api)) == 1


async def test_each_entry_of_a_list_stands_alone(api: Api, officer: httpx2.AsyncClient) -> None:
    good = [an_entry(), an_entry(role="mentor", kind="mentoring")]
    bad: list[Any] = [
        an_entry(minutes=0),
        None,
        an_entry(kind="patrol", lesson={"programme": "x"}),
        an_entry(students=["Ana"]),
    ]
    answer = await officer.post(LEDGER, json=[bad[0], good[0], *bad[1:], good[1]])
    items = answer.json()["items"]
    assert [item["status"] for item in items] == [422, 201, 422, 422, 422, 201]
    assert items[0] == {
        "index": 0,
        "activity_id": bad[0]["activity_id"],
        "status": 422,
        "errors": [{"path": "minutes", "problem": "must be at least 1"}],
    }
    assert items[2]["activity_id"] is None
    assert items[2]["errors"] == [{"path": "body", "problem": "must be an object"}]
    assert [f["path"] for f in items[3]["errors"] + items[4]["errors"]] == ["lesson", "students"]
    assert "errors" not in items[1]
    assert {str(e.activity_id) for e in await announced(api)} == {e["activity_id"] for e in good}  # type: ignore[attr-defined]


async def test_an_id_twice_in_a_list_is_one_entry(api: Api, officer: httpx2.AsyncClient) -> None:
    sent = an_entry()
    assert await statuses(officer, sent, sent, sent | {"minutes": 5}) == [201, 200, 422]
    later = an_entry()
    assert await statuses(officer, later | {"minutes": 0}, later | {"school_id": "s-9"}, later) == [422, 422, 201]
    assert len(await announced(api)) == 2


async def test_an_officer_logs_his_own_only_and_a_list_with_anothers_is_refused_whole(
    api: Api, officer: httpx2.AsyncClient, other: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    anothers = an_entry(officer_id="o-2")
    for sent in (anothers, [an_entry(), anothers], [an_entry(), anothers | {"minutes": -1}]):
        refused = await officer.post(LEDGER, json=sent)
        assert refused.status_code == 403
        assert refused.json()["type"].endswith("not-your-ledger")
    assert await announced(api) == []
    assert await statuses(admin, anothers, an_entry()) == [201, 201]
    # The id was used by another: he learns no more than that.
    mine = anothers | {"officer_id": "o-1"}
    assert (await officer.post(LEDGER, json=mine)).json()["errors"][0]["path"] == "activity_id"
    assert await statuses(officer, mine, an_entry()) == [422, 201]
    assert (await officer.get(f"{LEDGER}/{anothers['activity_id']}")).status_code == 404
    assert (await other.get(f"{LEDGER}/{anothers['activity_id']}")).status_code == 200


async def test_another_districts_ids_are_free(api: Api, officer: httpx2.AsyncClient) -> None:
    sent = an_entry()
    await officer.post(LEDGER, json=sent)
    async with api.client("officer", "o-1", schools=["s-1"], district="elsewhere") as stranger:
        assert (await stranger.get(f"{LEDGER}/{sent['activity_id']}")).status_code == 404
        assert (await stranger.post(LEDGER, json=sent | {"minutes": 3})).status_code == 201
    assert (await officer.get(f"{LEDGER}/{sent['activity_id']}")).json()["minutes"] == 45


@pytest.mark.parametrize(
    ("away", "status"),
    [
        (timedelta(minutes=5), 201),
        (timedelta(minutes=5, seconds=1), 422),
        (timedelta(days=-366), 201),
        (timedelta(days=-366, seconds=-1), 422),
    ],
)
async def test_an_entry_may_be_late_or_of_a_clock_a_little_ahead(
    officer: httpx2.AsyncClient, away: timedelta, status: int
) -> None:
    sent = an_entry(started_at=(NOON + away).isoformat())
    assert await statuses(officer, sent) == [status]
    answer = await officer.post(LEDGER, json=sent | {"activity_id": str(uuid4())})
    assert answer.status_code == status
    if status == 422:
        assert [f["path"] for f in answer.json()["errors"]] == ["started_at"]


@pytest.mark.parametrize("started_at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_the_ends_of_the_calendar_are_no_time_of_ours(officer: httpx2.AsyncClient, started_at: str) -> None:
    assert await statuses(officer, an_entry(started_at=started_at)) == [422]


async def test_a_school_that_is_not_ones_own_is_refused_whether_or_not_it_exists(
    officer: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    await admin.post(LEDGER, json=an_entry(officer_id="o-9", school_id="s-8"))
    told = [(await officer.post(LEDGER, json=an_entry(school_id=school))).json() for school in ("s-8", "s-9")]
    assert [answer["errors"] for answer in told] == [[{"path": "school_id", "problem": "is none of your schools"}]] * 2


async def test_sent_again_by_somebody_who_has_left_the_school_it_is_still_there(
    api: Api, officer: httpx2.AsyncClient
) -> None:
    sent = an_entry()
    await officer.post(LEDGER, json=sent)
    async with api.client("officer", "o-1", schools=["s-2"]) as moved_on:
        assert (await moved_on.post(LEDGER, json=sent)).status_code == 200
        assert await statuses(moved_on, sent, an_entry()) == [200, 422]


@pytest.mark.parametrize("body", [[], [an_entry()] * 501, "lesson", 7, True])
async def test_what_is_neither_an_entry_nor_a_list_of_up_to_500_is_refused(
    api: Api, officer: httpx2.AsyncClient, body: Any
) -> None:
    assert (await officer.post(LEDGER, json=body)).status_code == 422
    assert await announced(api) == []


async def test_a_body_that_is_not_json_is_named_so(officer: httpx2.AsyncClient) -> None:
    for content_type, status in (("text/plain", 415), ("application/json", 400)):
        answer = await officer.post(LEDGER, content=b"{", headers={"content-type": content_type})
        assert answer.status_code == status, answer.text


async def test_two_phones_that_send_the_same_at_once_announce_each_once(api: Api, officer: httpx2.AsyncClient) -> None:
    entries = [an_entry(minutes=n) for n in range(1, 41)]
    orders = [entries, entries[::-1], entries[20:] + entries[:20], entries[:30]]
    answers = await asyncio.gather(*(statuses(officer, *order) for order in orders))
    assert sum(answer.count(201) for answer in answers) == len(entries)
    assert {status for answer in answers for status in answer} == {200, 201}
    events = await announced(api)
    assert sorted(str(e.activity_id) for e in events) == sorted(e["activity_id"] for e in entries)  # type: ignore[attr-defined]


async def test_a_repeat_under_its_idempotency_key_gets_the_first_answer(officer: httpx2.AsyncClient) -> None:
    entries, headers = [an_entry(), an_entry(minutes=0)], {"Idempotency-Key": "phone-7"}
    first = await officer.post(LEDGER, json=entries, headers=headers)
    again = await officer.post(LEDGER, json=entries, headers=headers)
    assert (again.status_code, again.json()) == (207, first.json())
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_withdrawn_entry_is_taken_back_once_and_stays_so(api: Api, officer: httpx2.AsyncClient) -> None:
    sent = an_entry(lesson={"programme": "x", "grade": "03"})
    await officer.post(LEDGER, json=sent)
    path = f"{LEDGER}/{sent['activity_id']}/withdrawal"
    answers = [await officer.post(path, json={"because": because}) for because in ("Twice.", "Once more.")]
    assert [a.status_code for a in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert (answers[0].json()["withdrawn_at"], answers[0].json()["withdrawn_because"]) == (
        "2026-11-25T17:00:00Z",
        "Twice.",
    )
    again = await officer.post(LEDGER, json=sent)
    assert (again.status_code, again.json()) == (200, answers[0].json())
    assert await statuses(officer, sent) == [200]
    logged, taken_back = await announced(api)
    assert isinstance(logged, ActivityLogged)
    assert isinstance(taken_back, ActivityTakenBack)
    carried = set(ActivityTakenBack.model_fields) - {"event_id"}
    assert taken_back.model_dump(include=carried) == logged.model_dump(include=carried)


async def test_nobody_withdraws_what_is_not_his(
    api: Api, officer: httpx2.AsyncClient, other: httpx2.AsyncClient, admin: httpx2.AsyncClient
) -> None:
    sent = an_entry()
    await officer.post(LEDGER, json=sent)
    path = f"{LEDGER}/{sent['activity_id']}/withdrawal"
    assert (await other.post(path, json={"because": "x"})).status_code == 404
    assert (await officer.post(f"{LEDGER}/{uuid4()}/withdrawal", json={"because": "x"})).status_code == 404
    assert len(await announced(api)) == 1
    answers = await asyncio.gather(*(who.post(path, json={"because": "x"}) for who in (admin, officer, admin)))
    assert [a.status_code for a in answers] == [200] * 3
    assert len(await announced(api)) == 2
