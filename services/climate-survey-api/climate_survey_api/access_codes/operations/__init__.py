"""What can be done with access codes; what other nouns call is named here."""

from climate_survey_api.access_codes.operations.presenting import burn_code, present_code
from climate_survey_api.access_codes.operations.voiding import forget_recipients, void_codes_of

__all__ = ["burn_code", "forget_recipients", "present_code", "void_codes_of"]
