"""A code opens the survey once: of many who come with it one succeeds; one never made, or voided, opens nothing."""

import asyncio
import io
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select

from climate_survey_api.access_codes.errors import CodeUnknown, CodeUsed
from climate_survey_api.access_codes.models import access_codes, code_pepper
from climate_survey_api.access_codes.pepper import ensure_pepper, pepper_known
from shared.crypto import KeyRing, field_keys_path, sealed_with
from shared.db import EVERY_DISTRICT
from shared.key_rotation import count_by_key, retire, rotate
from shared.testing.service import DISTRICT
from tests.climate_survey_api.access_codes.handing_out import ask_for, burn, codes_of, codes_path, present, rows_of
from tests.climate_survey_api.administrations.holding import PATH, Surveys

pytestmark = pytest.mark.slow

NEVER_MADE = "RK4T-9X2M-7HDP"
NOTHING = timedelta(0)


async def test_of_eight_who_burn_a_code_at_once_one_succeeds(surveys: Surveys) -> None:
    code, other, _ = await codes_of(surveys.admin, await surveys.open())
    presented = await present(surveys, code)

    outcomes = await asyncio.gather(*(burn(surveys, presented) for _ in range(8)), return_exceptions=True)

    assert Counter(type(outcome) for outcome in outcomes) == {type(None): 1, CodeUsed: 7}
    assert (await present(surveys, code)).is_used
    assert not (await present(surveys, other)).is_used


async def test_what_was_never_made_is_no_code_also_before_any_was(surveys: Surveys) -> None:
    for code in (NEVER_MADE, "", "O" * 12, "x" * 5_000):
        with pytest.raises(CodeUnknown):
            await present(surveys, code)
    await codes_of(surveys.admin, await surveys.plan())
    with pytest.raises(CodeUnknown):
        await present(surveys, NEVER_MADE)


async def test_a_voided_batch_opens_nothing_more_and_what_was_used_of_it_stays_used(surveys: Surveys) -> None:
    survey_id = await surveys.open()
    answer = await ask_for(surveys.admin, survey_id)
    used, unused, presented_before = [row["code"] for row in rows_of(answer)]
    (kept,) = await codes_of(surveys.admin, survey_id, count=1)
    await burn(surveys, await present(surveys, used))
    waiting = await present(surveys, presented_before)
    path = f"{codes_path(survey_id)}/{answer.headers['batch-id']}"

    async with surveys.service.client("administrator", schools=["s-2"]) as elsewhere:
        assert (await elsewhere.delete(path)).status_code == 404
    statuses = [(await surveys.admin.delete(path)).status_code for _ in range(2)]

    assert statuses == [204, 204]
    with pytest.raises(CodeUnknown):
        await present(surveys, unused)
    # It was never used, so nobody is told that his answers have arrived.
    with pytest.raises(CodeUnknown):
        await burn(surveys, waiting)
    assert (await present(surveys, used)).is_used
    assert not (await present(surveys, kept)).is_used
    _, row, _ = (await surveys.admin.get(f"{PATH}/{survey_id}/status")).json()["rows"]
    assert (row["generated"], row["used"], row["submission_rate"]) == (2, 1, 0.5)


async def test_a_code_is_presented_with_one_indexed_read(surveys: Surveys) -> None:
    code, *_ = await codes_of(surveys.admin, await surveys.open())
    process = surveys.service.process
    await present(surveys, code)
    statements: list[str] = []

    def note(*executed: object) -> None:
        statements.append(str(executed[2]))

    engine = process.database._engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        await present(surveys, code)
    finally:
        event.remove(engine, "before_cursor_execute", note)

    (read,) = [statement for statement in statements if "SELECT" in statement]
    assert "WHERE access_codes.digest =" in read


async def test_those_who_make_the_pepper_at_once_get_the_same(surveys: Surveys) -> None:
    process = surveys.service.process

    async def made() -> bytes:
        async with process.database.write(DISTRICT) as session:
            return await ensure_pepper(session, process.ring)

    peppers = await asyncio.gather(*(made() for _ in range(6)))

    assert len(set(peppers)) == 1
    assert len(peppers[0]) == 32


async def test_a_pepper_whose_transaction_was_undone_is_not_remembered(surveys: Surveys) -> None:
    process = surveys.service.process
    with pytest.raises(ZeroDivisionError):
        async with process.database.write(DISTRICT) as session:
            undone = await ensure_pepper(session, process.ring)
            raise ZeroDivisionError

    async with process.database.write(DISTRICT) as session:
        assert await pepper_known(session, process.ring) is None
        made = await ensure_pepper(session, process.ring)
    async with process.database.read(EVERY_DISTRICT) as session:
        assert await pepper_known(session, process.ring) == made != undone


async def test_after_the_field_keys_were_rotated_codes_and_recipients_are_still_read(
    surveys: Surveys, tmp_path: Path
) -> None:
    survey_id = await surveys.plan(mode="confidential")
    (code,) = await codes_of(surveys.admin, survey_id, count=1, recipients=["u-1"])
    process = surveys.service.process
    metadatas = process.service.migrations.metadatas
    path, said = field_keys_path(tmp_path / "keys", process.service.package), io.StringIO()

    await rotate(process.database, metadatas, path, said, settle=NOTHING)
    await retire(process.database, metadatas, path, said, grace=NOTHING)

    fresh = KeyRing.from_file(path)
    assert set(await count_by_key(process.database, metadatas)) == {fresh.current}
    async with process.database.read(EVERY_DISTRICT) as session:
        assert await pepper_known(session, fresh) == await pepper_known(session, process.ring)
        sealed = [
            (await session.execute(select(column))).scalar_one()
            for column in (access_codes.c.recipient, code_pepper.c.secret)
        ]
    assert {sealed_with(value) for value in sealed} == {fresh.current}
    assert not (await present(surveys, code)).is_used
    people = await surveys.admin.get(f"{PATH}/{survey_id}/participants?school_id=s-1&group=student")
    assert people.json()["items"] == [{"recipient": "u-1", "has_answered": False}]
