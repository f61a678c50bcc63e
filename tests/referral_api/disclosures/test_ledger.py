"""The ledger: found by what is asked, emergencies reviewed by a second person, and the parents' copy of all of it."""

import asyncio
import csv
import io
from urllib.parse import quote

import httpx2
import pytest

from referral_api.disclosures import views
from referral_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.referral_api.clearance.officers import DUTY, EMERGENCY, a_standing, an_agreement, announce, kind, ledger

STUDENT = "/v1/students/st-1"
UPHELD = {"upheld": True, "note": "The student was met in time."}


@pytest.fixture
async def asked(api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient) -> None:
    """An emergency, a refusal of one, a refusal, a duty, and a counsellor."""
    await announce(api)
    assert (await officer.get(STUDENT, headers=EMERGENCY)).status_code == 403
    await announce(api, a_standing(), an_agreement())
    assert (await officer.get(STUDENT, headers=EMERGENCY)).status_code == 200
    assert (await officer.get(STUDENT)).status_code == 400
    assert (await officer.get(STUDENT, headers=DUTY)).status_code == 200
    assert (await counselor.get(STUDENT)).status_code == 200


async def review(
    api: ServiceInTest[Settings], disclosure_id: str, sub: str = "p-1", body: object = UPHELD
) -> httpx2.Response:
    """A principal's review of an emergency."""
    async with api.client("administrator", sub, schools=["s-1"]) as principal:
        return await principal.post(f"/v1/disclosures/{disclosure_id}/review", json=body)


@pytest.mark.usefixtures("asked")
async def test_entries_are_found_by_outcome_role_and_review(api: ServiceInTest[Settings]) -> None:
    for query, n in (
        ("", 5),
        ("?outcome=refused", 2),
        ("?outcome=disclosed&role=officer", 2),
        ("?role=counselor", 1),
        ("?review=pending", 1),
        ("?review=done", 0),
        ("?student_id=st-1&review=pending", 1),
        ("?student_id=st-3", 0),
    ):
        assert len(await ledger(api, query)) == n, query
    (waiting,) = await ledger(api, "?review=pending")
    assert (await review(api, waiting["disclosure_id"])).status_code == 200
    assert await ledger(api, "?review=pending") == []
    (reviewed,) = await ledger(api, "?review=done")
    assert reviewed["disclosure_id"] == waiting["disclosure_id"]


@pytest.mark.usefixtures("asked")
async def test_a_second_person_reviews_an_emergency_once(api: ServiceInTest[Settings]) -> None:
    (emergency,) = await ledger(api, "?review=pending")
    found = await review(api, emergency["disclosure_id"])
    told = found.json()["review"]
    assert (found.status_code, told["outcome"], told["by"], told["note"]) == (200, "upheld", "p-1", UPHELD["note"])
    assert (await review(api, emergency["disclosure_id"])).json() == found.json()
    for again in (
        await review(api, emergency["disclosure_id"], "p-2"),
        await review(api, emergency["disclosure_id"], body={"upheld": False}),
        await review(api, emergency["disclosure_id"], body={"upheld": True}),
    ):
        assert kind(again) == (409, "already-reviewed")
    assert await ledger(api, "?review=done") == [found.json()]


@pytest.mark.usefixtures("asked")
async def test_nobody_reviews_his_own_emergency_nor_one_that_he_may_not_know_of(api: ServiceInTest[Settings]) -> None:
    (emergency,) = await ledger(api, "?review=pending")
    own = await review(api, emergency["disclosure_id"], "o-1")
    assert kind(own) == (403, "own-disclosure")
    async with api.client("administrator", "p-9", schools=["s-2"]) as elsewhere, api.client("counselor") as counselor:
        path = f"/v1/disclosures/{emergency['disclosure_id']}/review"
        assert kind(await elsewhere.post(path, json=UPHELD)) == (404, "disclosure-not-found")
        assert kind(await counselor.post(path, json=UPHELD)) == (403, "not-permitted")
    unknown = await review(api, "0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f")
    assert kind(unknown) == (404, "disclosure-not-found")
    assert len(await ledger(api, "?review=pending")) == 1


