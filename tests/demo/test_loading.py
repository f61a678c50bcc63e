"""The loader against the services themselves, over HTTP: everything arrives once, whatever gets in its way."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from aiohttp import web
from sqlalchemy import text

from climate_survey_api.app import SERVICE as SURVEYS
from climate_survey_api.settings import Settings as SurveySettings
from demo import reading
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

TINY = Size(schools=2, students=60, reference_rate=0.25)
TODAY = datetime.now(TIME_ZONE).date()
numbers = count()


@dataclass(frozen=True, slots=True)
class Loading:
    """One district, a client that sends it, and the home where it is noted how far that came."""

    client: Client
    district: District
    home: Path

    @property
    def path(self) -> Path:
        """Where it is noted."""
        return truth_path(self.home, self.district.district_id)

    async def load(self, *, today: date = TODAY, at_once: int = 8) -> Truth:
        """Load the district, or what is left of it."""
        return await load(self.client, self.district, Progress(self.client), self.path, today=today, at_once=at_once)

    async def check(self, truth: Truth) -> bool:
        """Whether the views show the truth."""
        return await check(self.client, truth, Progress(self.client), at_once=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the suite of these tests has its databases, its bus and its keys."""
    return tmp_path_factory.mktemp("suite")


@pytest.fixture(scope="module")
async def services(folder: Path) -> AsyncIterator[Services]:
    """A running suite. It takes longer to start than to load, so that there is one, with a district for each test."""
    bus, keys = f"sqlite:///{folder / 'bus.db'}", folder / "keys"

    def address(name: str) -> str:
        return f"sqlite:///{folder / name}.db"

    referrals = ReferralSettings(
        database_url=address("referrals"), event_bus_url=bus, keys_dir=keys, import_dir=folder / "imports"
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
        yield Services(*[await stack.enter_async_context(listening(service.app)) for service in running])


@asynccontextmanager
async def loading_of(district: District, services: Services, folder: Path, home: Path) -> AsyncIterator[Loading]:
    async with open_client(Tokens(folder / "keys", district.district_id), services, connections=8) as client:
        yield Loading(client, district, home)


@pytest.fixture
async def loading(services: Services, folder: Path, tmp_path: Path) -> AsyncIterator[Loading]:
    """Of a district that is not there yet, and that no other test knows."""
    district = District(f"d-{next(numbers)}", TINY, seed=5)
    async with loading_of(district, services, folder, tmp_path) as own:
        yield own


@pytest.fixture(scope="module")
async def home_of_demo(services: Services, folder: Path) -> Path:
    """Where it is noted that a district is there, whole."""
    async with loading_of(District("demo", TINY, seed=5), services, folder, folder) as first:
        await first.load()
    return folder


@pytest.fixture
async def loaded(services: Services, folder: Path, home_of_demo: Path, tmp_path: Path) -> AsyncIterator[Loading]:
    """Of a district that is there, for tests that leave it there as it was; what they note is their own."""
    copy(truth_path(home_of_demo, "demo"), tmp_path)
    async with loading_of(District("demo", TINY, seed=5), services, folder, tmp_path) as again:
        yield again


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


async def test_a_district_arrives_and_every_view_of_it_matches(
    loaded: Loading, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = await loaded.load()
    assert await loaded.check(truth)
    said = capsys.readouterr().out
    assert "MATCH: every count" in said
    assert "MATCH: every standing" in said
    assert "DIFFERS" not in said
    assert truth.sent_by("")[None, "submitted"] > 10


async def test_a_second_run_sends_nothing(loading: Loading, capsys: pytest.CaptureFixture[str]) -> None:
    first = await loading.load()
    before = loading.client.requests
    again = await loading.load(today=TODAY + timedelta(days=1))
    assert loading.client.requests == before + 2  # are the last referral and the last officer there?
    assert "Loaded before" in capsys.readouterr().out
    assert (again.sent, again.enrolled, again.as_of) == (first.sent, first.enrolled, first.as_of)


async def test_a_run_that_lost_count_sends_all_again_and_nothing_comes_in_twice(
    loading: Loading, capsys: pytest.CaptureFixture[str]
) -> None:
    first = await loading.load()
    first.write(loading.path, Arrivals())
    again = await loading.load(today=TODAY + timedelta(days=1))
    assert "none came in twice" in capsys.readouterr().out
    assert again.sent == first.sent
    assert await loading.check(again)


async def test_a_run_that_is_resumed_when_its_keys_are_forgotten_sends_the_same_again(
    loaded: Loading, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A referrer who sends his referral again without its key is told how it stands, and not when it arrived."""
    first = await loaded.load()
    contacts = await contacts_of(folder)
    assert contacts
    first.write(loaded.path, Arrivals())
    await forget_every_key(folder)
    again = await loaded.load(today=TODAY + timedelta(days=8))
    assert "none came in twice" in capsys.readouterr().out
    assert await contacts_of(folder) == contacts
    assert again.sent == first.sent
    assert await loaded.check(again)


async def test_a_stopped_run_goes_on_where_it_was(loading: Loading, capsys: pytest.CaptureFixture[str]) -> None:
    client, path, progress = loading.client, loading.path, Progress(loading.client)
    stopped = asyncio.create_task(load(client, loading.district, progress, path, today=TODAY, at_once=2))
    while "Referrals drawn" not in [step.title for step in progress.steps]:
        await asyncio.sleep(0)
    begun_at = client.requests
    while client.requests < begun_at + 40:
        await asyncio.sleep(0)
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    left = earlier_run(path, loading.district)
    assert left is not None
    assert left.arrivals.total is not None
    assert 2 < left.arrivals.count < left.arrivals.total

    again = await loading.load(today=TODAY + timedelta(days=1))
    said = capsys.readouterr().out
    assert f"going on behind {left.arrivals.count} of {left.arrivals.total} referrals" in said
    assert f"Referrals sent: {left.arrivals.total - left.arrivals.count} referrals" in said
    assert "Roster imported" not in said[said.index("Begun before") :]
    assert await loading.check(again)
    all_of_it = earlier_run(path, loading.district)
    assert all_of_it is not None
    assert all_of_it.arrivals.are_all
    assert again.sent_by("") == (await loading.load()).sent_by("")


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


async def test_a_referral_that_was_not_sent_by_us_is_told_as_a_difference(loaded: Loading) -> None:
    truth = await loaded.load()
    assert await loaded.check(truth)
    student = next(loaded.district.everybody())
    truth.sent[("sex", student.sex), "submitted"] -= 1
    found = await compare(loaded.client, truth, looked=lambda: None)
    sent = truth.sent[("sex", student.sex), "submitted"]
    assert found["sex"] == [Difference("sex", student.sex, "submitted", sent, sent + 1)]
    assert not any(found[key] for key in found if key != "sex")


async def test_officers_that_the_suite_has_lost_are_sent_again_and_nothing_else(loaded: Loading) -> None:
    truth = await loaded.load()
    left = earlier_run(loaded.path, loaded.district)
    assert left is not None
    left.arrivals.officers = False
    truth.write(loaded.path, left.arrivals)
    before = loaded.client.requests
    again = await loaded.load()
    assert 10 < loaded.client.requests - before < 60
    assert await loaded.check(again)


async def test_an_officer_who_lost_a_certificate_since_is_told_as_a_difference(
    loading: Loading, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_STILL_SECONDS", 1.0)  # nothing more is on its way, and that is waited for in full
    client, truth = loading.client, await loading.load()
    url = f"{client.services.training_registry}/v1/completions/{truth.training.certified.completion_id}/revocation"
    await client.post(url, {"reason": "Was not there."}, caller=READER, key="taken back")
    assert not await loading.check(truth)
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


async def test_a_refusal_is_not_sent_again(loading: Loading) -> None:
    url = f"{loading.client.services.referral_api}/v1/referrals"
    with pytest.raises(Refused, match="403"):
        await loading.client.post(url, {}, caller=READER, key="x")
    assert loading.client.requests == 1


async def test_a_running_suite_is_seen_and_a_missing_one_is_told_at_once(loading: Loading, folder: Path) -> None:
    await loading.client.ensure_up()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    nowhere = Services(nobody, nobody, nobody, nobody)
    async with open_client(Tokens(folder / "keys", "demo"), nowhere, connections=1) as lonely:
        with pytest.raises(Unreachable, match="make up"):
            await lonely.ensure_up()


def test_a_home_without_keys_is_left_without_them(tmp_path: Path) -> None:
    with pytest.raises(NoKeys):
        Tokens(tmp_path / "keys", "demo")
    assert not (tmp_path / "keys").exists()
