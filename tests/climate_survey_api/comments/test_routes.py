"""Comments from the count to who may read them: trained readers first, others what was released where enough wrote."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import select

from climate_survey_api.comments.models import comments
from climate_survey_api.comments.operations import ReviewComment, keep_comments, review_comment
from climate_survey_api.comments.rules import Decision
from climate_survey_api.settings import Settings
from shared.auth import Caller, Role
from shared.events.surveys import RespondentGroup
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.planned import a_survey
from tests.climate_survey_api.suite import NOON, Clock, climate_survey_api

ENOUGH, TOO_FEW = 12, 9
POLICY = {"open_text_minimum": 10, "comment_readers": ["c-1", "c-2"]}


@pytest.fixture
async def service(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    async with climate_survey_api(database_url, tmp_path, clock=Clock()) as made:
        async with made.client("district_admin", "a-1") as admin:
            assert (await admin.put("/v1/survey-policy", json=POLICY)).status_code in (200, 201)
        yield made


async def counted(service: ServiceInTest[Settings]) -> UUID:
    """A survey whose count found enough comments at one school and too few at another."""
    survey = await a_survey(service, status="closed", closed_at=NOON, counted_at=NOON)
    written = [("s-1", n) for n in range(ENOUGH)] + [("s-2", n) for n in range(TOO_FEW)]
    async with service.process.database.write(DISTRICT) as session:
        await keep_comments(
            session,
            service.process.ring,
            district_id=DISTRICT,
            administration_id=survey,
            comments=[(school, RespondentGroup.STUDENT, "words", f"{school} says {n:02}") for school, n in written],
        )
    return survey


async def unread(reader: httpx2.AsyncClient, survey: UUID) -> list[str]:
    """The ids of what waits for a reader, in the order in which it is shown."""
    answer = await reader.get(f"/v1/administrations/{survey}/comments")
    assert answer.status_code == 200, answer.text
    return [comment["comment_id"] for comment in answer.json()["items"]]


async def decide(reader: httpx2.AsyncClient, ids: Sequence[str], **decision: str) -> None:
    """Decide the same about each."""
    for comment_id in ids:
        answer = await reader.post(f"/v1/comments/{comment_id}/review", json=decision)
        assert answer.status_code == 200, answer.text


async def test_a_released_comment_is_shown_where_enough_wrote_and_nowhere_else(
    service: ServiceInTest[Settings],
) -> None:
    survey = await counted(service)
    async with service.client("counselor", "c-1") as reader, service.client("analyst") as analyst:
        ids = await unread(reader, survey)
        await decide(reader, ids[1:], decision="release")
        await decide(reader, ids[:1], decision="withhold", note="Names a child.")
        shown = (await analyst.get(f"/v1/administrations/{survey}/released-comments")).json()
        rest = (await reader.get(f"/v1/administrations/{survey}/comments?status=withheld")).json()
    (withheld,) = rest["items"]
    assert withheld["note"] == "Names a child."
    assert rest["counts"] == {"unread": 0, "released": ENOUGH + TOO_FEW - 1, "withheld": 1, "escalated": 0}
    released = ENOUGH - (withheld["school_id"] == "s-1")
    unit = {"respondent_group": "student", "item_id": "words"}
    assert shown["units"] == [
        unit | {"school_id": "s-1", "suppressed": False, "released": released},
        unit | {"school_id": "s-2", "suppressed": True, "released": None},
    ]
    assert {comment["school_id"] for comment in shown["items"]} == {"s-1"}
    assert len(shown["items"]) == released
    assert withheld["written"] not in {comment["text"] for comment in shown["items"]}
    assert set(shown["items"][0]) == {"comment_id", "school_id", "respondent_group", "item_id", "text"}


async def test_a_redaction_is_shown_in_place_of_what_was_written(service: ServiceInTest[Settings]) -> None:
    survey = await counted(service)
    async with service.client("counselor", "c-1", schools=["s-1"]) as reader:
        first, second, *_ = await unread(reader, survey)
        await decide(reader, [first], decision="release", redacted="[A school] says so")
        early = await reader.post(f"/v1/comments/{second}/review", json={"decision": "escalate", "redacted": "x"})
        assert early.status_code == 422
        await decide(reader, [second], decision="escalate")
        shown = (await reader.get(f"/v1/administrations/{survey}/released-comments?group=student")).json()
        escalated = (await reader.get(f"/v1/administrations/{survey}/comments?status=escalated")).json()
        elsewhere = (await reader.get(f"/v1/administrations/{survey}/released-comments?school_id=s-2")).json()
    assert [comment["text"] for comment in shown["items"]] == ["[A school] says so"]
    assert [comment["comment_id"] for comment in escalated["items"]] == [second]
    assert escalated["counts"] == {"unread": ENOUGH - 2, "released": 1, "withheld": 0, "escalated": 1}
    assert elsewhere == {"items": [], "next_cursor": None, "units": []}


async def test_only_those_whom_the_rules_name_read_before_a_release_and_nobody_before_the_count(
    service: ServiceInTest[Settings],
) -> None:
    survey = await counted(service)
    running = await a_survey(service)
    async with service.client("counselor", "c-1") as reader:
        (first, *_) = await unread(reader, survey)
        for path in ("comments", "released-comments"):
            assert (await reader.get(f"/v1/administrations/{running}/{path}")).status_code == 409
            assert (await reader.get(f"/v1/administrations/{first}/{path}")).status_code == 404
    async with service.client("counselor", "c-9") as untrained, service.client("analyst", "c-1") as analyst:
        for client in (untrained, analyst):
            listed = await client.get(f"/v1/administrations/{survey}/comments")
            decided = await client.post(f"/v1/comments/{first}/review", json={"decision": "release"})
            assert (listed.status_code, decided.status_code) == (403, 403)
        assert listed.json()["type"].endswith(":not-permitted")
    async with service.client("counselor", "c-2", schools=["s-9"]) as elsewhere:
        for path in ("comments", "released-comments"):
            assert (await elsewhere.get(f"/v1/administrations/{survey}/{path}")).status_code == 404
        answer = await elsewhere.post(f"/v1/comments/{first}/review", json={"decision": "release"})
        assert answer.status_code == 404


async def test_of_two_readers_at_once_the_second_is_told(service: ServiceInTest[Settings]) -> None:
    survey = await counted(service)
    async with service.client("counselor", "c-1") as one, service.client("counselor", "c-2") as other:
        (first, *_) = await unread(one, survey)
        path = f"/v1/comments/{first}/review"
        caller = Caller("c-1", DISTRICT, Role.COUNSELOR)
        command, today = ReviewComment(decision=Decision.RELEASE), NOON.date()
        async with service.process.database.write(DISTRICT) as session:
            await review_comment(
                session, service.process.ring, UUID(first), command, caller=caller, if_match=None, today=today
            )
            second = asyncio.create_task(other.post(path, json={"decision": "withhold"}))
            done, _ = await asyncio.wait({second}, timeout=0.3)
            assert not done  # it waits for what the first reader leaves
        assert (await second).status_code == 409
        stale = await other.post(path, json={"decision": "escalate"}, headers={"If-Match": '"1"'})
        assert stale.status_code == 412
        anew = await other.post(path, json={"decision": "escalate"}, headers={"If-Match": '"2"'})
        assert (anew.status_code, anew.headers["etag"]) == (200, '"3"')
        told = anew.json()
        assert (told["status"], told["reviewed_by"], told["reviewed_on"]) == ("escalated", "c-2", "2026-11-25")


async def test_comments_lie_sealed_and_in_no_order_that_tells_of_their_writers(
    service: ServiceInTest[Settings],
) -> None:
    survey = await counted(service)
    async with service.process.database.read("*") as session:
        rows = (await session.execute(select(comments))).mappings().all()
    assert "says" not in repr([dict(row) for row in rows])
    assert {row["comment_id"].version for row in rows} == {4}
    in_storage = [row["school_id"] for row in rows]
    assert in_storage != sorted(in_storage)  # as handed over; chance would sort them once in 293,930 runs
    async with service.client("counselor", "c-1") as reader:
        whole = await unread(reader, survey)
        path = f"/v1/administrations/{survey}/comments"
        page = (await reader.get(path, params={"limit": 20})).json()
        last = (await reader.get(path, params={"limit": 20, "cursor": page["next_cursor"]})).json()
    assert whole == sorted(whole)
    assert [comment["comment_id"] for part in (page, last) for comment in part["items"]] == whole
