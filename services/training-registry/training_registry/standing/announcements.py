"""Which events tell of a standing: pure."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from uuid import UUID

from shared.events.training import (
    AssignmentTerm,
    Blocks,
    DeadlineApproached,
    OfficerStandingChanged,
    RequirementStanding,
    StandingStatus,
    StandingStep,
    StandingTurned,
)
from training_registry.agencies import agency_id
from training_registry.completions.rules import Completion
from training_registry.officers.rules import Officer
from training_registry.requirements.rules import Requirement
from training_registry.standing.rules import binds, reminders_of, steps_of

_WORSE = frozenset({StandingStatus.DUE, StandingStatus.OVERDUE, StandingStatus.EXPIRED})


def standing_changed(
    officer: Officer,
    requirements: Sequence[Requirement],
    completions: Sequence[Completion],
    *,
    district_id: str,
    version: int,
    event_id: UUID,
    now: datetime,
) -> OfficerStandingChanged:
    """How an officer stands on every day, as far as is known now."""
    return OfficerStandingChanged(
        event_id=event_id,
        occurred_at=now,
        district_id=district_id,
        officer_id=officer.officer_id,
        version=version,
        agency_id=agency_id(officer.agency),
        assignments=tuple(
            AssignmentTerm(school_id=a.school_id, from_on=a.from_on, to_on=officer.last_day(a))
            for a in officer.assignments
        ),
        requirements=tuple(
            RequirementStanding(
                requirement_id=requirement.requirement_id,
                blocks=tuple(blocked for blocked in Blocks if blocked in requirement.blocks),
                confirmed=requirement.confirmed,
                steps=tuple(
                    StandingStep(from_on=day, status=status)
                    for day, status in steps_of(requirement, officer, completions)
                ),
            )
            for requirement in sorted(requirements, key=lambda r: r.requirement_id)
            if binds(requirement, officer)
        ),
    )


def content_sha256(event: OfficerStandingChanged) -> bytes:
    """What makes two standings the same: all but when, and in which version, they were announced."""
    content = event.model_dump_json(exclude={"event_id", "occurred_at", "version"})
    return hashlib.sha256(content.encode()).digest()


def turned(
    standing: OfficerStandingChanged, *, after: date, through: date, new_id: Callable[[], UUID]
) -> Iterator[StandingTurned]:
    """What time alone made worse on the days from `after`, which is not among them, to `through`, in their order."""
    worse = (
        (step.from_on, required.requirement_id, step.status)
        for required in standing.requirements
        for step in required.steps[1:]  # the first is how he began, and no turn
        if after < step.from_on <= through and step.status in _WORSE
    )
    for day, requirement_id, status in sorted(worse):
        yield StandingTurned(
            event_id=new_id(),
            occurred_at=standing.occurred_at,
            district_id=standing.district_id,
            officer_id=standing.officer_id,
            requirement_id=requirement_id,
            status=status,
            turned_on=day,
        )


def approached(
    standing: OfficerStandingChanged,
    officer: Officer,
    requirements: Sequence[Requirement],
    completions: Sequence[Completion],
    *,
    after: date,
    through: date,
    new_id: Callable[[], UUID],
) -> Iterator[DeadlineApproached]:
    """The reminders that fell due on these days."""
    for requirement in requirements:
        if not binds(requirement, officer):
            continue
        for deadline_on, days_ahead in reminders_of(requirement, officer, completions, after, through):
            yield DeadlineApproached(
                event_id=new_id(),
                occurred_at=standing.occurred_at,
                district_id=standing.district_id,
                officer_id=standing.officer_id,
                requirement_id=requirement.requirement_id,
                deadline_on=deadline_on,
                days_ahead=days_ahead,
            )
