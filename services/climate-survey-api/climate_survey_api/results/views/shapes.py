"""What the routes of results answer with, as OpenAPI tells of it."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from climate_survey_api.results.measures.cautions import CautionKind
from shared.events.base import Instant
from shared.events.surveys import RespondentGroup, SurveyFacet

_SCHOOL = "Null: the district."
_ROW: dict[str, Any] = {
    "school_id": "s-1",
    "respondent_group": "student",
    "dimension": "safety",
    "n": 46,
    "answers": 181,
    "favorable": 0.6243093922651933,
    "low": 0.5415,
    "high": 0.7004,
    "method": "wilson-cluster-finite",
    "mean": 2.7318840579710146,
    "mean_low": 2.5891,
    "mean_high": 2.8746,
    "mean_method": "t-finite",
    "margin": 0.0772,
    "histogram": [24, 44, 70, 43],
    "complete": 43,
    "alpha": 0.8231,
    "alpha_items": 4,
    "alpha_missing": "complete_cases",
    "alpha_withheld": None,
    "response_rate": 0.71875,
    "schools_counted": 1,
    "suppressed": False,
}
_CAUTION: dict[str, Any] = {
    "kind": "low_response",
    "school_id": "s-1",
    "respondent_group": "student",
    "dimension": None,
    "detail": "Under 85% of those invited answered: those who did not may think otherwise (NCES 4-4-1).",
}


class Warned(BaseModel):
    """Something to be known before a figure is believed."""

    kind: CautionKind
    school_id: str | None = Field(description=_SCHOOL)
    respondent_group: RespondentGroup
    dimension: str | None = Field(description="The dimension it is about; null: all.")
    detail: str


class Policy(BaseModel):
    """What is suppressed, for everybody and for good."""

    minimum: int = Field(description="Respondents under which a row is suppressed; as when the survey was counted.")


class SurveyResult(BaseModel):
    """What one group at a school, or in the district, answered in a dimension or to an item. Nothing is rounded."""

    school_id: str | None = Field(description=_SCHOOL)
    respondent_group: RespondentGroup
    value: str | None = Field(None, description="With `facet`: the value; `unknown`: did not say.")
    dimension: str
    item_id: str | None = Field(None, description="With `by=item`.")
    n: int | None = Field(description="Respondents with an answer; null, as every number: suppressed.")
    answers: int | None
    favorable: float | None = Field(description="Share of favourable answers, after reversal; null also of choices.")
    low: float | None = Field(description="Of the 95 % interval of `favorable`.")
    high: float | None
    method: str = Field(
        description="How: `wilson`, or `wilson-cluster` where respondents gave several answers; `finite`: corrected "
        "for the share of those invited who answered, `everybody` did, `more-than-invited` and `population-unknown`: "
        "not corrected."
    )
    mean: float | None = Field(description="Mean of the respondents' own means, in points of the scale.")
    mean_low: float | None = Field(description="Of the 95 % interval of `mean`.")
    mean_high: float | None
    mean_method: str
    margin: float | None = Field(description="Half the plain interval of a share of one half: the widest n can have.")
    histogram: list[int] | None = Field(
        description="Answers per point from the lowest, after reversal; of choices. Null, as `complete` and the "
        "interval of `mean`, also of a dimension whose items are suppressed: they could be worked out."
    )
    complete: int | None = Field(description="Respondents who answered every item of the row.")
    alpha: float | None = Field(description="Cronbach's alpha of the complete cases.")
    alpha_items: int | None = Field(description="How many items the row is of: the k of alpha.")
    alpha_missing: str = Field(description="`complete_cases`: who left out an item is left out of alpha.")
    alpha_withheld: str | None = Field(description="Why there is no alpha.")
    response_rate: float | None = Field(description="Respondents of those invited; null by value.")
    schools_counted: int | None = Field(description="Schools in the figures; of the district those it could take in.")
    suppressed: bool
    favorable_weighted: float | None = Field(
        None, description="With `weighted`: as if respondents were composed like those invited. Beside the raw figure."
    )
    mean_weighted: float | None = None
    weighted_by: SurveyFacet | None = None
    weighted_why_not: str | None = Field(None, description="Why there is no weighted figure.")

    model_config = ConfigDict(json_schema_extra={"examples": [_ROW]})


class SurveyResults(BaseModel):
    """The rows, and what is to be known about them."""

    rows: list[SurveyResult]
    warnings: list[Warned]
    policy: Policy
    as_of: Instant = Field(description="When they were counted. They never change.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"rows": [_ROW], "warnings": [_CAUTION], "policy": {"minimum": 10}, "as_of": "2026-11-25T17:00:00Z"}
            ]
        }
    )


class ValueShare(BaseModel):
    """How a value's share among respondents differs from its share among those invited."""

    school_id: str | None = Field(description=_SCHOOL)
    respondent_group: RespondentGroup
    facet: SurveyFacet
    value: str = Field(description="`unknown`: did not say.")
    n: int | None = Field(description="Respondents of the value; null: suppressed.")
    share: float | None = Field(description="Of all respondents.")
    frame: int | None = Field(description="Those invited of the value; null: suppressed, or a school does not say.")
    frame_share: float | None = Field(description="Of all that the frame counts.")
    difference: float | None = Field(description="`share` less `frame_share`.")
    low: float | None = Field(description="Of the difference's 95 % interval.")
    high: float | None
    suppressed: bool


