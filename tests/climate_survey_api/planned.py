"""A survey in the tables, as far along as a test needs it, without the way that led there."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert

from climate_survey_api.administrations.models import administration_units, administrations
from climate_survey_api.settings import Settings
from shared.events.surveys import RespondentGroup
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.suite import NOON

SCHOOLS = ("s-1", "s-2")


async def a_survey(
    service: ServiceInTest[Settings],
    *,
    status: str = "open",
    closed_at: datetime | None = None,
    counted_at: datetime | None = None,
    district_id: str = DISTRICT,
) -> UUID:
    """Put to the students of two schools; its id."""
    administration_id = uuid4()
    survey = {
        "administration_id": administration_id,
        "district_id": district_id,
        "revision": 1,
        "instrument_id": "words",
        "instrument_version": 1,
        "name": "Fall",
        "opens_at": NOON - timedelta(days=7),
        "closes_at": NOON + timedelta(days=7),
        "mode": "anonymous",
        "languages": '["en"]',
        "facets": "[]",
        "free_text": True,
        "consent_mode": "none",
        "units_id": uuid4(),
        "has_codes": True,
        "status": status,
        "closed_at": closed_at,
        "counted_at": counted_at,
        "made_from": b"",
        "made_at": NOON,
        "made_by": "a-1",
    }
    units = [
        {
            "district_id": district_id,
            "administration_id": administration_id,
            "school_id": school_id,
            "respondent_group": RespondentGroup.STUDENT,
            "invited": 30,
            "frame": "{}",
            "announced_used": 0,
        }
        for school_id in SCHOOLS
    ]
    async with service.process.database.write(district_id) as session:
        await session.execute(insert(administrations).values(survey))
        await session.execute(insert(administration_units).values(units))
    return administration_id
