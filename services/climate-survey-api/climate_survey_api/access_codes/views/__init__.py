"""What can be read of access codes; what other nouns ask for is named here."""

from climate_survey_api.access_codes.views.units import codes_by_unit

__all__ = ["codes_by_unit"]
