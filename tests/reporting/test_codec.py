"""Cells, the integers that a view's rows are kept by."""

from datetime import date
from itertools import product

import pytest

from reporting.codec import (
    FIELDS,
    OF_REFERRALS,
    Unstorable,
    Value,
    month_of,
    month_text,
    pack_referrals,
    pack_students,
    value_of,
)
from shared.events.facets import Disability, Facets, GradeBand, RaceEthnicity, Sex
from shared.events.referrals import Need, Urgency
from shared.testing.events import some_facets

EVERY_FACETS = [
    Facets(race_ethnicity=race, sex=sex, disability=disability, english_learner=learner, grade_band=grades)
    for race, sex, disability, learner, grades in product(
        RaceEthnicity, Sex, Disability, (True, False, None), GradeBand
    )
]


def unpack(cell: int) -> dict[str, Value]:
    """The keys of a cell, read field by field as the views read them; one of students has no need and no urgency."""
    numbers = {field: cell >> bits.shift & bits.mask for field, bits in FIELDS.items()}
    return {field: value_of(field, n) for field, n in numbers.items() if n or field not in OF_REFERRALS}


def test_every_combination_packs_and_unpacks_to_itself_and_no_two_share_a_cell() -> None:
    cells = set()
    for facets in EVERY_FACETS:
        cell = pack_students(facets)
        assert unpack(cell) == facets.model_dump()
        cells.add(cell)
        for need, urgency in product(Need, Urgency):
            cell = pack_referrals(need, urgency, facets)
            cells.add(cell)
            assert cell < 1 << 27
    assert len(cells) == len(EVERY_FACETS) * (1 + len(Need) * len(Urgency))
    assert unpack(cell) == {**facets.model_dump(), "need": need, "urgency": urgency}


def test_numbers_in_the_tables_never_change() -> None:
    assert {field: dict(bits.numbers) for field, bits in FIELDS.items()} == {
        "grade_band": {"pk_2": 1, "3_5": 2, "6_8": 3, "9_12": 4, "unknown": 5},
        "english_learner": {False: 1, True: 2, None: 3},
        "disability": {"idea": 1, "section_504": 2, "none": 3, "unknown": 4},
        "sex": {"female": 1, "male": 2, "nonbinary": 3, "unknown": 4},
        "race_ethnicity": {
            "hispanic": 1,
            "american_indian": 2,
            "asian": 3,
            "black": 4,
            "pacific_islander": 5,
            "white": 6,
            "two_or_more": 7,
            "unknown": 8,
        },
        "urgency": {"imminent": 1, "urgent": 2, "soon": 3, "routine": 4},
        "need": {
            "mental_health": 1,
            "substance_use": 2,
            "grief": 3,
            "family_conflict": 4,
            "bullying": 5,
            "self_harm": 6,
            "violence_risk": 7,
            "basic_needs": 8,
            "attendance": 9,
            "behavior": 10,
            "other": 11,
        },
    }
    facets = some_facets(
        race_ethnicity="black", sex="nonbinary", disability="idea", english_learner=None, grade_band="9_12"
    )
    assert pack_referrals(Need.OTHER, Urgency.ROUTINE, facets) == 11412284
    assert pack_students(facets) == 8397628


def test_every_value_an_event_may_carry_has_a_number() -> None:
    closed_sets = {
        "need": Need,
        "urgency": Urgency,
        "race_ethnicity": RaceEthnicity,
        "sex": Sex,
        "disability": Disability,
        "grade_band": GradeBand,
    }
    for field, members in closed_sets.items():
        assert set(FIELDS[field].numbers) == set(members)
        assert max(FIELDS[field].numbers.values()) < 1 << FIELDS[field].width


def test_a_value_without_a_number_is_refused() -> None:
    unheard_of = Facets.model_construct(**{**some_facets().model_dump(), "sex": "unheard_of"})
    with pytest.raises(Unstorable):
        pack_students(unheard_of)
    with pytest.raises(Unstorable):
        pack_referrals(Need.GRIEF, Urgency.SOON, unheard_of)


def test_a_number_without_a_value_is_refused() -> None:
    with pytest.raises(Unstorable):
        unpack(pack_students(some_facets()) | 7)


def test_months_run_on_through_the_years() -> None:
    assert month_of(date(2027, 1, 31)) == month_of(date(2026, 12, 1)) + 1
    assert month_text(month_of(date(2026, 9, 30))) == "2026-09"
    assert month_of(date(2026, 9, 1)) == 2026 * 12 + 8
    with pytest.raises(Unstorable):
        month_of(date(9999, 12, 31))
