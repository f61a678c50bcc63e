"""Imports through faults: a worker that died, was frozen or has company, a file that is gone."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text, update
from structlog.testing import capture_logs

from referral_api.calendar.models import calendars
from referral_api.students import models
from referral_api.students.imports import running
from referral_api.students.imports.applying import apply_differences
from referral_api.students.imports.errors import Interrupted
from referral_api.students.imports.models import roster_imports
from referral_api.students.imports.reading import Progress
from referral_api.students.imports.running import Run, run_import
from referral_api.students.imports.worker import MOST_ATTEMPTS, PAUSE, ImportWorker
from shared.crypto import sealed_with
from shared.db import EVERY_DISTRICT
from shared.errors import DatabaseUnavailable
from shared.testing.service import DISTRICT
from tests.referral_api.students.district import NOW, District
from tests.referral_api.students.rosters import GONE, Roster, a_delta, a_manifest, a_zip

pytestmark = pytest.mark.slow


async def mark(district: District, import_id: str, **values: object) -> None:
    """What a dead or other worker left behind."""
    async with district.database.write(EVERY_DISTRICT) as session:
        await session.execute(
            update(roster_imports).where(roster_imports.c.import_id == UUID(import_id)).values(**values)
        )


async def test_an_import_left_by_a_dead_worker_begins_anew(district: District) -> None:
    import_id = await district.send(Roster().zip())
    await mark(district, import_id, status="running", owner="dead", attempts=1, rows_read=7)
    (district.folder / f"{import_id}.scratch").write_bytes(b"torn")
    assert await district.worker().run_next()
    state = await district.state(import_id)
    assert (state["status"], state["rows_read"], state["rows_rejected"]) == ("done", 39, 0)
    assert list(district.folder.iterdir()) == []


async def test_an_import_that_never_comes_to_an_end_is_given_up(district: District) -> None:
    import_id = await district.send(Roster().zip())
    await mark(district, import_id, status="running", owner="dead", attempts=MOST_ATTEMPTS)
    assert not await district.worker().run_next()
    state = await district.state(import_id)
    assert (state["status"], state["refused_because"]) == (
        "refused",
        "It was begun several times and never came to an end: a fault of ours, not of the file. Send it again.",
    )


async def test_a_worker_that_was_frozen_while_another_took_over_writes_nothing(district: District) -> None:
    import_id = await district.send(Roster().zip())
    await mark(district, import_id, status="running", owner="another", attempts=2)
    archive = district.folder / f"{import_id}.zip"
    run = Run(UUID(import_id), "demo", False, "frozen", archive, archive.with_suffix(".scratch"))
    process = district.service.process
    with pytest.raises(Interrupted):
        await run_import(
            run,
            database=process.database,
            ring=process.ring,
            now=lambda: NOW,
            today=NOW.date(),
            progress=Progress(),
        )
    assert await district.rows(models.students) == []
    assert (await district.state(import_id))["status"] == "running"
    assert archive.exists()


async def test_a_cancelled_import_leaves_nothing_and_runs_again(district: District) -> None:
    roster = Roster()
    for number in range(3000):
        roster.add_student(f"more-{number}", "s-1")
    import_id = await district.send(roster.zip())
    running = asyncio.create_task(district.worker().run_next())
    while (await district.state(import_id))["status"] == "queued":
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await district.state(import_id))["status"] == "running"
    assert await district.rows(models.students) == []
    assert await district.worker().run_next()
    assert (await district.state(import_id))["status"] == "done"


async def test_two_workers_run_two_imports_one_after_the_other(district: District) -> None:
    first = await district.send(Roster().zip())
    second = await district.send(Roster().zip())
    workers = district.worker(), district.worker()
    ran = await asyncio.gather(*(w.run_next() for w in workers))
    while await workers[0].run_next():
        pass
    assert any(ran)
    assert [(await district.state(i))["status"] for i in (first, second)] == ["done", "done"]
    assert [e.version for e in await district.announced()] == [1, 1, 2, 2]


async def test_while_one_import_runs_the_next_is_seen_to_wait(district: District) -> None:
    roster = Roster()
    for number in range(3000):
        roster.add_student(f"more-{number}", "s-1")
    first, second = await district.send(roster.zip()), await district.send(Roster().zip(), force=True)
    running = asyncio.create_task(district.worker().run_next())
    while (await district.state(first))["status"] == "queued":
        await asyncio.sleep(0)
    assert not await district.worker().run_next()
    seen = [await district.state(i) for i in (first, second)]
    assert [(s["status"], s["attempts"]) for s in seen] == [("running", 1), ("queued", 0)]
    assert await running
    assert await district.worker().run_next()
    assert [(await district.state(i))["status"] for i in (first, second)] == ["done", "done"]
    assert await district.student("more-1") is None


async def test_an_import_that_ended_while_another_worker_looked_is_not_begun_anew(district: District) -> None:
    import_id = await district.send(Roster().zip())
    archive = district.folder / f"{import_id}.zip"
    body = archive.read_bytes()
    assert await district.worker().run_next()
    archive.write_bytes(body)  # not yet deleted by the one that ended it
    assert not await district.worker().run_next()
    assert (await district.state(import_id))["attempts"] == 1


async def test_a_file_that_cannot_be_read_just_now_is_tried_again(district: District) -> None:
    import_id = await district.send(Roster().zip())
    archive, aside = district.folder / f"{import_id}.zip", district.folder / "aside"
    archive.rename(aside)
    archive.mkdir()  # opening it fails as it does on a disk that is full or away
    with pytest.raises(DatabaseUnavailable):
        await district.worker().run_next()
    assert (await district.state(import_id))["status"] == "running"
    archive.rmdir()
    aside.rename(archive)
    assert await district.worker().run_next()
    state = await district.state(import_id)
    assert (state["status"], state["attempts"], state["rows_read"]) == ("done", 2, 39)


async def test_a_disk_that_stays_full_is_no_reason_to_give_an_import_up_within_seconds(district: District) -> None:
    now, process = NOW, district.service.process
    worker = ImportWorker(process.database, process.ring, process.settings, lambda: now)
    import_id = await district.send(Roster().zip())
    archive, aside = district.folder / f"{import_id}.zip", district.folder / "aside"
    archive.rename(aside)
    archive.mkdir()
    with pytest.raises(DatabaseUnavailable):
        await worker.run_next()
    other = await district.send(Roster().zip(), district="elsewhere")
    assert [await worker.run_next() for _ in range(3)] == [True, True, False]  # once more, the other's turn, a pause
    assert (await district.state(other, district="elsewhere"))["status"] == "done"
    state = await district.state(import_id)
    assert (state["status"], state["attempts"]) == ("running", 2)
    archive.rmdir()
    aside.rename(archive)
    now += PAUSE
    assert await worker.run_next()
    assert (await district.state(import_id))["status"] == "done"


async def test_a_file_on_another_host_is_waited_for_and_then_given_up(district: District) -> None:
    import_id = await district.send(Roster().zip())
    (district.folder / f"{import_id}.zip").unlink()
    assert not await district.worker().run_next()
    assert (await district.state(import_id))["status"] == "queued"
    await mark(district, import_id, requested_at=NOW - timedelta(minutes=16))
    assert not await district.worker().run_next()
    assert "no longer there" in (await district.state(import_id))["refused_because"]


@asynccontextmanager
async def at_work(worker: ImportWorker) -> AsyncIterator[asyncio.Task[None]]:
    """A worker that takes imports on by itself; the block is over within seconds or fails."""
    working = asyncio.create_task(worker.run())
    try:
        async with asyncio.timeout(20):
            yield working
        assert not working.done()
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_a_file_is_seen_at_once_and_the_database_is_asked_seldom_while_nothing_has_changed(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file may be seen before the row that tells of it is committed: then the database is asked once more.
    again = timedelta(seconds=2)
    monkeypatch.setattr("referral_api.students.imports.worker.ASK_AGAIN", again)
    monkeypatch.setattr("referral_api.students.imports.worker.LOOK_FOR_LOST", timedelta(hours=1))
    monkeypatch.setattr("referral_api.students.imports.worker.POLL", timedelta(milliseconds=5))
    worker, asked, began = district.worker(), 0, 0.0
    run_next = worker.run_next

    async def counted() -> bool:
        nonlocal asked
        asked += 1
        return await run_next()

    monkeypatch.setattr(worker, "run_next", counted)
    async with at_work(worker):
        for times in (1, 2):
            await asyncio.sleep(0.2)
            asked, began = 0, time.monotonic()
            sent = [await district.send(Roster().zip()) for _ in range(times)]
            while (await district.state(sent[-1]))["status"] != "done":
                await asyncio.sleep(0.01)
        (district.folder / "stray.zip").touch()
        await asyncio.sleep(0.2)
        assert asked <= 5 + (time.monotonic() - began) / again.total_seconds()


async def test_what_is_lost_or_has_to_wait_is_asked_for_again(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    for interval in ("POLL", "ASK_AGAIN", "LOOK_FOR_LOST"):
        monkeypatch.setattr(f"referral_api.students.imports.worker.{interval}", timedelta(milliseconds=20))
    lost, waits = [await district.send(Roster().zip()) for _ in range(2)]
    (district.folder / f"{lost}.zip").unlink()
    await mark(district, waits, resume_at=NOW + timedelta(hours=1))
    async with at_work(district.worker()):
        await asyncio.sleep(0.1)
        await mark(district, lost, requested_at=NOW - timedelta(minutes=16))
        await mark(district, waits, resume_at=None)
        for import_id, status in ((lost, "refused"), (waits, "done")):
            while (await district.state(import_id))["status"] != status:
                await asyncio.sleep(0.01)


async def test_a_calendar_that_cannot_be_read_keeps_no_roster_out(district: District) -> None:
    stored = {"district_id": DISTRICT, "calendar": "{", "version": 1, "updated_at": NOW}
    async with district.database.write(EVERY_DISTRICT) as session:
        await session.execute(insert(calendars).values(stored))
    assert (await district.load(Roster().zip()))["status"] == "done"


async def test_a_fault_in_one_import_stops_no_other_district_s_and_is_at_last_said(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = NOW

    async def fail_here(session: Any, scratch: Any, district_id: str, *rest: Any, **named: Any) -> None:
        await apply_differences(session, scratch, district_id, *rest, **named)
        if district_id == DISTRICT:
            raise ValueError("Ana")

    monkeypatch.setattr(running, "apply_differences", fail_here)
    process = district.service.process

    def worker() -> ImportWorker:  # each time that of another process
        return ImportWorker(process.database, process.ring, process.settings, lambda: now)

    bad, later = await district.send(Roster().zip()), await district.send(Roster().zip())
    good = await district.send(Roster().zip(), district="elsewhere")
    assert [await worker().run_next() for _ in range(3)] == [True, True, False]  # and it is not tried again at once
    assert (await district.state(good, district="elsewhere"))["status"] == "done"
    for _ in range(MOST_ATTEMPTS - 1):
        now += PAUSE
        assert await worker().run_next()
    assert [s.district_id for s in await district.announced()] == ["elsewhere"] * 2
    assert (await district.state(later))["attempts"] == 0
    monkeypatch.undo()
    now += PAUSE
    assert await worker().run_next()
    assert [(await district.state(i))["status"] for i in (bad, later)] == ["refused", "done"]


async def test_a_name_that_cannot_be_opened_is_sealed_anew_from_its_row(district: District) -> None:
    await district.load(Roster().zip())
    async with district.database.write(EVERY_DISTRICT) as session:
        broken = update(models.students).where(models.students.c.student_id == "st-3")
        await session.execute(broken.values(given_name=b"x", family_name=b"\x01\x00\x00\x00\x01" + bytes(40)))
    assert (await district.load(Roster().zip()))["status"] == "done"
    student = await district.student("st-3")
    assert student is not None
    assert (student["given_name"], student["family_name"]) == ("Ana", "Field")


async def test_names_whose_key_is_lost_are_told_of_once_and_not_one_by_one(district: District) -> None:
    await district.load(Roster().zip())
    async with district.database.write(EVERY_DISTRICT) as session:
        await session.execute(update(models.students).values(given_name=b"x", family_name=b"y"))
    with capture_logs() as logs:
        await district.load(Roster().zip())
    told = [entry for entry in logs if entry["log_level"] == "error"]
    assert [(t["event"], t["district_id"], t["names"]) for t in told] == [("student_names_unreadable", DISTRICT, 24)]


async def test_what_an_import_writes_is_sealed_with_the_key_of_then_also_where_the_name_stays(
    district: District,
) -> None:
    roster = Roster()
    await district.load(roster.zip())
    district.service.process.ring.with_new_key(NOW)
    roster.row("users", "st-1")["grades"] = "08"
    leaver = {"roles": [{**GONE, "sourcedId": "r-st-2-student-s-1"}]}
    await district.load(roster.zip())
    await district.load(a_delta(**leaver))
    keys = {row[1]: {sealed_with(row[2]), sealed_with(row[3])} for row in await district.rows(models.students)}
    assert (keys.pop("st-1"), keys.pop("st-2")) == ({2}, {2})
    assert all(numbers == {1} for numbers in keys.values())  # what did not change was not written
    changed, returner = await district.student("st-1"), Roster()
    assert changed is not None
    assert (changed["given_name"], changed["family_name"], changed["grade"]) == ("Ana", "Field", "08")
    await district.load(a_delta(roles=returner.tables["roles"][1:2]))
    assert (await district.student("st-2") or {}).get("given_name") == "Ana"


def left_behind(folder: Path) -> tuple[Path, Path]:
    """An old file and a young one that no import knows."""
    old, young = folder / "old.zip", folder / "young.scratch"
    old.write_bytes(b"names")
    young.write_bytes(b"names")
    os.utime(old, (1, 1))
    return old, young


async def test_what_a_dead_process_left_on_disk_is_swept_once_it_is_old(district: District) -> None:
    await district.send(Roster().zip())
    old, young = left_behind(district.folder)
    await district.worker().run_next()
    assert not old.exists()
    assert list(district.folder.iterdir()) == [young]


async def test_what_is_not_ours_in_the_folder_stays_and_stops_no_import(district: District) -> None:
    district.folder.mkdir()
    snapshots, stubborn = district.folder / ".snapshot", district.folder / "old.zip"
    for folder in (snapshots, stubborn):
        folder.mkdir()
        os.utime(folder, (1, 1))
    with capture_logs() as logs:
        assert (await district.load(Roster().zip()))["status"] == "done"
    assert sorted(district.folder.iterdir()) == [snapshots, stubborn]
    assert [entry["file"] for entry in logs if entry["event"] == "roster_file_stays"] == ["old.zip"]


async def test_a_fault_in_taking_an_import_on_does_not_end_the_taking_on(district: District) -> None:
    import_id = await district.send(Roster().zip())
    async with district.database.write(EVERY_DISTRICT) as session:
        await session.execute(text("ALTER TABLE roster_imports RENAME TO aside"))
    with capture_logs() as logs:
        async with at_work(district.worker()) as working:
            while not working.done() and "of a fault of ours" not in {entry.get("because") for entry in logs}:
                await asyncio.sleep(0.01)
            async with district.database.write(EVERY_DISTRICT) as session:
                await session.execute(text("ALTER TABLE aside RENAME TO roster_imports"))
            while not working.done() and (await district.state(import_id))["status"] != "done":
                await asyncio.sleep(0.01)


async def test_a_refused_file_says_why_and_changes_nothing(district: District) -> None:
    await district.load(Roster().zip())
    before = await district.rows(models.students)
    bad = Roster().files()
    bad["roles.csv"] = "a,b\r\n1,2\r\n"
    state = await district.load(a_zip(bad))
    assert (state["status"], state["rows_applied"]) == ("refused", 0)
    assert state["refused_because"].startswith("roles.csv lacks the columns sourcedId, userSourcedId")
    assert await district.rows(models.students) == before
    assert {e.version for e in await district.announced()} == {1}
    assert list(district.folder.iterdir()) == []


async def test_users_without_anybody_s_role_ever_are_a_forgotten_file(district: District) -> None:
    files = Roster().files()
    del files["roles.csv"], files["demographics.csv"]
    files["manifest.csv"] = a_manifest({"orgs": "bulk", "users": "bulk"})
    assert (await district.load(a_zip(files)))["refused_because"].startswith("roles.csv is missing")
