"""What is to be known before a figure is believed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from climate_survey_api.results.measures.sheets import SheetRow
from shared.events.surveys import RespondentGroup

FEWEST_ANSWERING = 0.85
"""A lower response rate has to be looked into for bias before anything is released. Source: NCES standard 4-4-1."""
LOWEST_ALPHA = 0.70
"""Under it the items of a dimension hardly measure one thing, and nobody is to be ranked by it (domain.md 4.3)."""


class CautionKind(StrEnum):
    """What is to be known."""

    LOW_RESPONSE = "low_response"
    MORE_THAN_INVITED = "more_than_invited"
    SCHOOLS_LEFT_OUT = "schools_left_out"
    LOW_ALPHA = "low_alpha"
    NOT_WEIGHTED = "not_weighted"
    ITEMS_DIFFER = "items_differ"
    SCHOOLS_DIFFER = "schools_differ"


@dataclass(frozen=True, slots=True)
class Caution:
    """Something to be known about the figures of a group at a school, or in the district (None)."""

    kind: CautionKind
    school_id: str | None
    respondent_group: RespondentGroup
    dimension: str | None
    detail: str


def cautions(
    school_id: str | None, group: RespondentGroup, rows: Sequence[SheetRow], *, schools_asked: int
) -> Iterator[Caution]:
    """About the shown rows of one group at a school or in the district; of suppressed ones nothing is to be known."""
    shown = [row for row in rows if row.sums is not None]
    yield from of_the_response(school_id, group, shown)
    yield from _of_the_schools(school_id, group, shown, schools_asked)
    for row in shown:
        if row.value is None and row.sums and row.sums.alpha is not None and row.sums.alpha < LOWEST_ALPHA:
            detail = f"Cronbach's alpha is under {LOWEST_ALPHA:.2f}: rank nobody by this dimension."
            yield Caution(CautionKind.LOW_ALPHA, school_id, group, row.dimension, detail)


def of_the_response(school_id: str | None, group: RespondentGroup, rows: Sequence[SheetRow]) -> Iterator[Caution]:
    """About how many of those invited answered; of suppressed rows nothing is to be known."""
    widest = max((row for row in rows if row.sums is not None), key=lambda row: row.schools, default=None)
    if widest is None or widest.respondents is None or not widest.invited:
        return
    about = school_id, group, None
    if widest.respondents > widest.invited:
        detail = "More people answered than are said to be invited: look at that number."
        yield Caution(CautionKind.MORE_THAN_INVITED, *about, detail)
    elif widest.respondents < FEWEST_ANSWERING * widest.invited:
        yield Caution(
            CautionKind.LOW_RESPONSE,
            *about,
            f"Under {FEWEST_ANSWERING:.0%} of those invited answered: those who did not may think otherwise "
            "(NCES 4-4-1). Compare respondents with those invited before you rely on it.",
        )


def _of_the_schools(
    school_id: str | None, group: RespondentGroup, shown: Sequence[SheetRow], schools_asked: int
) -> Iterator[Caution]:
    schools = [row.schools for row in shown]
    if school_id is None and schools and min(schools) < schools_asked:
        yield Caution(
            CautionKind.SCHOOLS_LEFT_OUT,
            school_id,
            group,
            None,
            f"Of {schools_asked} schools the figures take in {min(schools)}"
            f"{f' to {max(schools)}' if max(schools) > min(schools) else ''}: at the others too few answered.",
        )
