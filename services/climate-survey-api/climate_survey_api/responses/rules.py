"""What one respondent said, and whether it answers what was asked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.events.surveys import RespondentGroup, SurveyFacet

LONGEST_TEXT = 1_000
"""Characters of an answer in the respondent's own words."""


@dataclass(frozen=True, slots=True)
class Ballot:
    """One respondent's answers as they come out of the box, in no order, with nothing that names a code or a person."""

    school_id: str
    respondent_group: RespondentGroup
    answers: Mapping[str, int]
    """By item; what was left out is not there."""
    facets: Mapping[SurveyFacet, str] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
