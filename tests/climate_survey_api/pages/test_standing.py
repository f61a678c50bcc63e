"""Where a survey stands, as parents are told before they decide and everybody afterwards."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from climate_survey_api.administrations.rules import Status
from climate_survey_api.pages.standing import Standing, Stands, standing_of
from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.pages.asking import a_form
from tests.climate_survey_api.pages.visiting import Visitor
from tests.climate_survey_api.responses.surveys import a_survey, close
from tests.climate_survey_api.suite import NOON, Clock

PLANNED = a_form().administration
OPENS, CLOSES = PLANNED.opens_at, PLANNED.closes_at
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("status", "now", "stands"),
    [
        (Status.DRAFT, OPENS - SECOND, Stands.NOT_YET),
        (Status.DRAFT, OPENS, Stands.LATE),
        (Status.DRAFT, CLOSES, Stands.NEVER),
        (Status.OPEN, CLOSES - SECOND, Stands.OPEN),
        (Status.OPEN, CLOSES, Stands.CLOSED),
        (Status.CLOSED, OPENS + SECOND, Stands.CLOSED),
    ],
)
def test_a_survey_is_open_while_it_takes_answers_and_closed_ever_after(
    status: Status, now: datetime, stands: Stands
) -> None:
    assert standing_of(replace(PLANNED, status=status), now) == Standing(stands, OPENS, CLOSES)


def test_a_window_is_told_as_it_was_and_not_as_it_was_planned() -> None:
    opened, closed = OPENS + timedelta(hours=3), CLOSES - timedelta(days=2)
    by_hand = replace(PLANNED, status=Status.CLOSED, opened_at=opened, closed_at=closed)
    assert standing_of(by_hand, NOON) == Standing(Stands.CLOSED, opened, closed)
    late_worker = replace(by_hand, closed_at=CLOSES + timedelta(hours=9))
    assert standing_of(late_worker, NOON).ends == CLOSES


async def test_the_preview_says_when_a_survey_opens_that_it_is_open_and_on_which_day_it_was_closed(
    on_each_database: ServiceInTest[Settings], clock: Clock
) -> None:
    service = on_each_database
    survey = await a_survey(service, is_open=False, opens_at=(NOON + timedelta(hours=1)).isoformat())
    path = f"/preview/{survey.administration_id}"

    async with service.anonymous() as client:

        async def read() -> tuple[str, str]:
            return (await Visitor(client).open(path)).text, (await Visitor(client).open(f"{path}?lang=es")).text

        english, spanish = await read()
        assert "Not open yet: it opens on November 25, 2026, 1:00 PM EST" in english
        assert "Todavía no está abierta: se abre el 25 de noviembre de 2026" in spanish

        clock.move(timedelta(hours=2))
        async with service.client("district_admin", "admin-1") as admin:
            opened = await admin.post(f"/v1/administrations/{survey.administration_id}/opening", json={})
        assert opened.is_success, opened.text
        english, spanish = await read()
        assert "Open now, until December 2, 2026, 12:00 PM EST" in english
        assert "Está abierta ahora, hasta el 2 de diciembre de 2026" in spanish

        clock.move(timedelta(days=1))
        await close(service, survey)
        clock.move(timedelta(days=1))
        english, spanish = await read()
    assert "Closed on November 26, 2026 . It takes no answers any more." in english
    assert "Was open for answers November 25, 2026, 2:00 PM EST to November 26, 2026, 2:00 PM EST" in english
    assert "Se cerró el 26 de noviembre de 2026 . Ya no se puede responder." in spanish
    assert [planned for planned in ("December", "diciembre", "Open now", "Not open yet") if planned in english] == []
    assert "diciembre" not in spanish