_SHARE: dict[str, Any] = {
    "school_id": "s-1",
    "respondent_group": "student",
    "facet": "grade_band",
    "value": "6_8",
    "n": 30,
    "share": 0.6521739130434783,
    "frame": 32,
    "frame_share": 0.5,
    "difference": 0.15217391304347827,
    "low": 0.0756,
    "high": 0.2198,
    "suppressed": False,
}


class Representativeness(BaseModel):
    """Respondents beside those who were invited."""

    rows: list[ValueShare]
    policy: Policy
    as_of: Instant

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rows": [_SHARE], "policy": {"minimum": 10}, "as_of": "2026-11-25T17:00:00Z"}]}
    )


_CHANGE: dict[str, Any] = {
    "school_id": "s-1",
    "respondent_group": "student",
    "dimension": "safety",
    "favorable_from": 0.71,
    "favorable": 0.62,
    "favorable_change": -0.09,
    "favorable_low": -0.17,
    "favorable_high": -0.01,
    "mean_change": -0.2,
    "mean_low": -0.35,
    "mean_high": -0.05,
    "schools_counted_from": 1,
    "schools_counted": 1,
    "same_items": True,
    "suppressed": False,
}


class DimensionChange(BaseModel):
    """By how much a dimension changed since an earlier wave. Null, as all numbers: one of the two is suppressed."""

    school_id: str | None = Field(description=_SCHOOL)
    respondent_group: RespondentGroup
    dimension: str
    favorable_from: float | None
    favorable: float | None
    favorable_change: float | None
    favorable_low: float | None = Field(description="Of the change's 95 % interval.")
    favorable_high: float | None
    mean_change: float | None
    mean_low: float | None
    mean_high: float | None
    schools_counted_from: int | None = Field(description="Schools in the earlier figures: mind it where it differs.")
    schools_counted: int | None
    same_items: bool = Field(description="False: the waves asked with other items, so no change is told.")
    suppressed: bool


class Change(BaseModel):
    """What changed between two waves, in every dimension that both asked about."""

    from_administration_id: UUID
    rows: list[DimensionChange]
    warnings: list[Warned]
    policy: Policy
    as_of: Instant

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "from_administration_id": "01932f7e-5f2a-7c61-9f4b-2f1f7f1c2a10",
                    "rows": [_CHANGE],
                    "warnings": [],
                    "policy": {"minimum": 10},
                    "as_of": "2026-11-25T17:00:00Z",
                }
            ]
        }
    )
