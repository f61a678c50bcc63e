"""Where an officer may serve and open records: assigned, under an agreement with his agency, and trained."""

from dataclasses import replace
from datetime import date

import pytest

from shared.events.training import Blocks, StandingStatus
from tests.training_registry.standing.facts import a_requirement, an_officer
from training_registry.agreements.rules import Agreement
from training_registry.requirements.rules import Requirement
from training_registry.standing.rules import Missing, SchoolOn, schools_on

DAY = date(2026, 11, 26)
OFFICER = an_officer(assigned=[(date(2026, 8, 1), date(2026, 12, 31))], agency="City  police")
AGREEMENT = Agreement("a-1", "City Police", frozenset({"s-1"}), date(2026, 8, 1), DAY, True)
BOTH = a_requirement()
SERVING, RECORDS = (a_requirement(blocks=frozenset({blocks})) for blocks in Blocks)
NEITHER = a_requirement(blocks=frozenset())


def at_school(
    agreement: Agreement = AGREEMENT,
    *,
    requirement: Requirement = BOTH,
    status: StandingStatus = StandingStatus.CURRENT,
    day: date = DAY,
) -> SchoolOn:
    (school,) = schools_on(OFFICER, [agreement], [(requirement, status)], day)
    return school


def test_assigned_trained_and_under_an_agreement_he_may_do_both() -> None:
    assert at_school() == SchoolOn("s-1", True, True, True, (), frozenset())


@pytest.mark.parametrize(
    ("agreement", "may_serve"),
    [
        (replace(AGREEMENT, agency="Sheriff"), False),
        (replace(AGREEMENT, school_ids=frozenset({"s-2"})), False),
        (replace(AGREEMENT, in_force_to=date(2026, 11, 25)), False),
        (replace(AGREEMENT, in_force_from=None, in_force_to=None), False),
        (replace(AGREEMENT, opens_records=False), True),
    ],
)
def test_without_an_agreement_that_opens_them_records_stay_closed(agreement: Agreement, may_serve: bool) -> None:
    school = at_school(agreement)
    assert (school.may_serve, school.may_open_records, school.missing) == (
        may_serve,
        False,
        frozenset({Missing.AGREEMENT}),
    )
    assert len(school.because) == 1


@pytest.mark.parametrize(
    ("requirement", "may_serve", "may_open"),
    [(BOTH, False, False), (SERVING, False, True), (RECORDS, True, False), (NEITHER, True, True)],
)
@pytest.mark.parametrize("status", StandingStatus)
def test_what_is_overdue_or_expired_blocks_what_it_names(
    requirement: Requirement, may_serve: bool, may_open: bool, status: StandingStatus
) -> None:
    school = at_school(requirement=requirement, status=status)
    if status in (StandingStatus.OVERDUE, StandingStatus.EXPIRED):
        assert (school.may_serve, school.may_open_records) == (may_serve, may_open)
        assert (Missing.TRAINING in school.missing) is not may_open
    else:
        assert (school.may_serve, school.may_open_records) == (True, True)


def test_a_school_he_is_not_assigned_to_on_that_day_is_named_and_closed() -> None:
    school = at_school(replace(AGREEMENT, in_force_to=date(2027, 8, 1)), day=date(2027, 1, 1))
    assert (school.may_serve, school.may_open_records) == (False, False)
    assert school.because == ("He is not assigned to the school on that day.",)
