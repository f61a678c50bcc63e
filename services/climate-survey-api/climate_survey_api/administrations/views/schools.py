"""Where somebody who was shown a survey may ask to talk to an adult."""

from uuid import UUID

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.views.finding import administration_anywhere
from climate_survey_api.changes import SurveyedSchools
from shared.db import ReadSession


async def surveyed_schools(session: ReadSession, administration_id: UUID) -> SurveyedSchools | None:
    """The schools of a survey, whatever district it belongs to; None: there is no such survey."""
    try:
        found = await administration_anywhere(session, administration_id)
    except AdministrationNotFound:
        return None
    schools = frozenset(unit.school_id for unit in found.units)
    return SurveyedSchools(found.district_id, schools, found.closed_at)
