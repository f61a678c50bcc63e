"""Sending a roster over HTTP: who may, what is refused at the door, and what a repeat gets."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from referral_api.students.imports.models import roster_import_errors
from referral_api.students.imports.operations import MOST_WAITING
from referral_api.students.imports.views import CSV_PAGE, errors_as_csv
from shared.bulk import bulk_upsert
from shared.testing.service import DISTRICT
from tests.referral_api.students.district import ZIP, District
from tests.referral_api.students.rosters import Roster


@pytest.mark.parametrize("role", ["counselor", "administrator", "officer", "staff", "provider", "analyst"])
async def test_only_those_who_run_the_district_s_data_may_import(district: District, role: str) -> None:
    provider = "p-1" if role == "provider" else None
    async with district.service.client(role, provider=provider) as client:
        answer = await client.post("/v1/roster/imports", content=Roster().zip(), headers=ZIP)
    assert answer.status_code == 403
    assert not district.folder.exists() or list(district.folder.iterdir()) == []


async def test_another_district_s_import_is_not_there(district: District) -> None:
    import_id = await district.send(Roster().zip())
    assert await district.worker().run_next()
    for path in (f"/v1/roster/imports/{import_id}", f"/v1/roster/imports/{import_id}/errors.csv"):
        assert (await district.get(path, "integration")).status_code == 200
        assert (await district.get(path, "integration", district="elsewhere")).status_code == 404
    assert (await district.get(f"/v1/roster/imports/{uuid4()}", "integration")).status_code == 404


async def test_a_body_of_another_kind_or_size_is_refused_and_leaves_no_file(district: District) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"0" * (1 << 16)

    async with district.service.client("integration") as client:
        kind = await client.post("/v1/roster/imports", content=b"{}", headers={"Content-Type": "application/json"})
        size = await client.post("/v1/roster/imports", content=b"0" * ((1 << 20) + 1), headers=ZIP)
        streamed = await client.post("/v1/roster/imports", content=endless(), headers=ZIP)
    assert (kind.status_code, size.status_code, streamed.status_code) == (415, 413, 413)
    assert size.json()["type"].endswith("import-too-large")
    assert not district.folder.exists() or list(district.folder.iterdir()) == []


async def test_a_body_that_says_that_it_is_too_large_is_refused_before_it_is_read(district: District) -> None:
    was_read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal was_read
        was_read = True
        yield b""

    headers = {**ZIP, "Content-Length": str((1 << 20) + 1)}
    async with district.service.client("integration") as client:
        answer = await client.post("/v1/roster/imports", content=body(), headers=headers)
    assert (answer.status_code, was_read) == (413, False)
    assert answer.json()["detail"] == f"At most {1 << 20} bytes."


async def test_the_spooled_file_is_readable_by_nobody_else(district: District) -> None:
    import_id = await district.send(Roster().zip())
    assert (district.folder / f"{import_id}.zip").stat().st_mode & 0o777 == 0o600


async def test_the_same_idempotency_key_queues_one_import(district: District) -> None:
    headers = {**ZIP, "Idempotency-Key": "nightly-2026-11-22"}
    body = Roster().zip()  # a zip knows when it was packed: another one would be another body
    async with district.service.client("integration") as client:
        first = await client.post("/v1/roster/imports", content=body, headers=headers)
        again = await client.post("/v1/roster/imports", content=body, headers=headers)
        other = await client.post("/v1/roster/imports", content=b"other", headers=headers)
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert first.json() == again.json()
    assert await district.worker().run_next()
    assert not await district.worker().run_next()


async def test_a_district_that_sends_without_end_is_told_to_wait_and_fills_no_disk(district: District) -> None:
    key, body = {**ZIP, "Idempotency-Key": "the first"}, Roster().zip()
    async with district.service.client("integration") as client:
        first = await client.post("/v1/roster/imports", content=body, headers=key)
        for _ in range(MOST_WAITING - 1):
            await district.send(body)
        refused = await client.post("/v1/roster/imports", content=body, headers=ZIP)
        again = await client.post("/v1/roster/imports", content=body, headers=key)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert refused.json()["type"].endswith("too-many-waiting")
    assert (again.status_code, again.json()) == (202, first.json())
    assert len(list(district.folder.iterdir())) == MOST_WAITING
    await district.send(body, district="elsewhere")
    assert await district.worker().run_next()
    await district.send(body)


async def test_faults_of_an_import_under_way_are_not_told_as_none(district: District) -> None:
    path = f"/v1/roster/imports/{await district.send(Roster().zip())}/errors.csv"
    early = await district.get(path, "integration")
    assert early.status_code == 409
    assert early.json()["type"].endswith("import-under-way")
    assert await district.worker().run_next()
    ended = await district.get(path, "integration")
    assert (ended.status_code, ended.text) == (200, "file,line,field,problem\r\n")
    assert ended.headers["content-disposition"] == 'attachment; filename="errors.csv"'


@pytest.mark.slow
async def test_refused_rows_are_fetched_page_by_page_however_many(district: District) -> None:
    import_id, count = await district.send(Roster().zip()), 2 * CSV_PAGE + 1
    assert await district.worker().run_next()
    columns = ("import_id", "number", "district_id", "file", "line", "field", "problem")
    async with district.database.write(DISTRICT) as session:
        rows = [(UUID(import_id), n, DISTRICT, "users.csv", n + 1, "=1+1", "is missing") for n in range(1, count + 1)]
        await bulk_upsert(session, roster_import_errors, columns, rows, on_conflict="ignore")
    pages = [p async for p in errors_as_csv(district.database, district_id=DISTRICT, import_id=UUID(import_id))]
    assert [page.count("\r\n") for page in pages] == [1, CSV_PAGE, CSV_PAGE, 1]
    answer = await district.get(f"/v1/roster/imports/{import_id}/errors.csv", "integration")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "content-length" not in answer.headers  # nobody has put it together
    lines = answer.text.splitlines()
    assert lines == ["file,line,field,problem", *(f"users.csv,{n + 1},'=1+1,is missing" for n in range(1, count + 1))]
