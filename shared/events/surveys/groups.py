"""Whom a survey asks, and what respondents may say about themselves."""

from enum import StrEnum


class RespondentGroup(StrEnum):
    """Who answers; each group has a form of its own."""

    STUDENT = "student"
    FAMILY = "family"
    STAFF = "staff"
    OFFICER = "officer"


class SurveyMode(StrEnum):
    """What a respondent is promised. In neither can an answer be joined to a code or a person."""

    ANONYMOUS = "anonymous"
    """Nobody knows who answered."""
    CONFIDENTIAL = "confidential"
    """The district knows who has answered, so that it can remind the others; never what."""


class SurveyFacet(StrEnum):
    """What respondents may say about themselves, if the district asks; they may always leave it out."""

    RACE_ETHNICITY = "race_ethnicity"
    SEX = "sex"
    DISABILITY = "disability"
    ENGLISH_LEARNER = "english_learner"
    GRADE_BAND = "grade_band"