@pytest.mark.usefixtures("asked")
async def test_only_what_was_disclosed_in_an_emergency_is_reviewed(api: ServiceInTest[Settings]) -> None:
    others = [e for e in await ledger(api) if e["outcome"] == "refused" or e["threat"] is None]
    assert len(others) == 4
    assert {kind(await review(api, e["disclosure_id"])) for e in others} == {(409, "nothing-to-review")}


@pytest.mark.usefixtures("asked")
async def test_of_reviews_at_once_one_stands(api: ServiceInTest[Settings]) -> None:
    (emergency,) = await ledger(api, "?review=pending")
    answers = await asyncio.gather(
        *[review(api, emergency["disclosure_id"], f"p-{n}", {"upheld": n % 2 == 0}) for n in range(8)]
    )
    assert sorted(a.status_code for a in answers) == [200, *[409] * 7]
    (stands,) = [a.json() for a in answers if a.status_code == 200]
    assert await ledger(api, "?review=done") == [stands]


@pytest.mark.usefixtures("asked")
async def test_the_parents_copy_holds_every_request_and_what_the_rule_asks_of_an_emergency(
    api: ServiceInTest[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "CSV_PAGE", 2)
    (emergency,) = await ledger(api, "?review=pending")
    await review(api, emergency["disclosure_id"])
    async with api.client("administrator", "p-1", schools=["s-1"]) as principal:
        answer = await principal.get(f"{STUDENT}/disclosures.csv", headers={"Accept": "text/csv"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="disclosures.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(r["requested_by"], r["outcome"], r["purpose"]) for r in rows] == [
        ("o-1", "refused", "health_safety_emergency"),
        ("o-1", "disclosed", "health_safety_emergency"),
        ("o-1", "refused", ""),
        ("o-1", "disclosed", "school_official_duty"),
        ("c-1", "disclosed", ""),
    ]
    told = rows[1]
    assert (told["threat"], told["recipients"]) == (EMERGENCY["Emergency-Threat"], "o-1")
    assert (told["expires_at"], told["review_outcome"]) == ("2026-11-03T17:00:00+00:00", "upheld")
    assert told["requested_at"] == "2026-11-02T17:00:00+00:00"
    assert rows[0]["because"]


async def test_a_cell_of_the_copy_is_never_run(api: ServiceInTest[Settings], officer: httpx2.AsyncClient) -> None:
    await announce(api, a_standing(), an_agreement())
    formula = EMERGENCY | {"Emergency-Threat": '=HYPERLINK("http://x")', "Emergency-Recipients": "+1, @x"}
    assert (await officer.get(STUDENT, headers=formula)).status_code == 200
    async with api.client("district_admin") as admin:
        (row,) = csv.DictReader(io.StringIO((await admin.get(f"{STUDENT}/disclosures.csv")).text))
    assert (row["threat"], row["recipients"]) == ('\'=HYPERLINK("http://x")', "'+1, @x")


async def test_the_copy_is_for_those_who_read_the_ledger_of_a_student_they_know(api: ServiceInTest[Settings]) -> None:
    async with api.client("administrator", schools=["s-2"]) as elsewhere, api.client("counselor") as counselor:
        assert kind(await elsewhere.get(f"{STUDENT}/disclosures.csv")) == (404, "student-not-found")
        assert kind(await counselor.get(f"{STUDENT}/disclosures.csv")) == (403, "not-permitted")
    async with api.client("district_admin") as admin:
        assert (await admin.get(f"/v1/students/{quote('st-1', safe='')}/disclosures.csv")).status_code == 200
        assert kind(await admin.get("/v1/students/st-99/disclosures.csv")) == (404, "student-not-found")
