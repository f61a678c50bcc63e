"""The loader against the services themselves, over HTTP: everything arrives once, whatever gets in its way."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from climate_survey_api.app import SERVICE as SURVEYS
from climate_survey_api.settings import Settings as SurveySettings
from demo.arrivals import Arrivals
from demo.client import Client, Refused, Services, Unreachable, open_client
from demo.comparison import Difference
from demo.district import SIZES, District, Size
from demo.lives import TIME_ZONE
from demo.people import READER, NoKeys, Tokens
from demo.progress import Progress
from demo.reading import compare
from demo.steps import check, load
from demo.truth import Truth, earlier_run, truth_path
from referral_api.app import SERVICE as REFERRALS
from referral_api.settings import Settings as ReferralSettings
from reporting.app import SERVICE as REPORTING
from reporting.settings import Settings as ReportingSettings
from shared.auth.local_keys import ensure_keys
from shared.db import EVERY_DISTRICT, Database
from shared.http.idempotency import forget_keys
from shared.testing.service import in_test
from tests.demo.listening import listening
from training_registry.app import SERVICE as TRAINING
from training_registry.settings import Settings as TrainingSettings

pytestmark = pytest.mark.slow

TINY = District("demo", Size(schools=2, students=60, reference_rate=0.25), seed=5)
TODAY = datetime.now(TIME_ZONE).date()


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """A client of a running suite."""
    bus, keys = f"sqlite:///{tmp_path / 'bus.db'}", tmp_path / "keys"

    def address(name: str) -> str:
        return f"sqlite:///{tmp_path / name}.db"

    referrals = ReferralSettings(
        database_url=address("referrals"), event_bus_url=bus, keys_dir=keys, import_dir=tmp_path / "imports"
    )
    surveys = SurveySettings(database_url=address("surveys"), event_bus_url=bus, keys_dir=keys)
    training = TrainingSettings(database_url=address("training"), event_bus_url=bus, keys_dir=keys)
    reporting = ReportingSettings(database_url=address("reporting"), event_bus_url=bus, keys_dir=keys)
    async with AsyncExitStack() as stack:
        running = (
            await stack.enter_async_context(in_test(REFERRALS, referrals)),
            await stack.enter_async_context(in_test(SURVEYS, surveys)),
            await stack.enter_async_context(in_test(TRAINING, training)),
            await stack.enter_async_context(in_test(REPORTING, reporting)),
        )
        services = Services(*[await stack.enter_async_context(listening(service.app)) for service in running])
        tokens = Tokens(keys, TINY.district_id)
        yield await stack.enter_async_context(open_client(tokens, services, connections=8))


async def loaded(client: Client, home: Path, *, today: date = TODAY) -> Truth:
    path = truth_path(home, TINY.district_id)
    return await load(client, TINY, Progress(client), path, today=today, at_once=8)


@asynccontextmanager
async def referrals_database(folder: Path) -> AsyncIterator[Database]:
    """The database that the suite's referral-api has there."""
    database = Database(f"sqlite:///{folder / 'referrals.db'}")
    yield database
    await database.close()


async def forget_every_key(folder: Path) -> None:
    """As the janitor does, a week later."""
    async with referrals_database(folder) as database, database.write(EVERY_DISTRICT) as session:
        assert await forget_keys(session, datetime.now(TIME_ZONE) + timedelta(days=1), most=100_000) > 10


async def contacts_of(folder: Path) -> set[Any]:
    """Every contact that is stored."""
    async with referrals_database(folder) as database, database.read(EVERY_DISTRICT) as session:
        return {tuple(row) for row in await session.execute(text("SELECT * FROM referral_contacts"))}


