"""What can be done with administrations; what other nouns call is named here."""

from climate_survey_api.administrations.operations.marking import locked_administration, note_codes, note_counted

__all__ = ["locked_administration", "note_codes", "note_counted"]
