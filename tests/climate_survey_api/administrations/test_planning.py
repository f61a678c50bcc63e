"""What plans promise over HTTP: made once, changed while they may be, taken back, seen by those they concern."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from climate_survey_api.administrations.operations import note_codes
from shared.testing.service import DISTRICT
from tests.climate_survey_api.administrations.holding import PATH, Surveys, a_plan, at

pytestmark = pytest.mark.slow


def paths(problem: dict[str, Any]) -> list[str]:
    return [fault["path"] for fault in problem["errors"]]


async def test_a_plan_is_told_as_it_was_sent_with_where_it_stands(surveys: Surveys) -> None:
    frame = {"student": {"grade_band": {"6_8": 40, "9_12": 20}}}
    school = {"school_id": "s-1", "name": "Lincoln Middle School", "invited": {"student": 64}, "frame": frame}
    ppra = {"notice_on": "2026-10-01", "consent": "opt_out", "required": True, "ed_funded": False}
    sent = a_plan(schools=[school], facets=["grade_band"], ppra=ppra, free_text=True, mode="confidential")
    made = await surveys.admin.post(PATH, json=sent)
    told = made.json()
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.headers["location"] == f"{PATH}/{told['administration_id']}"
    assert told["schools"] == sent["schools"]
    assert {name: told[name] for name in ("ppra", "facets", "free_text", "mode")} == {
        name: sent[name] for name in ("ppra", "facets", "free_text", "mode")
    }
    assert (told["status"], told["consent_mode"], told["waits_for"]) == ("draft", "none", [])
    assert (told["opened_at"], told["closed_at"], told["counted_at"], told["has_codes"]) == (None, None, None, False)
    read = await surveys.admin.get(made.headers["location"])
    assert (read.status_code, read.headers["etag"], read.json()) == (200, '"1"', told)


async def test_the_same_plan_under_its_id_is_one_and_another_is_refused(surveys: Surveys) -> None:
    administration_id = str(uuid4())
    plan = a_plan(administration_id=administration_id)
    assert (await surveys.admin.post(PATH, json=plan)).status_code == 201
    changed = await surveys.admin.put(f"{PATH}/{administration_id}", json=a_plan(name="Autumn"))
    assert changed.json()["name"] == "Autumn"
    again = await surveys.admin.post(PATH, json=plan | {"schools": plan["schools"][::-1]})
    assert (again.status_code, again.json()) == (200, changed.json())
    other = await surveys.admin.post(PATH, json=plan | {"name": "Autumn"})
    assert (other.status_code, other.json()["type"]) == (409, "urn:rapport:problem:administration-exists")
    async with surveys.service.client("district_admin", district="elsewhere") as stranger:
        taken = await stranger.post(PATH, json=plan)
        assert taken.status_code == 409
        assert (await stranger.get(f"{PATH}/{administration_id}")).status_code == 404
        for verb in ("opening", "closing", "parental-choices"):
            body = [{"school_id": "s-1", "student_id": "u-1", "choice": "opted_out"}] if "choices" in verb else None
            assert (await stranger.post(f"{PATH}/{administration_id}/{verb}", json=body)).status_code == 404
        assert (await stranger.put(f"{PATH}/{administration_id}", json=a_plan())).status_code == 404
        assert (await stranger.delete(f"{PATH}/{administration_id}")).status_code == 404
        assert (await stranger.get(PATH)).json()["items"] == []
    assert (await surveys.shown(administration_id))["name"] == "Autumn"


async def test_what_cannot_be_held_is_refused_with_the_path_of_each_fault(surveys: Surveys) -> None:
    async def refused(**changes: Any) -> list[str]:
        answer = await surveys.admin.post(PATH, json=a_plan(**changes))
        assert answer.status_code == 422, answer.text
        return paths(answer.json())

    assert await refused(version=99) == ["instrument_id"]
    assert await refused(instrument_id="none-of-ours") == ["instrument_id"]
    assert await refused(languages=["en", "fr"]) == ["languages.1"]
    assert await refused(closes_at=at(hours=-1), opens_at=at(hours=-2)) == ["closes_at"]
    assert await refused(schools=[]) == ["schools"]
    assert await refused(schools=[{"school_id": "s-1", "invited": {"student": -1}}]) == ["schools.0.invited.student"]
    assert await refused(facets=["shoe_size"]) == ["facets.0"]
    assert await refused(schools=[{"school_id": "s-1", "invited": {}}]) == ["schools.0.invited"]
    assert await refused(mode="secret") == ["mode"]
    assert (await surveys.admin.get(PATH)).json()["items"] == []


async def test_a_draft_may_be_changed_as_a_whole_until_codes_are_made(surveys: Surveys) -> None:
    administration_id = await surveys.plan()
    path = f"{PATH}/{administration_id}"
    new = a_plan(schools=[{"school_id": "s-3", "invited": {"staff": 4}}], languages=["es"])
    changed = await surveys.admin.put(path, json=new, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert [school["school_id"] for school in changed.json()["schools"]] == ["s-3"]
    assert [unit.school_id for unit in (await surveys.found(administration_id)).units] == ["s-3"]
    stale = await surveys.admin.put(path, json=a_plan(), headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    again = await surveys.admin.put(path, json=new, headers={"If-Match": '"2"'})
    assert (again.status_code, again.headers["etag"]) == (200, '"2"')

    found = await surveys.found(administration_id)
    async with surveys.service.process.database.write(DISTRICT) as session:
        await note_codes(session, found.administration_id)
        await note_codes(session, found.administration_id)
    assert (await surveys.shown(administration_id))["revision"] == 3
    renamed = await surveys.admin.put(path, json=new | {"name": "Autumn", "closes_at": at(days=9)})
    assert (renamed.status_code, renamed.json()["name"], renamed.json()["has_codes"]) == (200, "Autumn", True)
    fixed = await surveys.admin.put(path, json=new | {"name": "Autumn", "closes_at": at(days=9), "languages": ["en"]})
    assert (fixed.status_code, paths(fixed.json())) == (409, ["languages"])
    promised = new | {"name": "Autumn", "closes_at": at(days=9)}
    promised |= {"ppra": {"notice_on": "2026-10-01", "consent": "opt_in"}}
    assert paths((await surveys.admin.put(path, json=promised)).json()) == ["ppra"]
    assert (await surveys.admin.delete(path)).status_code == 409


async def test_of_an_open_survey_only_the_end_of_its_window_is_changed(surveys: Surveys) -> None:
    path = f"{PATH}/{await surveys.open()}"
    for closes_at in (at(days=9), at(minutes=1)):
        changed = await surveys.admin.put(path, json=a_plan(closes_at=closes_at))
        assert changed.status_code == 200
    assert changed.json()["closes_at"] == "2026-11-25T17:01:00Z"
    past = await surveys.admin.put(path, json=a_plan(closes_at=at(seconds=-1)))
    assert (past.status_code, paths(past.json())) == (422, ["closes_at"])
    other = await surveys.admin.put(path, json=a_plan(mode="confidential", name="Autumn"))
    assert (other.status_code, paths(other.json())) == (409, ["mode", "name"])
    assert (await surveys.admin.delete(path)).status_code == 409
    surveys.clock.move(timedelta(minutes=1))
    over = await surveys.admin.put(path, json=a_plan(closes_at=at(days=9)))
    assert (over.status_code, paths(over.json())) == (409, ["closes_at"])
    assert await surveys.look() == 1
    assert (await surveys.admin.put(path, json=a_plan(closes_at=at(days=9)))).status_code == 409


async def test_a_draft_that_is_taken_back_leaves_nothing_behind(surveys: Surveys) -> None:
    administration_id = str(uuid4())
    plan = a_plan(administration_id=administration_id)
    await surveys.admin.post(PATH, json=plan)
    path = f"{PATH}/{administration_id}"
    assert (await surveys.admin.delete(path, headers={"If-Match": '"7"'})).status_code == 412
    assert (await surveys.admin.delete(path)).status_code == 204
    assert (await surveys.admin.delete(path)).status_code == 404
    assert (await surveys.admin.get(path)).status_code == 404
    other = plan | {"schools": [{"school_id": "s-9", "invited": {"staff": 1}}]}
    assert (await surveys.admin.post(PATH, json=other)).status_code == 201
    assert [unit.school_id for unit in (await surveys.found(administration_id)).units] == ["s-9"]


async def test_each_sees_what_is_asked_at_his_schools_and_plans_for_the_whole_district(surveys: Surveys) -> None:
    both = await surveys.plan()
    later = await surveys.plan(
        opens_at=at(days=1), schools=[{"school_id": "s-1", "invited": {"staff": 3, "family": 9}}], name="Later"
    )
    listed = (await surveys.admin.get(PATH)).json()["items"]
    assert [row["administration_id"] for row in listed] == [later, both]
    assert (listed[1]["schools_asked"], listed[1]["invited"]) == (2, {"student": 69, "staff": 8})
    first = await surveys.admin.get(PATH, params={"limit": 1})
    second = await surveys.admin.get(PATH, params={"limit": 1, "cursor": first.json()["next_cursor"]})
    assert [page.json()["items"][0]["administration_id"] for page in (first, second)] == [later, both]
    assert second.json()["next_cursor"] is None
    for query, expected in (
        ({"school_id": "s-2"}, [both]),
        ({"school_id": "s-9"}, []),
        ({"status": "open"}, []),
        ({"status": "draft"}, [later, both]),
    ):
        rows = (await surveys.admin.get(PATH, params=query)).json()["items"]
        assert [row["administration_id"] for row in rows] == expected, query

    async with surveys.service.client("administrator", schools=["s-2"]) as his:
        (row,) = (await his.get(PATH)).json()["items"]
        assert (row["administration_id"], row["schools_asked"], row["invited"]) == (both, 1, {"student": 5})
        assert (await his.get(PATH, params={"school_id": "s-1"})).json()["items"] == []
        seen = (await his.get(f"{PATH}/{both}")).json()
        assert seen["schools"] == [{"school_id": "s-2", "name": None, "invited": {"student": 5}, "frame": {}}]
        assert (await his.get(f"{PATH}/{later}")).status_code == 404
        assert (await his.post(f"{PATH}/{both}/opening")).status_code == 403
    async with surveys.service.client("district_admin", schools=["s-1", "s-2"]) as some:
        assert (await some.post(PATH, json=a_plan())).status_code == 403
        assert (await some.post(f"{PATH}/{both}/opening")).status_code == 403
        assert (await some.put(f"{PATH}/{both}", json=a_plan(name="Mine"))).status_code == 403
    async with surveys.service.client("officer") as officer:
        assert (await officer.get(PATH)).status_code == 403
