"""Whether an officer's keys fit a student's record on a day: his training, and an agreement that covers him there."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise

from shared.events.training import (
    BLOCKING,
    AgreementChanged,
    Blocks,
    OfficerStandingChanged,
    RequirementStanding,
    StandingStatus,
)


class Key(StrEnum):
    """What a record stays closed without, in the order in which it is told."""

    TRAINING = "training"
    AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True)
class Cleared:
    """Both keys fit, at these of the student's schools."""

    school_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Missing:
    """At least one key is missing, and why."""

    keys: tuple[Key, ...]
    because: tuple[str, ...]


def keys_on(
    standing: OfficerStandingChanged | None,
    agreements: Iterable[AgreementChanged],
    school_ids: Collection[str],
    today: date,
) -> Cleared | Missing:
    """Whether an officer may open the record of a student of these schools on a day.

    Trained is who has no requirement overdue or expired that blocks records; one that blocks serving alone leaves them
    open. An agreement covers him at a school to which he is assigned on that day if it is with his agency, for that
    school, in force, and opens records. Of an officer of whom nothing is known both keys are missing.
    Source: 34 CFR 99.31(a)(1)(i)(B).
    """
    if standing is None:
        return Missing((Key.TRAINING, Key.AGREEMENT), ("Nothing is known of such an officer.",))
    untrained = _training_lacks(standing.requirements, today)
    covered, uncovered = _covered(standing, agreements, school_ids, today)
    if not untrained and covered:
        return Cleared(covered)
    keys = [Key.TRAINING] if untrained else []
    if not covered:
        keys.append(Key.AGREEMENT)
    return Missing(tuple(keys), (*untrained, *uncovered))


def status_on(requirement: RequirementStanding, day: date) -> StandingStatus:
    """How he stands to a requirement on a day: by the last step begun, before the first one by that.

    One that says nothing of any day, or whose days are out of order, is held against him: what cannot be told must open
    nothing.
    """
    days = [step.from_on for step in requirement.steps]
    if not days or any(later <= earlier for earlier, later in pairwise(days)):
        return StandingStatus.EXPIRED
    begun = [step.status for step in requirement.steps if step.from_on <= day]
    return begun[-1] if begun else requirement.steps[0].status


def _training_lacks(requirements: Sequence[RequirementStanding], today: date) -> tuple[str, ...]:
    of_records = (requirement for requirement in requirements if Blocks.OPEN_RECORDS in requirement.blocks)
    found = ((requirement, status_on(requirement, today)) for requirement in of_records)
    return tuple(f"Requirement {r.requirement_id} is {status}." for r, status in found if status in BLOCKING)


def _covered(
    standing: OfficerStandingChanged,
    agreements: Iterable[AgreementChanged],
    school_ids: Collection[str],
    today: date,
) -> tuple[frozenset[str], tuple[str, ...]]:
    """The schools at which an agreement covers him; or none, and what stands in the way."""
    assigned = {
        term.school_id
        for term in standing.assignments
        if term.school_id in school_ids and term.from_on <= today and (term.to_on is None or today <= term.to_on)
    }
    if not assigned:
        return frozenset(), ("He is assigned to none of the student's schools today.",)
    theirs = [a for a in agreements if a.agency_id == standing.agency_id and assigned.intersection(a.school_ids)]
    in_force = [a for a in theirs if _is_in_force(a, today)]
    covered = frozenset(s for a in in_force if a.opens_records for s in assigned.intersection(a.school_ids))
    if covered:
        return covered, ()
    if in_force:
        return covered, ("The agreement with his agency does not open records.",)
    return covered, ("No agreement with his agency is in force for the school today.",)


def _is_in_force(agreement: AgreementChanged, day: date) -> bool:
    first, last = agreement.in_force_from, agreement.in_force_to
    return first is not None and first <= day and (last is None or day <= last)
