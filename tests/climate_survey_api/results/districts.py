"""Made-up districts: schools of all sizes, respondents who leave things out, values that hardly anybody is of."""

import random
from collections.abc import Iterable, Mapping

from climate_survey_api.administrations.rules import Unit
from climate_survey_api.instruments.rules import Item, Scale
from climate_survey_api.responses.rules import Ballot
from climate_survey_api.results.measures.patterns import complemented
from climate_survey_api.results.measures.sheets import Sheet
from climate_survey_api.results.measures.showing import Complement, GroupCount
from climate_survey_api.results.measures.tally import UNKNOWN, Tally
from shared.events.surveys import RespondentGroup, SurveyFacet

STUDENT = RespondentGroup.STUDENT
GROUPS = frozenset({STUDENT})
MINIMUM = 10
NOBODY = "s-none"
"""A school where nobody answered."""
VALUES: Mapping[SurveyFacet, tuple[str, ...]] = {
    SurveyFacet.SEX: ("female", "male", "nonbinary", UNKNOWN),
    SurveyFacet.GRADE_BAND: ("3_5", "6_8", "9_12", UNKNOWN),
}
ITEMS = (
    Item("s1", "safety", GROUPS, Scale.AGREE4),
    Item("s2", "safety", GROUPS, Scale.AGREE4, reverse=True),
    Item("s3", "safety", GROUPS, Scale.AGREE4),
    Item("e1", "equity", GROUPS, Scale.AGREE4),
    Item("c1", "contact", GROUPS, Scale.CHOICE, choices=3),
)


def ballots_of_a_district(seed: int, *, schools: int = 8, most: int = 40, skips: float = 0.08) -> list[Ballot]:
    """The ballots of one to eight schools with up to forty respondents each, in no order."""
    chance = random.Random(seed)
    made = []
    for number in range(chance.randint(1, schools)):
        rare = chance.random() * 0.3
        for _ in range(chance.choice([0, chance.randint(1, 12), chance.randint(8, most), chance.randint(20, most)])):
            answers = {item.item_id: chance.randint(1, item.highest) for item in ITEMS if chance.random() >= skips}
            facets = {}
            for facet, (common, other, *few) in VALUES.items():
                value = chance.choice(few) if chance.random() < rare else chance.choice([common, common, other])
                if value != UNKNOWN:
                    facets[facet] = value
            made.append(Ballot(f"s-{number}", STUDENT, answers, facets))
    chance.shuffle(made)
    return made


def tally_of(ballots: Iterable[Ballot]) -> Tally:
    """These ballots, added up."""
    tally = Tally(ITEMS, tuple(VALUES))
    for ballot in ballots:
        tally.add(ballot)
    return tally


def units_of(ballots: Iterable[Ballot]) -> dict[str, Unit]:
    """Every school of these ballots, and one where nobody answered."""
    schools = {ballot.school_id for ballot in ballots} | {NOBODY}
    return {school_id: Unit(school_id, STUDENT, 50) for school_id in sorted(schools)}


def sheets_of(ballots: list[Ballot], minimum: int = MINIMUM, complement: Complement = complemented) -> list[Sheet]:
    """What is shown of these ballots."""
    tally = tally_of(ballots)
    counted = GroupCount(STUDENT, tally.layout(STUDENT), tally.schools(STUDENT), units_of(ballots), minimum, complement)
    return list(counted.sheets(VALUES))
