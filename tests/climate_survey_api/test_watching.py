"""What the operator's metrics tell of who waits for an adult."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from climate_survey_api.comments.models import comments
from climate_survey_api.comments.rules import CommentStatus
from climate_survey_api.help_requests.models import help_requests
from climate_survey_api.help_requests.rules import HelpStatus
from climate_survey_api.settings import Settings
from climate_survey_api.watching import Watching
from shared.telemetry.metrics import REGISTRY
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.planned import a_survey
from tests.climate_survey_api.suite import Clock, climate_survey_api
from tests.climate_survey_api.waiting import a_comment, a_help_request, keep

pytestmark = pytest.mark.slow


@pytest.fixture
async def service(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceInTest[Settings]]:
    async with climate_survey_api(database_url, tmp_path, clock=Clock()) as made:
        yield made


def told() -> tuple[float | None, float | None]:
    """How many requests are overdue, and how many comments stand escalated; None: nothing is told."""
    of_district = {"district": DISTRICT}
    names = ("rapport_help_requests_overdue", "rapport_comments_escalated")
    overdue, escalated = (REGISTRY.get_sample_value(name, of_district) for name in names)
    return overdue, escalated


async def test_overdue_requests_and_escalated_comments_are_told_while_there_are_any(
    service: ServiceInTest[Settings],
) -> None:
    clock = Clock()
    watching = Watching(service.process.database, clock, ZoneInfo("America/New_York"))
    survey = await a_survey(service)
    await keep(service, comments, *(a_comment(survey, status) for status in CommentStatus))
    await keep(service, help_requests, *(a_help_request(status, None) for status in HelpStatus))
    await watching.look()
    assert told() == (None, 1)
    clock.move(timedelta(days=1))  # Thursday, by whose end somebody takes it up
    await watching.look()
    assert told() == (None, 1)
    clock.move(timedelta(days=1))
    await watching.look()
    assert told() == (1, 1)