@pytest.mark.slow
async def test_a_district_arrives_and_every_view_of_it_matches(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = await loaded(client, tmp_path)
    assert await check(client, truth, Progress(client), at_once=8)
    said = capsys.readouterr().out
    assert "MATCH: every count" in said
    assert "MATCH: every standing" in said
    assert "DIFFERS" not in said
    assert truth.sent_by("")[None, "submitted"] > 10


@pytest.mark.slow
async def test_a_second_run_sends_nothing(client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = await loaded(client, tmp_path)
    before = client.requests
    again = await loaded(client, tmp_path, today=TODAY + timedelta(days=1))
    assert client.requests == before + 2  # are the last referral and the last officer there?
    assert "Loaded before" in capsys.readouterr().out
    assert (again.sent, again.enrolled, again.as_of) == (first.sent, first.enrolled, first.as_of)


@pytest.mark.slow
async def test_a_run_that_lost_count_sends_all_again_and_nothing_comes_in_twice(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = await loaded(client, tmp_path)
    first.write(truth_path(tmp_path, TINY.district_id), Arrivals())
    again = await loaded(client, tmp_path, today=TODAY + timedelta(days=1))
    assert "none came in twice" in capsys.readouterr().out
    assert again.sent == first.sent
    assert await check(client, again, Progress(client), at_once=8)


@pytest.mark.slow
async def test_a_run_that_is_resumed_when_its_keys_are_forgotten_sends_the_same_again(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A referrer who sends his referral again without its key is told how it stands, and not when it arrived."""
    first = await loaded(client, tmp_path)
    contacts = await contacts_of(tmp_path)
    assert contacts
    first.write(truth_path(tmp_path, TINY.district_id), Arrivals())
    await forget_every_key(tmp_path)
    again = await loaded(client, tmp_path, today=TODAY + timedelta(days=8))
    assert "none came in twice" in capsys.readouterr().out
    assert await contacts_of(tmp_path) == contacts
    assert again.sent == first.sent
    assert await check(client, again, Progress(client), at_once=8)


@pytest.mark.slow
async def test_a_stopped_run_goes_on_where_it_was(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    progress, path = Progress(client), truth_path(tmp_path, TINY.district_id)
    loading = asyncio.create_task(load(client, TINY, progress, path, today=TODAY, at_once=2))
    while "Referrals drawn" not in [step.title for step in progress.steps]:
        await asyncio.sleep(0)
    begun_at = client.requests
    while client.requests < begun_at + 40:
        await asyncio.sleep(0)
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    left = earlier_run(path, TINY)
    assert left is not None
    assert left.arrivals.total is not None
    assert 2 < left.arrivals.count < left.arrivals.total

    again = await loaded(client, tmp_path, today=TODAY + timedelta(days=1))
    said = capsys.readouterr().out
    assert f"going on behind {left.arrivals.count} of {left.arrivals.total} referrals" in said
    assert f"Referrals sent: {left.arrivals.total - left.arrivals.count} referrals" in said
    assert "Roster imported" not in said[said.index("Begun before") :]
    assert await check(client, again, Progress(client), at_once=8)
    all_of_it = earlier_run(path, TINY)
    assert all_of_it is not None
    assert all_of_it.arrivals.are_all
    assert again.sent_by("") == (await loaded(client, tmp_path)).sent_by("")


async def test_a_step_that_only_computes_is_stopped_too(tmp_path: Path) -> None:
    truth, progress = Truth(District("demo", SIZES["large"], seed=5), TODAY), Progress()

    async def compute() -> None:
        running = asyncio.current_task()
        assert running is not None
        with progress.step("Students drawn", 3, "students") as step:
            for student in truth.district.everybody():
                truth.enroll(student)
                if truth.enrolled["", None] == 2:
                    running.cancel()
                step.advance()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(compute())
    assert truth.enrolled["", None] == 2


@pytest.mark.slow
async def test_a_referral_that_was_not_sent_by_us_is_told_as_a_difference(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = await loaded(client, tmp_path)
    assert await check(client, truth, Progress(client), at_once=8)
    student = next(TINY.everybody())
    truth.sent[("sex", student.sex), "submitted"] -= 1
    found = await compare(client, truth, looked=lambda: None)
    sent = truth.sent[("sex", student.sex), "submitted"]
    assert found["sex"] == [Difference("sex", student.sex, "submitted", sent, sent + 1)]
    assert not any(found[key] for key in found if key != "sex")


@pytest.mark.slow
async def test_officers_that_the_suite_has_lost_are_sent_again_and_nothing_else(client: Client, tmp_path: Path) -> None:
    path, truth = truth_path(tmp_path, TINY.district_id), await loaded(client, tmp_path)
    left = earlier_run(path, TINY)
    assert left is not None
    left.arrivals.officers = False
    truth.write(path, left.arrivals)
    before = client.requests
    again = await loaded(client, tmp_path)
    assert 10 < client.requests - before < 60
    assert await check(client, again, Progress(client), at_once=8)


@pytest.mark.slow
async def test_an_officer_who_lost_a_certificate_since_is_told_as_a_difference(
    client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = await loaded(client, tmp_path)
    url = f"{client.services.training_registry}/v1/completions/{truth.training.certified.completion_id}/revocation"
    await client.post(url, {"reason": "Was not there."}, caller=READER, key="taken back")
    assert not await check(client, truth, Progress(client), at_once=8)
    said = capsys.readouterr().out
    assert "MATCH: every count" in said
    assert f"standings of {truth.training.an_opener.school.school_id} basic-course current: planted 1, shown 0" in said


class Shaky:
    """A service that drops the first connection and is away for the second, and notes which keys it was sent."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        """No answer, then 503, then 201."""
        self.keys.append(request.headers["Idempotency-Key"])
        if len(self.keys) == 1:
            assert request.transport is not None
            request.transport.abort()
        status = {1: 500, 2: 503}.get(len(self.keys), 201)
        return web.json_response({"status": status}, status=status)


@pytest.fixture
async def shaky() -> AsyncIterator[tuple[Shaky, str]]:
    """The shaky service and where it listens."""
    service = Shaky()
    app = web.Application()
    app.router.add_post("/things", service.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield service, f"{site.name}/things"
    await runner.cleanup()


async def test_what_is_lost_is_sent_again_under_the_same_key(shaky: tuple[Shaky, str], tmp_path: Path) -> None:
    service, url = shaky
    ensure_keys(tmp_path)
    async with open_client(Tokens(tmp_path, "demo"), Services(url, url, url, url), connections=1) as client:
        answer = await client.post(url, {}, caller=READER, key="the-key")
    assert (answer.status, answer.was_there) == (201, False)
    assert service.keys == ["the-key"] * 3
    assert client.retries == 2


async def test_a_refusal_is_not_sent_again(client: Client) -> None:
    url = f"{client.services.referral_api}/v1/referrals"
    with pytest.raises(Refused, match="403"):
        await client.post(url, {}, caller=READER, key="x")
    assert client.requests == 1


async def test_a_running_suite_is_seen_and_a_missing_one_is_told_at_once(client: Client, tmp_path: Path) -> None:
    await client.ensure_up()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with open_client(
        Tokens(tmp_path / "keys", "demo"), Services(nobody, nobody, nobody, nobody), connections=1
    ) as lonely:
        with pytest.raises(Unreachable, match="make up"):
            await lonely.ensure_up()


def test_a_home_without_keys_is_left_without_them(tmp_path: Path) -> None:
    with pytest.raises(NoKeys):
        Tokens(tmp_path / "keys", "demo")
    assert not (tmp_path / "keys").exists()
