"""What parents decided decides who is asked, and cannot be read by anybody again."""

import io
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from climate_survey_api.administrations.models import administrations, parental_choices
from climate_survey_api.administrations.views import may_be_asked, places
from climate_survey_api.results.worker import Counting
from shared.crypto import field_keys_path
from shared.db import EVERY_DISTRICT
from shared.http.idempotency import idempotency_keys
from shared.key_rotation import retire, rotate
from shared.testing.service import DISTRICT
from tests.climate_survey_api.administrations.holding import PATH, Surveys
from tests.climate_survey_api.leftovers import contents, files_of

pytestmark = pytest.mark.slow
NOTICED = {"notice_on": "2026-10-01", "consent": "opt_out"}


def chose(student_id: str, choice: str = "opted_out", school_id: str = "s-1") -> dict[str, str]:
    return {"school_id": school_id, "student_id": student_id, "choice": choice}


async def asked(surveys: Surveys, administration_id: str, *student_ids: str) -> tuple[set[str], int | None, int | None]:
    """Who of these may be asked, and how many places the two schools have."""
    process, found = surveys.service.process, await surveys.found(administration_id)
    async with process.database.read(DISTRICT) as session:
        may = await may_be_asked(session, process.ring, found, student_ids)
        return may, await places(session, found, "s-1"), await places(session, found, "s-2")


async def sweep(surveys: Surveys) -> None:
    """What a process does within seconds of a key's end."""
    process = surveys.service.process
    await Counting(process.database, process.ring, process.clock, UTC).sweep()


def holds(folder: Path, text: bytes) -> bool:
    """Whether a file of the service says so; on PostgreSQL none is the database."""
    return any(text in file.read_bytes() for file in folder.rglob("*") if file.is_file())


async def test_who_is_opted_out_is_not_asked_and_takes_a_place_away(surveys: Surveys) -> None:
    protected = await surveys.protected()
    administration_id = await surveys.plan(**protected, ppra=NOTICED)
    path = f"{PATH}/{administration_id}/parental-choices"
    assert await asked(surveys, administration_id, "u-1", "u-2") == ({"u-1", "u-2"}, 64, 5)
    assert (await surveys.admin.get(path)).json() == {"rows": []}
    one = await surveys.admin.post(path, json=chose("u-1"))
    assert (one.status_code, one.json()) == (200, {"rows": [{"school_id": "s-1", "opted_out": 1, "consented": 0}]})
    many = [chose("u-2"), chose("u-3", "consented"), chose("u-4", school_id="s-2")]
    assert (await surveys.admin.post(path, json=many)).status_code == 200
    assert await asked(surveys, administration_id, "u-1", "u-2", "u-3", "u-4", "u-5") == ({"u-3", "u-5"}, 62, 4)
    await surveys.admin.post(path, json=chose("u-2", "consented"))
    assert (await surveys.admin.delete(f"{path}/u-1")).status_code == 204
    assert (await surveys.admin.delete(f"{path}/u-1")).status_code == 404
    assert await asked(surveys, administration_id, "u-1", "u-2") == ({"u-1", "u-2"}, 64, 4)


async def test_where_consent_is_needed_only_who_has_it_is_asked(surveys: Surveys) -> None:
    protected = await surveys.protected()
    funded = NOTICED | {"consent": "opt_in", "required": True, "ed_funded": True}
    administration_id = await surveys.plan(**protected, ppra=funded)
    assert await asked(surveys, administration_id, "u-1") == (set(), 0, 0)
    path = f"{PATH}/{administration_id}/parental-choices"
    await surveys.admin.post(path, json=[chose("u-1", "consented"), chose("u-2")])
    assert await asked(surveys, administration_id, "u-1", "u-2", "u-3") == ({"u-1"}, 1, 0)


async def test_nobody_reads_whose_parents_decided_and_the_key_is_destroyed_with_the_survey(
    surveys: Surveys, tmp_path: Path, database_url: str
) -> None:
    administration_id = await surveys.open(ppra=NOTICED)
    path = f"{PATH}/{administration_id}/parental-choices"
    key = {"Idempotency-Key": "k-1"}
    told = await surveys.admin.post(path, json=[chose("u-Alexandra"), chose("u-Bartholomew")], headers=key)
    assert "Alexandra" not in told.text
    database = surveys.service.process.database
    async with database.read(EVERY_DISTRICT) as session:
        kept = (await session.execute(select(parental_choices))).all()
        sealed = (await session.execute(select(administrations.c.choices_key))).scalar_one()
        # A digest of the request could be tried out with every student's id.
        assert not (await session.execute(select(idempotency_keys))).all()
    assert len({bytes(row.student_digest) for row in kept}) == len(kept) == 2
    assert "Alexandra" not in repr(kept)
    assert not holds(tmp_path, b"Alexandra")
    files = await files_of(database, database_url, administrations.name)
    assert sealed in await contents(database, files)
    await surveys.admin.post(f"{PATH}/{administration_id}/closing")
    async with database.read(EVERY_DISTRICT) as session:
        assert (await session.execute(select(administrations.c.choices_key))).scalar_one() is None
    await sweep(surveys)
    files += await files_of(database, database_url, administrations.name)
    assert sealed not in await contents(database, files)
    assert (await surveys.admin.get(path)).json() == {"rows": [{"school_id": "s-1", "opted_out": 2, "consented": 0}]}
    assert (await surveys.admin.post(path, json=chose("u-1"))).status_code == 409
    assert (await surveys.admin.delete(f"{path}/u-Alexandra")).status_code == 409


