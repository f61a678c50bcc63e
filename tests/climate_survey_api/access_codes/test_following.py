"""Following a survey: counts by school and group, batches without a fact about one code, and who is to be reminded."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import or_, select

from climate_survey_api.access_codes.errors import CodeUnknown
from climate_survey_api.access_codes.models import access_codes
from climate_survey_api.access_codes.views import codes_by_unit
from shared.db import EVERY_DISTRICT
from shared.testing.service import DISTRICT
from tests.climate_survey_api.access_codes.handing_out import ask_for, burn, codes_of, codes_path, kind_of, present
from tests.climate_survey_api.administrations.holding import PATH, STAFF, STUDENT, Surveys

pytestmark = pytest.mark.slow


async def status(client: httpx2.AsyncClient, survey_id: str) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows, by school and group."""
    answer = await client.get(f"{PATH}/{survey_id}/status")
    assert answer.status_code == 200, answer.text
    assert answer.json()["as_of"].startswith("2026-11-25T17:00:00")
    return {(row["school_id"], row["respondent_group"]): row for row in answer.json()["rows"]}


async def test_the_status_counts_what_was_made_and_used_and_nothing_that_was_not(surveys: Surveys) -> None:
    survey_id = await surveys.open()
    for code in (await codes_of(surveys.admin, survey_id, count=4))[:3]:
        await burn(surveys, await present(surveys, code))
    await codes_of(surveys.admin, survey_id, respondent_group="staff", count=2)
    await codes_of(surveys.admin, await surveys.plan(), count=5)

    rows = await status(surveys.admin, survey_id)

    assert rows == {
        ("s-1", "student"): row("s-1", "student", 64, 4, 3, 0.75, 3 / 64),
        ("s-1", "staff"): row("s-1", "staff", 8, 2, 0, 0.0, 0.0),
        ("s-2", "student"): row("s-2", "student", 5, 0, 0, None, 0.0),
    }
    found = await surveys.found(survey_id)
    async with surveys.service.process.database.read(DISTRICT) as session:
        counts = await codes_by_unit(session, DISTRICT, found.administration_id)
    assert counts == {("s-1", STUDENT): (4, 3), ("s-1", STAFF): (2, 0)}


def row(
    school_id: str, group: str, invited: int, generated: int, used: int, rate: float | None, so_far: float
) -> dict[str, Any]:
    """A row as it is shown."""
    return {
        "school_id": school_id,
        "respondent_group": group,
        "invited": invited,
        "generated": generated,
        "used": used,
        "submission_rate": rate,
        "response_rate_so_far": so_far,
    }


async def test_each_follows_his_own_schools_and_no_other_district(surveys: Surveys) -> None:
    survey_id = await surveys.open()

    async with surveys.service.client("administrator", schools=["s-2", "s-7"]) as principal:
        assert list(await status(principal, survey_id)) == [("s-2", "student")]
    async with surveys.service.client("administrator", schools=["s-7"]) as elsewhere:
        assert (await elsewhere.get(f"{PATH}/{survey_id}/status")).status_code == 404
    async with surveys.service.client("district_admin", district="other") as stranger:
        for path in (f"{PATH}/{survey_id}/status", codes_path(survey_id)):
            assert (await stranger.get(path)).status_code == 404
    async with surveys.service.client("officer") as officer:
        assert (await officer.get(f"{PATH}/{survey_id}/status")).status_code == 403


async def test_batches_are_listed_newest_first_and_tell_nothing_of_a_code(surveys: Surveys) -> None:
    survey_id = await surveys.open()
    made = []
    for minute, school_id in enumerate(["s-1", "s-2", "s-1"]):
        surveys.clock.now = surveys.clock.now.replace(minute=minute)
        made.append((await ask_for(surveys.admin, survey_id, school_id=school_id)).headers["batch-id"])
    await surveys.admin.delete(f"{codes_path(survey_id)}/{made[0]}")

    first = await surveys.admin.get(codes_path(survey_id), params={"limit": 2})
    second = await surveys.admin.get(codes_path(survey_id), params={"cursor": first.json()["next_cursor"]})

    listed = [*first.json()["items"], *second.json()["items"]]
    assert [batch["batch_id"] for batch in listed] == made[::-1]
    assert [batch["voided_at"] is None for batch in listed] == [True, True, False]
    assert listed[0].keys() == {
        "batch_id",
        "school_id",
        "respondent_group",
        "count",
        "made_at",
        "made_by",
        "voided_at",
    }
    assert (listed[0]["count"], listed[0]["made_by"]) == (3, "a-1")
    async with surveys.service.client("administrator", schools=["s-2"]) as principal:
        own = (await principal.get(codes_path(survey_id))).json()["items"]
    assert [batch["batch_id"] for batch in own] == [made[1]]


