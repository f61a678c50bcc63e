"""What can be done with access codes; what other nouns call is named here."""

from climate_survey_api.access_codes.operations.presenting import burn_code, present_code

__all__ = ["burn_code", "present_code"]
