"""When an agreement is in force, whether records may be opened under it, and what time alone changes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import product

from shared.events.training import AgreementDate, AgreementStatus
from training_registry.agencies import agency_id

EXPIRING_DAYS = 90
REMINDERS_DAYS = (90, 60, 30, 7)
_A_DAY = timedelta(days=1)
_IN_FORCE = frozenset({AgreementStatus.ACTIVE, AgreementStatus.EXPIRING})


class Party(StrEnum):
    """Who has to sign."""

    DISTRICT = "district"
    AGENCY = "agency"


class Clause(StrEnum):
    """What an agreement ought to say.

    Source: what the COPS Office asks of one, and Washington's RCW 28A.320.124.
    """

    PURPOSE = "purpose"
    ROLES = "roles"
    NO_DISCIPLINE = "no_discipline"
    INFORMATION_SHARING = "information_sharing"
    SUPERVISION = "supervision"
    TRAINING = "training"
    DATA_COLLECTION = "data_collection"
    COMPLAINT_PROCESS = "complaint_process"
    STUDENT_RIGHTS = "student_rights"
    ANNUAL_EVALUATION = "annual_evaluation"


class ClauseState(StrEnum):
    """Whether it says so. Waived: left out on purpose, for a reason."""

    PRESENT = "present"
    ABSENT = "absent"
    WAIVED = "waived"


class FerpaBasis(StrEnum):
    """On what ground officers may be shown records (34 CFR 99.31)."""

    SCHOOL_OFFICIAL = "school_official"


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement as far as rules ask about it."""

    agreement_id: str
    agency: str
    school_ids: frozenset[str]
    in_force_from: date | None
    """The first day on which both have signed it and its term runs; None: never, as it stands."""
    in_force_to: date | None
    """The last such day."""
    opens_records: bool
    """It keeps officers out of discipline, and has a FERPA basis."""

    def is_in_force(self, on: date) -> bool:
        """Whether it holds on that day."""
        begins, ends = self.in_force_from, self.in_force_to
        return begins is not None and ends is not None and begins <= on <= ends


@dataclass(frozen=True, slots=True)
class ClauseTerm:
    """What an agreement says under one clause."""

    state: ClauseState = ClauseState.ABSENT
    text: str | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What the parties sign. `clauses` names all ten."""

    agency: str
    school_ids: frozenset[str]
    starts_on: date
    ends_on: date
    clauses: Mapping[Clause, ClauseTerm]
    ferpa_basis: FerpaBasis | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that an agreement's status on any day follows from."""

    agreement_id: str
    terms: Terms
    signed_on: Mapping[Party, date]
    """When each party signed these very terms."""
    review_on: date | None = None
    terminated_on: date | None = None
    """The first day on which it is no longer in force, where it was ended before its term."""


@dataclass(frozen=True, slots=True)
class StatusTurn:
    """From this day on time alone has given it another status."""

    turned_on: date
    status: AgreementStatus


@dataclass(frozen=True, slots=True)
class Reminder:
    """So many days before a day that people are to prepare for."""

    ends: AgreementDate
    on: date
    days_ahead: int


def widens(before: Terms, after: Terms) -> bool:
    """Whether terms ask for more than was signed, or for anything else; a mere narrowing asks for nothing.

    Narrower are: an earlier end, a later start, fewer schools, a clause that is absent now, no FERPA basis any more.
    All else has to be signed anew. Source: docs/decisions/0013.
    """
    return (
        agency_id(before.agency) != agency_id(after.agency)
        or not after.school_ids <= before.school_ids
        or after.starts_on < before.starts_on
        or after.ends_on > before.ends_on
        or (after.ferpa_basis is not None and after.ferpa_basis != before.ferpa_basis)
        or any(
            term != before.clauses[name] and term.state is not ClauseState.ABSENT
            for name, term in after.clauses.items()
        )
    )


def last_day(facts: Facts) -> date:
    """The last day of the term, or the one before it was ended."""
    if facts.terminated_on is None:
        return facts.terms.ends_on
    return min(facts.terms.ends_on, facts.terminated_on - _A_DAY)


def term_in_force(facts: Facts) -> tuple[date, date] | None:
    """The days from the first to the last on which it is signed by both and its term runs; None: there is none."""
    if facts.signed_on.keys() != set(Party):
        return None
    begins, ends = max(facts.terms.starts_on, *facts.signed_on.values()), last_day(facts)
    return (begins, ends) if begins <= ends else None


