"""What a survey found: sums and histograms of what enough people answered, never a single answer."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.base import Event
from shared.events.parts import Part
from shared.events.surveys.groups import RespondentGroup, SurveyFacet


class AnswerSums(Part):
    """What share, mean and interval are made of; sums, so that rows can be added up.

    A respondent's own mean is over the scored items answered within the row, each turned so that higher is better.
    Where the items of a dimension are suppressed and the dimension is not, what an item could be worked out from is
    null, and the histogram empty.
    """

    n: int = Field(ge=0, description="Respondents with an answer in the row.")
    answers: int = Field(ge=0, description="Answers: more than n where a row has several items.")
    favorable: int = Field(ge=0, description="Favourable answers, after reversal.")
    answers_squares: int | None = Field(ge=0, description="Sum over respondents of the squares of their answers.")
    favorable_squares: int | None = Field(
        ge=0, description="Sum over respondents of the squares of their favourable ones."
    )
    favorable_answers: int | None = Field(ge=0, description="Sum over respondents of favourable times answers.")
    means: float = Field(description="Sum over respondents of their own means, in points of the scale.")
    means_squares: float | None = Field(description="Sum over respondents of the squares of their own means.")
    histogram: tuple[int, ...] = Field(
        description="Answers per point of the scale, from the lowest, after reversal; of choices in their order."
    )
    complete: int | None = Field(ge=0, description="Respondents who answered every scored item of the row.")
    alpha: float | None = Field(
        description="Cronbach's alpha of the complete cases; null: under 30 of them, under 3 items, or no variance."
    )


class ResultRow(Part):
    """What was answered in a dimension, or to one of its items."""

    value: str | None = Field(description="The value of the event's facet; null: the event has none.")
    dimension: str = Field(description="The dimension, as the instrument names it.")
    item_id: str | None = Field(description="The item; null: all scored items of the dimension together.")
    sums: AnswerSums | None = Field(description="The sums; null: suppressed, there is nothing to be had.")


class SurveyResultsCounted(Event):
    """A survey's answers were counted, for one school (or the district) and group, whole or by one facet.

    Follows the closing once. Small cells, and those from which a small one could be worked out, are suppressed for
    everybody and for good: the numbers are not kept anywhere.
    """

    name: ClassVar[str] = "survey.results_counted.v1"
    topic: ClassVar[str] = "surveys"

    administration_id: UUID = Field(description="The administration.")
    school_year: int = Field(description="The year the school year ends in, of the day on which it was to open.")
    closed_on: date = Field(description="The day it closed, local to the service.")
    school_id: str | None = Field(description="OneRoster sourcedId of the school; null: the district.")
    respondent_group: RespondentGroup = Field(description="student, family, staff or officer.")
    facet: SurveyFacet | None = Field(description="What the rows are broken down by; null: not at all.")
    schools_counted: int = Field(
        ge=0,
        description="Schools in the figures: for the district those it could take in. Where its rows differ, those of "
        "the row that takes in the most.",
    )
    invited: int = Field(ge=0, description="People invited at the schools counted.")
    minimum: int = Field(ge=5, description="Respondents under which a row is suppressed.")
    rows: tuple[ResultRow, ...] = Field(description="By value, dimension and item.")

    @property
    def key(self) -> str:
        """What happens to one administration stays in order."""
        return str(self.administration_id)
