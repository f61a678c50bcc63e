"""From a roster's columns to the groups a student is counted in: federal roll-up, sex, disability, highest grade."""

from collections.abc import Mapping
from types import MappingProxyType

from shared.events.facets import GRADES, Disability, RaceEthnicity, Sex

RACE_COLUMNS: Mapping[str, RaceEthnicity] = MappingProxyType(
    {
        "americanIndianOrAlaskaNative": RaceEthnicity.AMERICAN_INDIAN,
        "asian": RaceEthnicity.ASIAN,
        "blackOrAfricanAmerican": RaceEthnicity.BLACK,
        "nativeHawaiianOrOtherPacificIslander": RaceEthnicity.PACIFIC_ISLANDER,
        "white": RaceEthnicity.WHITE,
    }
)
"""OneRoster's column for each race."""

_SEXES = MappingProxyType({"female": Sex.FEMALE, "male": Sex.MALE, "other": Sex.NONBINARY})
_DISABILITIES = MappingProxyType({d.value: d for d in Disability})

_RANK = MappingProxyType({grade: rank for rank, grade in enumerate(GRADES)})
_SPELLINGS = MappingProxyType({**{str(n): f"{n:02}" for n in range(1, 10)}, "K": "KG"})


def race_ethnicity(*, hispanic: bool, two_or_more: bool, races: frozenset[RaceEthnicity]) -> RaceEthnicity:
    """The one federal group of a student: Hispanic of any race first, else two or more, else the one named.

    Nothing named is a group of its own, never White. Source: 72 FR 59266 (2007), EDFacts seven groups.
    """
    if hispanic:
        return RaceEthnicity.HISPANIC
    if two_or_more or len(races) > 1:
        return RaceEthnicity.TWO_OR_MORE
    return next(iter(races), RaceEthnicity.UNKNOWN)


def sex(code: str) -> Sex:
    """OneRoster's `sex` as ours: `other` is nonbinary; `unspecified` and nothing are unknown."""
    return _SEXES.get(code, Sex.UNKNOWN)


def disability(code: str) -> Disability:
    """`metadata.disabilityStatus` as ours; nothing is unknown, which is not the same as none."""
    return _DISABILITIES.get(code, Disability.UNKNOWN)


def english_learner(code: str) -> bool | None:
    """`metadata.englishLearner` as ours; nothing is not known, which is not the same as no."""
    return {"true": True, "false": False}.get(code.lower())


def highest_grade(grades: str) -> str | None:
    """The highest of a comma-separated list of CEDS grade codes; None where none of them is a grade.

    `5` and `K`, as many systems write them, are read as `05` and `KG`. A grade that nobody knows is left out rather
    than the student: a child must not vanish from the roster for it.
    """
    codes = [_SPELLINGS.get(code, code) for code in (part.strip().upper() for part in grades.split(","))]
    return max((code for code in codes if code in _RANK), key=_RANK.__getitem__, default=None)
