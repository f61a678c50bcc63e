"""Whether an officer's keys fit, day by day and key by key."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referral_api.clearance.rules import Cleared, Key, Missing, keys_on, status_on
from shared.events.training import AgreementChanged, Blocks, OfficerStandingChanged, RequirementStanding, StandingStatus
from tests.referral_api.clearance.officers import (
    MONDAY,
    OTHER_AGENCY,
    a_requirement,
    a_standing,
    an_agreement,
    assigned,
)

TUESDAY = MONDAY + timedelta(days=1)
SUNDAY = MONDAY - timedelta(days=1)


def missing(
    standing: OfficerStandingChanged | None, *agreements: AgreementChanged, schools: tuple[str, ...] = ("s-1",)
) -> list[str]:
    """The keys that are missing on Monday."""
    found = keys_on(standing, agreements, schools, MONDAY)
    return list(found.keys) if isinstance(found, Missing) else []


def test_a_trained_officer_whom_an_agreement_covers_is_cleared_at_that_school() -> None:
    assert keys_on(a_standing(), [an_agreement()], ["s-1", "s-2"], MONDAY) == Cleared(frozenset({"s-1"}))


def test_of_an_officer_whom_nobody_knows_both_keys_are_missing() -> None:
    assert missing(None, an_agreement()) == ["training", "agreement"]


def test_missing_keys_are_told_in_their_order_each_with_its_reason() -> None:
    standing = a_standing(requirements=(a_requirement("yearly", (MONDAY, StandingStatus.OVERDUE)),))
    found = keys_on(standing, [], ["s-1"], MONDAY)
    assert found == Missing(
        (Key.TRAINING, Key.AGREEMENT),
        ("Requirement yearly is overdue.", "No agreement with his agency is in force for the school today."),
    )


@pytest.mark.parametrize(
    ("status", "blocks", "closed"),
    [
        (StandingStatus.CURRENT, [Blocks.OPEN_RECORDS], False),
        (StandingStatus.DUE, [Blocks.OPEN_RECORDS], False),
        (StandingStatus.EXEMPT, [Blocks.OPEN_RECORDS], False),
        (StandingStatus.OVERDUE, [Blocks.OPEN_RECORDS], True),
        (StandingStatus.EXPIRED, [Blocks.OPEN_RECORDS], True),
        (StandingStatus.OVERDUE, [Blocks.SERVE], False),
        (StandingStatus.EXPIRED, [Blocks.SERVE], False),
        (StandingStatus.EXPIRED, [Blocks.SERVE, Blocks.OPEN_RECORDS], True),
        (StandingStatus.OVERDUE, [], False),
        (StandingStatus.EXPIRED, [], False),
    ],
)
def test_only_what_is_overdue_or_expired_and_blocks_records_takes_the_training_key(
    status: StandingStatus, blocks: list[Blocks], closed: bool
) -> None:
    one = a_requirement("one", (SUNDAY, status), blocks=blocks)
    standing = a_standing(requirements=(a_requirement("other"), one))
    assert missing(standing, an_agreement()) == (["training"] if closed else [])


@pytest.mark.parametrize(
    "changes",
    [
        {"agency_id": OTHER_AGENCY},
        {"school_ids": ("s-2",)},
        {"in_force_from": TUESDAY},
        {"in_force_to": SUNDAY},
        {"in_force_from": None, "in_force_to": None},
        {"opens_records": False},
    ],
)
def test_an_agreement_covers_only_its_own_agency_schools_and_days_and_only_if_it_opens_records(
    changes: dict[str, Any],
) -> None:
    assert missing(a_standing(), an_agreement(**changes)) == ["agreement"]
    assert missing(a_standing(), an_agreement(**changes), an_agreement(agreement_id="a-2")) == []


@pytest.mark.parametrize("changes", [{"in_force_from": MONDAY}, {"in_force_to": MONDAY}, {"in_force_to": None}])
def test_an_agreement_is_in_force_on_its_first_and_on_its_last_day(changes: dict[str, Any]) -> None:
    assert missing(a_standing(), an_agreement(**changes)) == []


@pytest.mark.parametrize(
    ("term", "closed"),
    [
        (assigned(from_on=MONDAY, to_on=MONDAY), False),
        (assigned(from_on=TUESDAY), True),
        (assigned(to_on=SUNDAY), True),
        (assigned("s-2"), True),
    ],
)
def test_an_assignment_counts_from_its_first_to_its_last_day(term: Any, closed: bool) -> None:
    assert missing(a_standing(assignments=(term,)), an_agreement()) == (["agreement"] if closed else [])


def test_assignment_and_agreement_have_to_meet_at_one_school() -> None:
    at_one = a_standing(assignments=(assigned("s-1"),))
    of_two = an_agreement(school_ids=("s-2",))
    assert missing(at_one, of_two, schools=("s-1", "s-2")) == ["agreement"]
    assert missing(at_one, of_two, an_agreement(agreement_id="a-2"), schools=("s-1", "s-2")) == []


def test_a_requirement_that_says_nothing_of_any_day_is_held_against_him() -> None:
    silent = RequirementStanding(requirement_id="x", blocks=(Blocks.OPEN_RECORDS,), steps=())
    assert missing(a_standing(requirements=(silent,)), an_agreement()) == ["training"]


@pytest.mark.parametrize("second", [SUNDAY, SUNDAY - timedelta(days=1)])
def test_a_requirement_whose_days_are_out_of_order_is_held_against_him(second: date) -> None:
    muddled = a_requirement("x", (SUNDAY, StandingStatus.OVERDUE), (second, StandingStatus.CURRENT))
    assert missing(a_standing(requirements=(muddled,)), an_agreement()) == ["training"]


@given(
    days=st.lists(st.integers(0, 30), min_size=1, max_size=6, unique=True).map(sorted),
    statuses=st.lists(st.sampled_from(StandingStatus), min_size=6, max_size=6),
    asked=st.integers(-5, 40),
)
def test_a_status_holds_from_its_day_until_the_next_step_and_the_first_one_before(
    days: list[int], statuses: list[StandingStatus], asked: int
) -> None:
    start = date(2026, 1, 1)
    steps = tuple((start + timedelta(days=n), s) for n, s in zip(days, statuses, strict=False))
    found = status_on(a_requirement("x", *steps), start + timedelta(days=asked))
    begun = [status for day, status in steps if day <= start + timedelta(days=asked)]
    assert found == (begun or [steps[0][1]])[-1]


@given(asked=st.integers(-400, 400), added=st.sampled_from(StandingStatus))
def test_one_more_requirement_never_opens_a_door(asked: int, added: StandingStatus) -> None:
    day = MONDAY + timedelta(days=asked)
    before = keys_on(a_standing(), [an_agreement()], ["s-1"], day)
    more = (a_requirement(), a_requirement("more", (MONDAY, added)))
    after = keys_on(a_standing(requirements=more), [an_agreement()], ["s-1"], day)
    assert isinstance(before, Cleared) or isinstance(after, Missing)
