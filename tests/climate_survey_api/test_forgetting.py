"""People's own words are kept for so long, and then they are gone; what waits for somebody waits."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from climate_survey_api.comments.models import comments
from climate_survey_api.comments.rules import CommentStatus
from climate_survey_api.help_requests.models import help_requests
from climate_survey_api.help_requests.rules import HelpStatus
from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.planned import a_survey
from tests.climate_survey_api.suite import NOON, Clock, climate_survey_api
from tests.climate_survey_api.waiting import a_comment, a_help_request, keep

pytestmark = pytest.mark.slow
LONG = timedelta(days=400)
"""As it is shipped."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def service(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[ServiceInTest[Settings]]:
    async with climate_survey_api(database_url, tmp_path, clock=clock) as made:
        yield made


async def clear_after(service: ServiceInTest[Settings], clock: Clock, since: timedelta) -> int:
    """Let so much time have gone by since noon, and clear; how much was dropped."""
    clock.now = NOON + since
    assert service.process.janitor is not None
    return await service.process.janitor.clear()


async def test_comments_that_were_settled_are_forgotten_long_after_the_count_and_the_others_wait(
    service: ServiceInTest[Settings], clock: Clock
) -> None:
    counted = await a_survey(service, status="closed", closed_at=NOON, counted_at=NOON)
    later = await a_survey(service, status="closed", closed_at=NOON, counted_at=NOON + timedelta(days=2))
    rows = [a_comment(counted, status) for status in CommentStatus] + [a_comment(later, CommentStatus.RELEASED)]
    left = await keep(service, comments, *rows)
    assert await clear_after(service, clock, LONG) == 0
    assert await clear_after(service, clock, LONG + timedelta(days=1)) == 2
    assert await left() == ["escalated", "released", "unread"]


async def test_a_help_request_is_forgotten_long_after_it_was_closed_and_never_before(
    service: ServiceInTest[Settings], clock: Clock
) -> None:
    rows = [
        *(a_help_request(status, None) for status in (HelpStatus.WAITING, HelpStatus.TAKEN_UP)),
        *(a_help_request(HelpStatus.CLOSED, NOON + timedelta(days=days)) for days in (0, 2)),
    ]
    left = await keep(service, help_requests, *rows)
    assert await clear_after(service, clock, LONG) == 0
    assert await clear_after(service, clock, LONG + timedelta(days=1)) == 1
    assert await left() == ["closed", "taken_up", "waiting"]
