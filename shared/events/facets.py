"""The groups that every count may be broken down by: closed sets with their federal codes."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field


class RaceEthnicity(StrEnum):
    """Federal seven-group roll-up (EDFacts HI7 AM7 AS7 BL7 PI7 WH7 MU7), and unknown as its own group."""

    HISPANIC = "hispanic"
    AMERICAN_INDIAN = "american_indian"
    ASIAN = "asian"
    BLACK = "black"
    PACIFIC_ISLANDER = "pacific_islander"
    WHITE = "white"
    TWO_OR_MORE = "two_or_more"
    UNKNOWN = "unknown"


class Sex(StrEnum):
    """Sex as the roster has it."""

    FEMALE = "female"
    MALE = "male"
    NONBINARY = "nonbinary"
    UNKNOWN = "unknown"


class Disability(StrEnum):
    """Served under IDEA, under Section 504 only, neither, or not known."""

    IDEA = "idea"
    SECTION_504 = "section_504"
    NONE = "none"
    UNKNOWN = "unknown"


class GradeBand(StrEnum):
    """Grades in four bands; ungraded and unreadable ones are unknown."""

    PK_2 = "pk_2"
    G3_5 = "3_5"
    G6_8 = "6_8"
    G9_12 = "9_12"
    UNKNOWN = "unknown"


_BANDS: Mapping[GradeBand, tuple[str, ...]] = MappingProxyType(
    {
        GradeBand.PK_2: ("IT", "PR", "PK", "TK", "KG", "01", "02"),
        GradeBand.G3_5: ("03", "04", "05"),
        GradeBand.G6_8: ("06", "07", "08"),
        GradeBand.G9_12: ("09", "10", "11", "12", "13"),
    }
)
_BAND_OF = MappingProxyType({grade: band for band, grades in _BANDS.items() for grade in grades})
GRADES: tuple[str, ...] = (*_BAND_OF, "PS")
"""CEDS grade codes from the lowest to the highest; `UG` and `Other` say that there is none."""


def grade_band(grade: str | None) -> GradeBand:
    """The band of a grade; postsecondary and ungraded are unknown."""
    return _BAND_OF.get(grade, GradeBand.UNKNOWN) if grade else GradeBand.UNKNOWN


class Facets(BaseModel):
    """The groups a student is counted in, as of the event's date."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    race_ethnicity: RaceEthnicity = Field(description="Federal roll-up: Hispanic of any race first.")
    sex: Sex = Field(description="As the roster has it.")
    disability: Disability = Field(description="IDEA, Section 504 only, none, unknown.")
    english_learner: bool | None = Field(description="null: not known.")
    grade_band: GradeBand = Field(description="pk_2, 3_5, 6_8, 9_12, unknown.")


FIRST_MONTH_OF_SCHOOL_YEAR = 7


def school_year_of(day: date) -> int:
    """The school year a date lies in, named by the year it ends in: 1 July 2026 lies in 2027.

    Source: design decision of the public surface; most states' fiscal and school years start on 1 July.
    """
    return day.year + (1 if day.month >= FIRST_MONTH_OF_SCHOOL_YEAR else 0)
