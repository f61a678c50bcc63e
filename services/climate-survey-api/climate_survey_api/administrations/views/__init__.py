"""What can be read of administrations; what other nouns ask for is named here."""

from climate_survey_api.administrations.views.choices import may_be_asked, places
from climate_survey_api.administrations.views.finding import administration_anywhere, find_administration

__all__ = ["administration_anywhere", "find_administration", "may_be_asked", "places"]
