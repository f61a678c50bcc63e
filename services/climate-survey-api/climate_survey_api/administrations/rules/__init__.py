"""What an administration is, and what may happen to it when. Pure.

`terms` says what it is, `consent` what parents have to be given, `moving` when it may open, close and be changed.
"""

from climate_survey_api.administrations.rules.consent import consent_needed, may_ask, most_places
from climate_survey_api.administrations.rules.moving import (
    Hindrance,
    changeable,
    hindrances_to_opening,
)
from climate_survey_api.administrations.rules.terms import (
    Administration,
    ConsentMode,
    ParentalChoice,
    Ppra,
    Status,
    Unit,
    stronger,
)

__all__ = [
    "Administration",
    "ConsentMode",
    "Hindrance",
    "ParentalChoice",
    "Ppra",
    "Status",
    "Unit",
    "changeable",
    "consent_needed",
    "hindrances_to_opening",
    "may_ask",
    "most_places",
    "stronger",
]