async def test_of_a_confidential_survey_it_is_told_who_has_answered(surveys: Surveys) -> None:
    survey_id = await surveys.open(mode="confidential")
    people = [f"u-{number}" for number in range(5)]
    codes = await codes_of(surveys.admin, survey_id, count=5, recipients=people)
    answered = {"u-1", "u-4"}
    for person, code in zip(people, codes, strict=True):
        if person in answered:
            await burn(surveys, await present(surveys, code))

    found, cursor = [], None
    while True:
        asked = {"school_id": "s-1", "group": "student", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = await surveys.admin.get(f"{PATH}/{survey_id}/participants", params=asked)
        assert page.status_code == 200, page.text
        assert not cursor or "u-" not in cursor
        found += page.json()["items"]
        if (cursor := page.json()["next_cursor"]) is None:
            break

    assert len(found) == 5
    assert {one["recipient"]: one["has_answered"] for one in found} == {p: p in answered for p in people}
    async with surveys.service.client("administrator", schools=["s-2"]) as elsewhere:
        asked = {"school_id": "s-1", "group": "student"}
        assert (await elsewhere.get(f"{PATH}/{survey_id}/participants", params=asked)).status_code == 404


async def test_a_voided_code_is_for_nobody_and_its_recipient_can_get_another(surveys: Surveys) -> None:
    survey_id = await surveys.open(mode="confidential")
    lost = await ask_for(surveys.admin, survey_id, count=1, recipients=["u-1"])
    await surveys.admin.delete(f"{codes_path(survey_id)}/{lost.headers['batch-id']}")
    asked = {"school_id": "s-1", "group": "student"}

    assert (await surveys.admin.get(f"{PATH}/{survey_id}/participants", params=asked)).json()["items"] == []
    assert await codes_of(surveys.admin, survey_id, count=1, recipients=["u-1"])


async def test_a_code_opens_nothing_once_the_parents_of_its_student_have_opted_out(surveys: Surveys) -> None:
    ppra = {"notice_on": "2026-10-01", "consent": "opt_out"}
    survey_id = await surveys.open(mode="confidential", ppra=ppra)
    used, taken, kept = await codes_of(surveys.admin, survey_id, count=3, recipients=["u-1", "u-2", "u-3"])
    of_staff = await codes_of(surveys.admin, survey_id, respondent_group="staff", count=1, recipients=["u-2"])
    await burn(surveys, await present(surveys, used))
    chosen = [{"school_id": "s-1", "student_id": one, "choice": "opted_out"} for one in ("u-1", "u-2")]

    assert (await surveys.admin.post(f"{PATH}/{survey_id}/parental-choices", json=chosen)).is_success

    with pytest.raises(CodeUnknown):
        await present(surveys, taken)
    # What was answered before stays: nobody could find it. So does what is another's of the same id.
    assert [(await present(surveys, code)).is_used for code in (used, kept, *of_staff)] == [True, False, False]


async def test_once_a_survey_has_closed_nothing_tells_whom_its_codes_were_for(surveys: Surveys) -> None:
    survey_id = await surveys.open(mode="confidential")
    codes = await codes_of(surveys.admin, survey_id, count=2, recipients=["u-1", "u-2"])
    await burn(surveys, await present(surveys, codes[0]))

    assert (await surveys.admin.post(f"{PATH}/{survey_id}/closing", json={})).status_code == 200

    asked = {"school_id": "s-1", "group": "student"}
    assert (await surveys.admin.get(f"{PATH}/{survey_id}/participants", params=asked)).json()["items"] == []
    async with surveys.service.process.database.read(EVERY_DISTRICT) as session:
        named = select(access_codes.c.digest).where(
            or_(access_codes.c.recipient.is_not(None), access_codes.c.recipient_digest.is_not(None))
        )
        assert (await session.execute(named)).all() == []
    assert (await present(surveys, codes[0])).is_used


async def test_of_an_anonymous_survey_nobody_is_known(surveys: Surveys) -> None:
    survey_id = await surveys.open()
    asked = {"school_id": "s-1", "group": "student"}

    assert kind_of(await surveys.admin.get(f"{PATH}/{survey_id}/participants", params=asked)) == (
        409,
        "nobody-is-known",
    )
    bad = await surveys.admin.get(f"{PATH}/{survey_id}/participants", params=asked | {"cursor": "WyJ4Il0"})
    assert bad.status_code == 422
