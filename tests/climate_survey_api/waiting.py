"""Comments and help requests that stand somehow, put straight into their tables."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, insert, select

from climate_survey_api.comments.rules import CommentStatus
from climate_survey_api.help_requests.rules import HelpStatus
from climate_survey_api.settings import Settings
from shared.db import EVERY_DISTRICT
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.suite import NOON


def a_comment(survey: UUID, status: CommentStatus) -> dict[str, Any]:
    """One that stands so."""
    return {
        "comment_id": uuid4(),
        "district_id": DISTRICT,
        "administration_id": survey,
        "school_id": "s-1",
        "respondent_group": "student",
        "item_id": "words",
        "written": b"sealed",
        "is_suppressed": False,
        "status": status.value,
        "version": 1,
    }


def a_help_request(status: HelpStatus, closed_at: datetime | None) -> dict[str, Any]:
    """One that stands so."""
    return {
        "help_request_id": uuid4(),
        "district_id": DISTRICT,
        "school_id": "s-1",
        "contact": b"sealed",
        "requested_on": NOON.date(),
        "status": status.value,
        "closed_at": closed_at,
        "version": 1,
    }


async def keep(
    service: ServiceInTest[Settings], table: Table, *rows: dict[str, Any]
) -> Callable[[], Awaitable[list[str]]]:
    """Store these rows; how to look which statuses are left."""
    async with service.process.database.write(EVERY_DISTRICT) as session:
        for row in rows:
            await session.execute(insert(table).values(row))

    async def left() -> list[str]:
        async with service.process.database.read(EVERY_DISTRICT) as session:
            return sorted((await session.execute(select(table.c.status))).scalars())

    return left