async def test_a_plan_that_is_taken_back_leaves_no_key_to_what_parents_decided(
    surveys: Surveys, database_url: str
) -> None:
    administration_id = await surveys.plan(ppra=NOTICED)
    await surveys.admin.post(f"{PATH}/{administration_id}/parental-choices", json=chose("u-1"))
    database = surveys.service.process.database
    async with database.read(EVERY_DISTRICT) as session:
        sealed = (await session.execute(select(administrations.c.choices_key))).scalar_one()
    files = await files_of(database, database_url, administrations.name)
    assert sealed in await contents(database, files)
    assert (await surveys.admin.delete(f"{PATH}/{administration_id}")).status_code == 204
    await sweep(surveys)
    files += await files_of(database, database_url, administrations.name)
    assert sealed not in await contents(database, files)


async def test_after_the_field_keys_were_rotated_parents_are_still_heeded(surveys: Surveys, tmp_path: Path) -> None:
    administration_id = await surveys.open(ppra=NOTICED)
    await surveys.admin.post(f"{PATH}/{administration_id}/parental-choices", json=chose("u-1"))
    process = surveys.service.process
    metadatas, path = process.service.migrations.metadatas, field_keys_path(tmp_path / "keys", process.service.package)
    await rotate(process.database, metadatas, path, io.StringIO(), settle=timedelta(0))
    await retire(process.database, metadatas, path, io.StringIO(), grace=timedelta(0))
    assert await asked(surveys, administration_id, "u-1", "u-2") == ({"u-2"}, 63, 5)


async def test_what_cannot_be_recorded_is_refused_whole(surveys: Surveys) -> None:
    plain = await surveys.plan()
    nothing = await surveys.admin.post(f"{PATH}/{plain}/parental-choices", json=chose("u-1"))
    assert (nothing.status_code, nothing.json()["type"]) == (409, "urn:rapport:problem:nothing-to-decide")
    assert await asked(surveys, plain, "u-1") == ({"u-1"}, None, None)

    staff_at_3 = [{"school_id": "s-1", "invited": {"student": 64}}, {"school_id": "s-3", "invited": {"staff": 8}}]
    path = f"{PATH}/{await surveys.plan(ppra=NOTICED, schools=staff_at_3)}/parental-choices"

    async def refused(sent: Any) -> list[str]:
        answer = await surveys.admin.post(path, json=sent)
        assert answer.status_code == 422, answer.text
        return [fault["path"] for fault in answer.json()["errors"]]

    assert await refused([chose("u-1"), chose("u-2", school_id="s-3"), chose("u-3", school_id="s-9")]) == [
        "1.school_id",
        "2.school_id",
    ]
    assert await refused([chose("u-1"), chose("u-1", "consented")]) == ["1.student_id"]
    assert await refused(chose("u-1", "maybe")) == ["0.choice"]
    assert await refused([]) == ["body"]
    assert await refused([chose(f"u-{n}") for n in range(1001)]) == ["body"]
    assert (await surveys.admin.get(path)).json() == {"rows": []}


async def test_who_acts_for_some_schools_decides_and_counts_for_these_alone(surveys: Surveys) -> None:
    administration_id = await surveys.plan(ppra=NOTICED)
    path = f"{PATH}/{administration_id}/parental-choices"
    await surveys.admin.post(path, json=[chose("u-1"), chose("u-2", school_id="s-2")])
    async with surveys.service.client("district_admin", schools=["s-2"]) as his:
        assert (await his.get(path)).json() == {"rows": [{"school_id": "s-2", "opted_out": 1, "consented": 0}]}
        assert (await his.post(path, json=chose("u-3"))).status_code == 422
        taken = await his.post(path, json=[chose("u-2", school_id="s-2"), chose("u-1", "consented", school_id="s-2")])
        assert (taken.status_code, [fault["path"] for fault in taken.json()["errors"]]) == (422, ["1.student_id"])
        assert await asked(surveys, administration_id, "u-1", "u-4") == ({"u-4"}, 63, 4)
        assert (await his.delete(f"{path}/u-1")).status_code == 404
        assert (await his.delete(f"{path}/u-2")).status_code == 204
    async with surveys.service.client("district_admin", schools=["s-9"]) as stranger:
        assert (await stranger.get(path)).status_code == 404
    async with surveys.service.client("administrator", schools=["s-1"]) as head:
        assert (await head.get(path)).status_code == 403
