"""The surveys against the services themselves, over HTTP: stopped, resumed, nobody answers twice, and all is found."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import pytest

from climate_survey_api.app import SERVICE as SURVEYS
from climate_survey_api.settings import Settings as SurveySettings
from demo.client import Client, Services, open_client
from demo.district import District, Size
from demo.lives import TIME_ZONE, school_year
from demo.people import Tokens
from demo.progress import Progress
from demo.surveys import planted
from demo.surveys.sending import are_surveys_there
from demo.surveys.steps import a_code_to_try, check_surveys, load_surveys
from demo.surveys.summary import print_pages
from demo.surveys.truth import SurveyTruth
from reporting.app import SERVICE as REPORTING
from reporting.settings import Settings as ReportingSettings
from shared.testing.service import in_test
from tests.demo.listening import listening

pytestmark = pytest.mark.slow

DISTRICT = District("demo", Size(schools=3, students=300, reference_rate=0.1, surveyed_schools=3), seed=5)
YEAR = school_year(datetime.now(TIME_ZONE).date())


@pytest.fixture
async def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """A client of a suite in which nothing but the surveys and reporting is needed; fewer people than usual answer."""
    fewer: Mapping[str, int] = {"student": 70, "staff": 12}
    monkeypatch.setattr(planted, "PEOPLE", fewer)
    monkeypatch.setattr(planted, "WAVES", 2)
    monkeypatch.setattr(planted, "FALLS_TO", (planted.FALLS_TO[0], planted.FALLS_TO[-1]))
    bus, keys = f"sqlite:///{tmp_path / 'bus.db'}", tmp_path / "keys"
    surveys = SurveySettings(database_url=f"sqlite:///{tmp_path / 's.db'}", event_bus_url=bus, keys_dir=keys)
    reporting = ReportingSettings(database_url=f"sqlite:///{tmp_path / 'r.db'}", event_bus_url=bus, keys_dir=keys)
    async with AsyncExitStack() as stack:
        at_surveys, at_reporting = [
            await stack.enter_async_context(listening(service.app))
            for service in (
                await stack.enter_async_context(in_test(SURVEYS, surveys)),
                await stack.enter_async_context(in_test(REPORTING, reporting)),
            )
        ]
        services = Services("", at_surveys, "", at_reporting)
        yield await stack.enter_async_context(open_client(Tokens(keys, "demo"), services, connections=8))


async def test_surveys_that_were_stopped_are_resumed_and_what_was_planted_is_found(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = SurveyTruth(DISTRICT)
    assert not await are_surveys_there(client, truth)
    loading = asyncio.create_task(load_surveys(client, truth, Progress(client)))
    while client.requests < 60:
        await asyncio.sleep(0)
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    await load_surveys(client, truth, Progress(client))
    assert await check_surveys(client, truth, YEAR, Progress(client))
    said = capsys.readouterr().out
    assert said.count("MATCH") == 5 + 1
    assert "OFF" not in said
    assert "DIFFERS" not in said

    assert await are_surveys_there(client, truth)
    before = client.requests
    await load_surveys(client, truth, Progress(client))
    assert client.requests == before + 1 + planted.WAVES  # the instrument, and how each wave stands
    codes = [await a_code_to_try(client, truth) for _ in range(2)]
    print_pages(truth, client.services, codes[1])
    said = capsys.readouterr().out
    assert codes[0] is not None
    assert codes[1] is not None
    assert codes[0].code not in said
    assert codes[1].url in said
