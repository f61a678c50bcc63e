"""What follows from an agreement's terms, signatures and days."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.events.training import AgreementDate, AgreementStatus
from tests.training_registry.agreements.builders import ALL_PRESENT, ENDS, STARTS, some_facts, some_terms
from training_registry.agreements.rules import (
    Clause,
    ClauseState,
    ClauseTerm,
    Facts,
    Party,
    Reminder,
    StatusTurn,
    Terms,
    agreement_of,
    missing_clauses,
    next_turn_on,
    records_closed_by,
    status_because,
    status_on,
    turns_of,
    widens,
)

S = AgreementStatus
A_DAY = timedelta(days=1)
JULY = date(2026, 7, 21)


@pytest.mark.parametrize(
    ("given", "on", "status"),
    [
        ({}, STARTS - A_DAY, S.DRAFT),
        ({}, STARTS, S.ACTIVE),
        ({}, ENDS - timedelta(days=91), S.ACTIVE),
        ({}, ENDS - timedelta(days=90), S.EXPIRING),
        ({}, ENDS, S.EXPIRING),
        ({}, ENDS + A_DAY, S.EXPIRED),
        ({"signed_on": {}}, STARTS, S.DRAFT),
        ({"signed_on": {}}, ENDS + A_DAY, S.DRAFT),
        ({"signed_on": {Party.DISTRICT: JULY}}, STARTS, S.DRAFT),
        ({"signed_on": {Party.AGENCY: JULY}}, STARTS, S.DRAFT),
        ({"signed_on": {Party.DISTRICT: JULY, Party.AGENCY: date(2026, 9, 1)}}, date(2026, 8, 31), S.DRAFT),
        ({"signed_on": {Party.DISTRICT: date(2026, 9, 1), Party.AGENCY: JULY}}, date(2026, 9, 1), S.ACTIVE),
        ({"terminated_on": date(2026, 12, 31)}, date(2026, 9, 1), S.ACTIVE),
        ({"terminated_on": date(2026, 12, 31)}, date(2026, 10, 2), S.EXPIRING),
        ({"terminated_on": date(2026, 12, 31)}, date(2026, 12, 30), S.EXPIRING),
        ({"terminated_on": date(2026, 12, 31)}, date(2026, 12, 31), S.TERMINATED),
        ({"terminated_on": ENDS}, ENDS + A_DAY, S.TERMINATED),
        ({"terminated_on": STARTS, "signed_on": {}}, STARTS, S.TERMINATED),
    ],
)
def test_the_status_follows_from_signatures_and_days(given: dict[str, Any], on: date, status: S) -> None:
    assert status_on(some_facts(**given), on) is status
    assert status_because(some_facts(**given), on).endswith(".")


def test_a_draft_says_who_has_not_signed() -> None:
    facts = some_facts(signed_on={Party.DISTRICT: JULY})
    assert status_because(facts, STARTS) == "These terms are not signed by the agency."
    assert status_because(some_facts(signed_on={}), STARTS) == (
        "These terms are not signed by the district and the agency."
    )


@pytest.mark.parametrize(
    ("given", "term"),
    [
        ({}, (STARTS, ENDS)),
        ({"signed_on": {Party.DISTRICT: JULY}}, (None, None)),
        ({"signed_on": {Party.DISTRICT: JULY, Party.AGENCY: date(2026, 9, 3)}}, (date(2026, 9, 3), ENDS)),
        ({"terminated_on": date(2026, 12, 31)}, (STARTS, date(2026, 12, 30))),
        ({"signed_on": dict.fromkeys(Party, ENDS)}, (ENDS, ENDS)),
        ({"signed_on": dict.fromkeys(Party, ENDS + A_DAY)}, (None, None)),
        ({"signed_on": dict.fromkeys(Party, date(2027, 1, 1)), "terminated_on": date(2026, 12, 31)}, (None, None)),
    ],
)
def test_it_is_in_force_from_the_later_signature_to_the_earlier_end(
    given: dict[str, Any], term: tuple[date | None, date | None]
) -> None:
    agreement = agreement_of(some_facts(**given))
    assert (agreement.in_force_from, agreement.in_force_to) == term
    for on in (STARTS - A_DAY, STARTS, date(2026, 12, 31), date(2027, 1, 1), ENDS, ENDS + A_DAY):
        in_force = status_on(some_facts(**given), on) in (S.ACTIVE, S.EXPIRING)
        assert agreement.is_in_force(on) == in_force, on


@pytest.mark.parametrize("state", [ClauseState.ABSENT, ClauseState.WAIVED])
def test_only_a_present_no_discipline_clause_opens_records(state: ClauseState) -> None:
    terms = some_terms(clauses=ALL_PRESENT | {Clause.NO_DISCIPLINE: ClauseTerm(state, because="so")})
    assert records_closed_by(terms) == [f"The clause no_discipline is {state}; it has to be present."]
    assert not agreement_of(some_facts(terms=terms)).opens_records
    assert agreement_of(some_facts()).opens_records


def test_without_a_ferpa_basis_no_record_is_opened_and_every_reason_is_told() -> None:
    assert records_closed_by(some_terms(ferpa_basis=None)) == ["It names no FERPA basis."]
    nothing = some_terms(ferpa_basis=None, clauses=dict.fromkeys(Clause, ClauseTerm()))
    assert len(records_closed_by(nothing)) == 2
    assert missing_clauses(nothing) == list(Clause)


def test_a_waived_clause_is_not_missing() -> None:
    terms = some_terms(clauses=ALL_PRESENT | {Clause.TRAINING: ClauseTerm(ClauseState.WAIVED, because="so")})
    assert missing_clauses(terms) == []


def _with(name: Clause, state: ClauseState, **given: str) -> dict[Clause, ClauseTerm]:
    return ALL_PRESENT | {name: ClauseTerm(state, **given)}


ABSENT = some_terms(clauses=_with(Clause.TRAINING, ClauseState.ABSENT))
WAIVED = some_terms(clauses=_with(Clause.TRAINING, ClauseState.WAIVED, because="so"))


@pytest.mark.parametrize(
    ("before", "after", "is_wider"),
    [
        (some_terms(), some_terms(), False),
        (some_terms(), some_terms(agency="county sheriff"), True),
        (some_terms(), some_terms(agency=" city  POLICE"), False),
        (some_terms(), some_terms(school_ids=frozenset({"s-1"})), False),
        (some_terms(), some_terms(school_ids=frozenset({"s-1", "s-2", "s-3"})), True),
        (some_terms(), some_terms(school_ids=frozenset({"s-1", "s-3"})), True),
        (some_terms(), some_terms(ends_on=ENDS - A_DAY), False),
        (some_terms(), some_terms(ends_on=ENDS + A_DAY), True),
        (some_terms(), some_terms(starts_on=STARTS + A_DAY), False),
        (some_terms(), some_terms(starts_on=STARTS - A_DAY), True),
        (some_terms(), some_terms(starts_on=STARTS - A_DAY, ends_on=ENDS - A_DAY), True),
        (some_terms(), some_terms(ferpa_basis=None), False),
        (some_terms(ferpa_basis=None), some_terms(), True),
        (some_terms(), ABSENT, False),
        (ABSENT, some_terms(), True),
        (ABSENT, WAIVED, True),
        (WAIVED, ABSENT, False),
        (some_terms(), WAIVED, True),
        (some_terms(), some_terms(clauses=_with(Clause.TRAINING, ClauseState.PRESENT, text="8 h")), True),
    ],
)
def test_what_widens_has_to_be_signed_anew(before: Terms, after: Terms, is_wider: bool) -> None:
    assert widens(before, after) is is_wider


def test_the_turns_of_a_school_year() -> None:
    whole = turns_of(some_facts(), after=date(2026, 1, 1), through=date(2028, 1, 1))
    assert whole == [
        StatusTurn(STARTS, S.ACTIVE),
        StatusTurn(date(2027, 4, 1), S.EXPIRING),
        StatusTurn(date(2027, 7, 1), S.EXPIRED),
    ]


@pytest.mark.parametrize(
    ("after", "through", "ahead"),
    [
        (89, 61, None),
        (91, 90, 90),
        (91, 61, 90),
        (91, 60, 60),
        (91, 10, 30),
        (8, 7, 7),
        (8, 0, 7),
        (7, 6, None),
        (91, -1, None),
    ],
)
def test_of_reminders_that_were_missed_only_the_nearest_is_left(after: int, through: int, ahead: int | None) -> None:
    days = {"after": ENDS - timedelta(days=after), "through": ENDS - timedelta(days=through)}
    found = [t for t in turns_of(some_facts(), **days) if isinstance(t, Reminder)]
    assert found == ([Reminder(AgreementDate.TERM, ENDS, ahead)] if ahead else [])


def test_a_reminder_of_days_before_it_was_in_force_is_not_missed() -> None:
    late = some_facts(signed_on=dict.fromkeys(Party, ENDS - timedelta(days=40)))
    days = {"after": ENDS - timedelta(days=91), "through": ENDS - timedelta(days=20)}
    assert [t for t in turns_of(late, **days) if isinstance(t, Reminder)] == [Reminder(AgreementDate.TERM, ENDS, 30)]
    days["through"] = ENDS - timedelta(days=35)
    assert [t for t in turns_of(late, **days) if isinstance(t, Reminder)] == []


def test_a_review_has_reminders_of_its_own() -> None:
    review = date(2027, 3, 1)
    found = turns_of(some_facts(review_on=review), after=review - timedelta(days=8), through=review)
    assert found == [Reminder(AgreementDate.REVIEW, review, 7)]
    assert turns_of(some_facts(review_on=review), after=review - timedelta(days=8), through=review + A_DAY) == []


@pytest.mark.parametrize("given", [{"signed_on": {}}, {"terminated_on": ENDS - timedelta(days=1)}])
def test_what_is_not_in_force_or_was_ended_knowingly_needs_no_reminder(given: dict[str, Any]) -> None:
    found = turns_of(some_facts(**given), after=ENDS - timedelta(days=40), through=ENDS - timedelta(days=20))
    assert [t for t in found if isinstance(t, Reminder)] == []


DAYS = st.dates(date(2026, 6, 1), date(2027, 9, 1))


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    starts, ends = sorted([draw(DAYS), draw(DAYS)])
    signed_on = {party: signed for party in Party if (signed := draw(st.none() | DAYS))}
    ended = draw(st.none() | st.dates(starts, ends))
    return some_facts(
        terms=some_terms(starts_on=starts, ends_on=ends),
        signed_on=signed_on,
        terminated_on=ended,
        review_on=draw(st.none() | DAYS),
    )


@given(any_facts(), st.lists(DAYS, min_size=1, max_size=20, unique=True))
def test_whatever_days_the_sweep_runs_on_each_turn_is_told_once_and_in_order(facts: Facts, runs: list[date]) -> None:
    first, *later = sorted(runs)
    told = [
        turn
        for after, through in pairwise([first, *later])
        for turn in turns_of(facts, after=after, through=through)
        if isinstance(turn, StatusTurn)
    ]
    days = [first + timedelta(days=n) for n in range(1, (max(runs) - first).days + 1)]
    turned = [d for d in days if status_on(facts, d) is not status_on(facts, d - A_DAY)]
    assert told == [StatusTurn(d, status_on(facts, d)) for d in turned]


@given(any_facts(), DAYS, DAYS)
def test_no_sweep_between_has_anything_to_tell_before_the_next_turn(facts: Facts, a: date, b: date) -> None:
    after, through = sorted([a, b])
    coming = next_turn_on(facts, after=after)
    if coming is None or coming > through:
        assert turns_of(facts, after=after, through=through) == []


@given(any_facts(), st.lists(DAYS, min_size=2, max_size=20, unique=True))
def test_no_reminder_comes_twice_and_none_of_a_day_that_has_passed(facts: Facts, runs: list[date]) -> None:
    told: list[Reminder] = []
    for after, through in pairwise(sorted(runs)):
        found = [t for t in turns_of(facts, after=after, through=through) if isinstance(t, Reminder)]
        assert all(t.on >= through for t in found)
        told += found
    assert len(told) == len(set(told))


def test_changing_one_signature_changes_nothing_else() -> None:
    facts = some_facts()
    later = replace(facts, signed_on={**facts.signed_on, Party.AGENCY: date(2026, 10, 1)})
    assert agreement_of(later).in_force_from == date(2026, 10, 1)
