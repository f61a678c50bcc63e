"""Making codes over HTTP: who may for whom, how many, in what form, and that they are shown once."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from climate_survey_api.access_codes.models import access_codes, code_batches, code_pepper
from climate_survey_api.access_codes.operations.making import MakeAccessCodes, make_access_codes
from climate_survey_api.access_codes.rules import POSSIBLE, code_of, normalise, printed
from climate_survey_api.access_codes.sheets import answers
from shared.auth import Caller, Role
from shared.db import EVERY_DISTRICT
from shared.http.idempotency import idempotency_keys
from shared.testing.service import DISTRICT
from tests.climate_survey_api.access_codes.handing_out import (
    ask_for,
    codes_of,
    codes_path,
    kind_of,
    paths_in,
    present,
    rows_of,
)
from tests.climate_survey_api.administrations.holding import PATH, STUDENT, Surveys
from tests.climate_survey_api.suite import NOON

pytestmark = pytest.mark.slow

PDF = {"Accept": "application/pdf"}


async def everything(surveys: Surveys) -> bytes:
    """Every value in the tables of codes and of remembered answers, as text."""
    tables = (access_codes, code_batches, code_pepper, idempotency_keys)
    async with surveys.service.process.database.read(EVERY_DISTRICT) as session:
        return repr([(await session.execute(select(table))).all() for table in tables]).encode()


async def test_codes_are_made_ahead_shown_once_and_each_opens_its_form(surveys: Surveys) -> None:
    survey_id = await surveys.plan()

    answer = await ask_for(surveys.admin, survey_id)

    assert answer.status_code == 201, answer.text
    assert answer.text.splitlines()[0] == "code,url"
    assert answer.headers["content-type"].startswith("text/csv")
    assert (answer.headers["cache-control"], answer.headers["vary"]) == ("no-store", "Accept")
    rows = rows_of(answer)
    assert len({row["code"] for row in rows}) == 3
    assert [row["url"] for row in rows] == [f"http://127.0.0.1:8002/s/{row['code']}" for row in rows]
    for row in rows:
        presented = await present(surveys, row["code"].lower().replace("-", " "))
        assert (presented.administration_id, presented.school_id) == (UUID(survey_id), "s-1")
        assert (presented.respondent_group, presented.is_used) == (STUDENT, False)
    kept = await everything(surveys)
    for row in rows:
        assert row["code"].encode() not in kept
        assert (normalise(row["code"]) or "").encode() not in kept
    assert (await surveys.shown(survey_id))["has_codes"] is True


async def test_a_sheet_to_print_comes_as_pdf_and_no_larger_than_can_be_drawn(surveys: Surveys) -> None:
    survey_id = await surveys.plan(schools=[{"school_id": "s-1", "invited": {"family": 2000}}])

    sheet = await ask_for(surveys.admin, survey_id, respondent_group="family", headers=PDF)
    too_many = await ask_for(surveys.admin, survey_id, respondent_group="family", count=1001, headers=PDF)

    assert (sheet.status_code, sheet.headers["content-type"]) == (201, "application/pdf")
    assert sheet.content.startswith(b"%PDF-")
    assert sheet.headers["content-length"] == str(len(sheet.content))
    assert UUID(sheet.headers["batch-id"])
    assert sheet.headers["cache-control"] == "no-store"
    assert (kind_of(too_many), paths_in(too_many)) == ((422, "too-many-for-one-sheet"), ["count"])


async def test_a_sheet_is_drawn_when_its_batch_is_committed_so_that_one_that_fails_can_be_voided(
    surveys: Surveys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_paper(*_codes: object, **_told: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr(answers, "cards_of", out_of_paper)
    survey_id = await surveys.plan()

    with capture_logs():  # written out, its traceback would take seconds
        failed = await ask_for(surveys.admin, survey_id, headers=PDF)

    assert failed.status_code == 500
    (batch,) = (await surveys.admin.get(codes_path(survey_id))).json()["items"]
    assert (await surveys.admin.delete(f"{codes_path(survey_id)}/{batch['batch_id']}")).status_code == 204


async def test_a_repeat_under_the_same_key_makes_no_other_codes_and_names_the_batch(surveys: Surveys) -> None:
    survey_id = await surveys.plan()
    key = {"Idempotency-Key": "k-1"}

    first = await ask_for(surveys.admin, survey_id, headers=key)
    repeat = await ask_for(surveys.admin, survey_id, headers=key)

    assert first.status_code == 201
    assert kind_of(repeat) == (409, "codes-made-before")
    assert repeat.json()["batch_id"] == first.headers["batch-id"]
    assert not any(row["code"] in repeat.text for row in rows_of(first))
    at_once = await asyncio.gather(
        *(ask_for(surveys.admin, survey_id, headers={"Idempotency-Key": "k-2"}) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in at_once) == [201, 409, 409, 409]
    (made,) = [answer.headers["batch-id"] for answer in at_once if answer.status_code == 201]
    assert {answer.json()["batch_id"] for answer in at_once if answer.status_code == 409} == {made}
    unusable = await ask_for(surveys.admin, survey_id, headers={"Idempotency-Key": "x" * 256})
    assert unusable.status_code == 422


async def test_an_administrator_makes_codes_for_his_schools_alone(surveys: Surveys) -> None:
    survey_id = await surveys.plan()
    other_district = surveys.service.client("district_admin", "x-1", district="other")

    async with surveys.service.client("administrator", "p-1", schools=["s-1"]) as principal:
        assert (await ask_for(principal, survey_id)).status_code == 201
        assert kind_of(await ask_for(principal, survey_id, school_id="s-2")) == (404, "school-not-found")
    async with other_district as stranger:
        assert kind_of(await ask_for(stranger, survey_id)) == (404, "administration-not-found")
    async with surveys.service.client("analyst") as analyst:
        assert (await ask_for(analyst, survey_id)).status_code == 403
    unasked = await ask_for(surveys.admin, survey_id, respondent_group="officer")
    assert (kind_of(unasked), paths_in(unasked)) == ((422, "unit-not-asked"), ["respondent_group"])


async def test_a_closed_survey_gets_no_codes(surveys: Surveys) -> None:
    survey_id = await surveys.open()
    assert (await surveys.admin.post(f"{PATH}/{survey_id}/closing")).status_code == 200

    assert kind_of(await ask_for(surveys.admin, survey_id)) == (409, "survey-over")


async def test_students_get_no_more_codes_than_their_parents_leave_places(surveys: Surveys) -> None:
    ppra = {"notice_on": "2026-10-01", "consent": "opt_out"}
    survey_id = await surveys.plan(ppra=ppra)
    chosen = [{"school_id": "s-2", "student_id": f"u-{n}", "choice": "opted_out"} for n in range(2)]
    recorded = await surveys.admin.post(f"{PATH}/{survey_id}/parental-choices", json=chosen)
    assert recorded.is_success, recorded.text

    too_many = await ask_for(surveys.admin, survey_id, school_id="s-2", count=4)
    assert (kind_of(too_many), too_many.json()["left"]) == ((409, "no-places-left"), 3)
    at_once = await asyncio.gather(*(ask_for(surveys.admin, survey_id, school_id="s-2", count=2) for _ in range(3)))
    assert sorted(answer.status_code for answer in at_once) == [201, 409, 409]
    assert {answer.json()["left"] for answer in at_once if answer.status_code == 409} == {1}
    assert (await ask_for(surveys.admin, survey_id, respondent_group="staff", count=20)).status_code == 201


async def test_a_confidential_survey_names_whom_each_code_is_for_and_each_has_one(surveys: Surveys) -> None:
    ppra = {"notice_on": "2026-10-01", "consent": "opt_out"}
    survey_id = await surveys.plan(mode="confidential", ppra=ppra)
    chosen = {"school_id": "s-1", "student_id": "u-2", "choice": "opted_out"}
    assert (await surveys.admin.post(f"{PATH}/{survey_id}/parental-choices", json=chosen)).is_success

    made = await ask_for(surveys.admin, survey_id, count=2, recipients=["u-9", "u-1"])
    again = await ask_for(surveys.admin, survey_id, count=3, recipients=["u-2", "u-3", "u-1"])

    assert [row["recipient"] for row in rows_of(made)] == ["u-9", "u-1"]
    assert kind_of(again) == (409, "recipients-not-to-be-asked")
    assert paths_in(again) == ["recipients.0", "recipients.2"]
    assert "u-1" not in again.text
    assert b"u-9" not in await everything(surveys)
    # Somebody else of that id, of another group.
    assert await codes_of(surveys.admin, survey_id, respondent_group="staff", count=1, recipients=["u-1"])
    anonymous = await surveys.plan()
    unwanted = await ask_for(surveys.admin, anonymous, count=1, recipients=["u-1"])
    assert kind_of(unwanted) == (422, "recipients-unwanted")


async def test_a_code_that_exists_already_is_drawn_anew(surveys: Surveys) -> None:
    survey_id = await surveys.plan()
    numbers = iter([7, 7, 8, 8, 7, 9, 10, 8, 11])
    process = surveys.service.process

    def draw(below: int) -> int:
        assert below == POSSIBLE
        return next(numbers)

    made = []
    for count in (3, 2):
        command = MakeAccessCodes.model_validate({"school_id": "s-1", "respondent_group": "student", "count": count})
        async with process.database.write(DISTRICT) as session:
            batch = await make_access_codes(
                session,
                process.ring,
                UUID(survey_id),
                command,
                caller=Caller("a-1", DISTRICT, Role.DISTRICT_ADMIN),
                idempotency_key=None,
                now=NOON,
                draw=draw,
            )
        made += [code.code for code in batch.codes]

    # The first three: 7, then 8 in place of the second 7, then 9. Two more: 10, and 11 in place of 8.
    assert sorted(made) == sorted(printed(code_of(number)) for number in (7, 8, 9, 10, 11))
    for code in made:
        await present(surveys, code)


async def test_rows_lie_in_the_order_of_their_digests_not_of_the_sheet(surveys: Surveys) -> None:
    await codes_of(surveys.admin, await surveys.plan(), count=200)
    database = surveys.service.process.database
    where = "ctid" if database.dialect == "postgresql" else "rowid"

    async with database.read(EVERY_DISTRICT) as session:
        lying = (await session.exec_driver_sql(f"SELECT digest FROM access_codes ORDER BY {where}")).scalars().all()

    assert len(lying) == 200
    assert list(lying) == sorted(lying)
