"""What the district's rules for surveys promise over HTTP: shipped ones first, then its own, with their history."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from climate_survey_api.policies.operations import SetSurveyPolicy
from climate_survey_api.policies.rules import FLOOR, OPEN_TEXT_FLOOR, SurveyPolicy
from climate_survey_api.policies.views import policy_of
from climate_survey_api.settings import Settings
from shared.http.paging import cursor_at_version
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.suite import NOON, Clock

PATH = "/v1/survey-policy"
OWN: dict[str, Any] = {
    "minimum": 20,
    "open_text_minimum": 15,
    "notice_days": 30,
    "helpline": {"en": "Call the school at 555-0100.", "ar": "اتصل بالمدرسة."},
    "comment_readers": ["c-2", "c-1"],
}


def _problem(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def _policy(surveys: ServiceInTest[Settings], district_id: str = DISTRICT) -> SurveyPolicy:
    async with surveys.process.database.read(district_id) as session:
        return await policy_of(session, district_id)


async def test_until_the_district_sets_its_rules_the_shipped_ones_hold(
    admin: httpx2.AsyncClient, surveys: ServiceInTest[Settings]
) -> None:
    told = await admin.get(PATH)
    assert (told.status_code, told.headers["etag"]) == (200, '"0"')
    body = told.json()
    assert (body["version"], body["minimum"], body["open_text_minimum"], body["notice_days"]) == (0, 10, 10, 1)
    assert body["helpline"].keys() == {"en", "es"}
    assert all("988" in text and "911" in text for text in body["helpline"].values())
    assert (body["comment_readers"], body["recorded_at"], body["recorded_by"]) == ([], None, None)
    assert await _policy(surveys) == SurveyPolicy()
    assert (await admin.get(f"{PATH}/versions")).json() == {"items": [], "next_cursor": None}


async def test_the_districts_rules_hold_as_they_were_set(
    admin: httpx2.AsyncClient, surveys: ServiceInTest[Settings]
) -> None:
    made = await admin.put(PATH, json=OWN)
    assert (made.status_code, made.headers["etag"]) == (200, '"1"')
    assert made.json() == OWN | {"version": 1, "recorded_at": "2026-11-25T17:00:00Z", "recorded_by": "a-1"}
    assert (await admin.get(PATH)).json() == made.json()
    policy = await _policy(surveys)
    assert (policy.minimum, policy.open_text_minimum, policy.notice_days) == (20, 15, 30)
    assert dict(policy.helpline) == OWN["helpline"]
    assert policy.comment_readers == frozenset({"c-1", "c-2"})
    assert await _policy(surveys, "elsewhere") == SurveyPolicy()


async def test_a_change_leaves_what_was_before_to_be_read_and_the_same_again_leaves_nothing(
    admin: httpx2.AsyncClient, clock: Clock
) -> None:
    for body, version in ((OWN, 1), (OWN | {"comment_readers": ["c-1", "c-2"]}, 1), (OWN | {"minimum": 5}, 2), ({}, 3)):
        assert (await admin.put(PATH, json=body)).headers["etag"] == f'"{version}"'
        clock.move(timedelta(days=1))
    assert (await admin.get(PATH)).json()["minimum"] == 10
    first = (await admin.get(f"{PATH}/versions", params={"limit": 2})).json()
    assert [(row["version"], row["minimum"]) for row in first["items"]] == [(3, 10), (2, 5)]
    rest = (await admin.get(f"{PATH}/versions", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    (oldest,) = rest["items"]
    assert (oldest["version"], oldest["recorded_at"]) == (1, f"{NOON:%Y-%m-%dT%H:%M:%SZ}")
    assert rest["next_cursor"] is None


async def test_a_change_meant_for_another_version_is_refused(admin: httpx2.AsyncClient) -> None:
    assert (await admin.put(PATH, json=OWN, headers={"If-Match": '"0"'})).status_code == 200
    stale = await admin.put(PATH, json=OWN | {"minimum": 6}, headers={"If-Match": '"0"'})
    assert _problem(stale) == (412, "changed-meanwhile")
    assert (await admin.put(PATH, json=OWN | {"minimum": 6}, headers={"If-Match": '"1"'})).status_code == 200
    assert (await admin.get(PATH)).json()["minimum"] == 6


async def test_only_who_acts_for_the_whole_district_sets_them_and_they_are_not_for_officers(
    admin: httpx2.AsyncClient, surveys: ServiceInTest[Settings]
) -> None:
    async with surveys.client("district_admin", schools=["s-1"]) as of_one_school:
        assert _problem(await of_one_school.put(PATH, json=OWN)) == (403, "only-for-whole-district")
        assert (await of_one_school.get(PATH)).status_code == 200
    async with surveys.client("counselor", schools=["s-1"]) as counselor:
        assert _problem(await counselor.put(PATH, json=OWN)) == (403, "not-permitted")
        assert (await counselor.get(PATH)).status_code == 200
    async with surveys.client("officer", "o-1") as officer:
        assert (await officer.get(PATH)).status_code == 403
        assert (await officer.get(f"{PATH}/versions")).status_code == 403
    another = cursor_at_version("survey-policy-versions", "elsewhere", 1)
    refused = await admin.get(f"{PATH}/versions", params={"cursor": another})
    assert _problem(refused) == (422, "cursor-unusable")
    assert (await admin.get(PATH)).json()["version"] == 0


async def test_rules_under_the_floor_are_refused_by_their_fields(admin: httpx2.AsyncClient) -> None:
    faulty: list[tuple[dict[str, Any], str]] = [
        ({"minimum": FLOOR - 1}, "minimum"),
        ({"minimum": 101}, "minimum"),
        ({"minimum": "10"}, "minimum"),
        ({"open_text_minimum": OPEN_TEXT_FLOOR - 1}, "open_text_minimum"),
        ({"open_text_minimum": 101}, "open_text_minimum"),
        ({"notice_days": -1}, "notice_days"),
        ({"notice_days": 91}, "notice_days"),
        ({"helpline": {}}, "helpline"),
        ({"helpline": {"en": "x" * 501}}, "helpline.en"),
        ({"helpline": {"english": "Call."}}, "helpline.english.[key]"),
        ({"comment_readers": ["c-1", "c-1"]}, "comment_readers"),
        ({"comment_readers": [""]}, "comment_readers.0"),
        ({"minimum_cell": 10}, "minimum_cell"),
    ]
    for change, path in faulty:
        refused = await admin.put(PATH, json=OWN | change)
        assert refused.status_code == 422
        assert [error["path"] for error in refused.json()["errors"]] == [path]
    assert (await admin.get(PATH)).json()["version"] == 0


@pytest.mark.parametrize("limits", [(5, 10, 0), (100, 100, 90)])
def test_the_limits_themselves_may_be_set(limits: tuple[int, int, int]) -> None:
    minimum, open_text, notice = limits
    body = OWN | {"minimum": minimum, "open_text_minimum": open_text, "notice_days": notice}
    assert SetSurveyPolicy.model_validate(body).minimum == minimum