def status_on(facts: Facts, on: date) -> AgreementStatus:
    """How it stands on a day, as it is signed now. Ended before its term it is `terminated` from that very day.

    Source: the shapes of the interface; `expiring` are the day 90 days before the last and all from there.
    """
    if facts.terminated_on is not None and on >= facts.terminated_on:
        return AgreementStatus.TERMINATED
    if facts.signed_on.keys() != set(Party):
        return AgreementStatus.DRAFT
    if on > facts.terms.ends_on:
        return AgreementStatus.EXPIRED
    if on < max(facts.terms.starts_on, *facts.signed_on.values()):
        return AgreementStatus.DRAFT
    return AgreementStatus.EXPIRING if (last_day(facts) - on).days <= EXPIRING_DAYS else AgreementStatus.ACTIVE


def status_because(facts: Facts, on: date) -> str:
    """Why it stands so on that day, in a sentence."""
    status, terms = status_on(facts, on), facts.terms
    if status is AgreementStatus.TERMINATED:
        return f"It was terminated on {facts.terminated_on}."
    if status is AgreementStatus.EXPIRED:
        return f"Its term ended on {terms.ends_on}."
    if status in _IN_FORCE:
        how = " by termination" if facts.terminated_on else ""
        return f"It is signed by both, and its term runs; its last day is {last_day(facts)}{how}."
    unsigned = [party for party in Party if party not in facts.signed_on]
    if unsigned:
        return f"These terms are not signed by the {' and the '.join(unsigned)}."
    begins = max(terms.starts_on, *facts.signed_on.values())
    return f"It is in force from {begins}: its term starts on {terms.starts_on}, and both have signed it by then."


def missing_clauses(terms: Terms) -> list[Clause]:
    """The clauses that are absent, in the order of the list; a waived one is not missing."""
    return [name for name in Clause if terms.clauses[name].state is ClauseState.ABSENT]


def records_closed_by(terms: Terms) -> list[str]:
    """Why no record is opened under these terms on any day, a sentence for each reason; none: they open records.

    A waived no-discipline clause does not keep officers out of discipline. Source: 34 CFR 99.31(a)(1); issue 5.
    """
    state = terms.clauses[Clause.NO_DISCIPLINE].state
    reasons = []
    if state is not ClauseState.PRESENT:
        reasons.append(f"The clause no_discipline is {state}; it has to be present.")
    if terms.ferpa_basis is None:
        reasons.append("It names no FERPA basis.")
    return reasons


def agreement_of(facts: Facts) -> Agreement:
    """An agreement as standing and other services ask about it."""
    term = term_in_force(facts)
    return Agreement(
        agreement_id=facts.agreement_id,
        agency=facts.terms.agency,
        school_ids=facts.terms.school_ids,
        in_force_from=term[0] if term else None,
        in_force_to=term[1] if term else None,
        opens_records=not records_closed_by(facts.terms),
    )


def turns_of(facts: Facts, *, after: date, through: date) -> list[StatusTurn | Reminder]:
    """What the days after `after` through `through` have brought: every turn of its status in order, then reminders.

    Of several reminders of one day only the nearest is left, and none of a day that has passed or of an agreement
    that is no longer in force: a sweep that was down for a month tells what is still worth preparing for.
    """
    return [*_status_turns(facts, after, through), *_reminders(facts, after, through)]


def next_turn_on(facts: Facts, *, after: date) -> date | None:
    """The next day on which `turns_of` may have something; None: no day will."""
    return min((day for day in (*_turning_days(facts), *_reminding_days(facts)) if day > after), default=None)


def _status_turns(facts: Facts, after: date, through: date) -> list[StatusTurn]:
    turns = []
    for day in sorted(_turning_days(facts)):
        if after < day <= through and (status := status_on(facts, day)) is not status_on(facts, day - _A_DAY):
            turns.append(StatusTurn(day, status))
    return turns


def _turning_days(facts: Facts) -> set[date]:
    """The only days on which its status can be another than on the day before."""
    ends = last_day(facts)
    days = {ends - timedelta(days=EXPIRING_DAYS), ends + _A_DAY}
    term = term_in_force(facts)
    return days | {term[0]} if term else days


def _reminders(facts: Facts, after: date, through: date) -> list[Reminder]:
    if status_on(facts, through) not in _IN_FORCE:
        return []
    found = []
    for ends, on in _reminded_of(facts).items():
        ahead = [n for n in REMINDERS_DAYS if after < on - timedelta(days=n) <= through]
        if ahead and through <= on and status_on(facts, on - timedelta(days=min(ahead))) in _IN_FORCE:
            found.append(Reminder(ends, on, min(ahead)))
    return found


def _reminding_days(facts: Facts) -> set[date]:
    return {on - timedelta(days=n) for on, n in product(_reminded_of(facts).values(), REMINDERS_DAYS)}


def _reminded_of(facts: Facts) -> dict[AgreementDate, date]:
    """The days that people are reminded of; one who ended an agreement early knows its end."""
    days = {AgreementDate.TERM: facts.terms.ends_on} if facts.terminated_on is None else {}
    return days | ({AgreementDate.REVIEW: facts.review_on} if facts.review_on else {})
