"""Events of the topic `training` for tests: ordinary ones, in which a test names only what it is about."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from shared.events.training import (
    ActivityEvent,
    ActivityKind,
    ActivityLogged,
    ActivityTakenBack,
    AssignmentTerm,
    DrillHeld,
    DrillQuotaSet,
    DrillType,
    OfficerStandingChanged,
    QuotaRow,
    RequirementStanding,
    StandingStatus,
    StandingStep,
    TriadRole,
)
from shared.testing.events import DISTRICT

AGENCY = UUID(int=77)


def an_activity(**given: Any) -> ActivityLogged:
    """Half an hour of patrol by officer o-1 at school s-1 in September 2026, but for what is given."""
    day: date = given.get("started_on", date(2026, 9, 14))
    ordinary: dict[str, Any] = _of_an_event(day) | {
        "activity_id": uuid4(),
        "officer_id": "o-1",
        "school_id": "s-1",
        "role": TriadRole.LAW_ENFORCEMENT,
        "kind": ActivityKind.PATROL,
        "started_at": _at(day),
        "started_on": day,
        "minutes": 30,
        "students_reached": 0,
    }
    return ActivityLogged(**(ordinary | given))


def a_lesson(**given: Any) -> ActivityLogged:
    """An hour's lesson for twenty students of grades 6 to 8, but for what is given."""
    ordinary: dict[str, Any] = {
        "role": TriadRole.EDUCATOR,
        "kind": ActivityKind.LESSON,
        "minutes": 60,
        "students_reached": 20,
        "grade_band": "6_8",
    }
    return an_activity(**(ordinary | given))


def no_activity(logged: ActivityLogged) -> ActivityTakenBack:
    """The entry should never have been made."""
    carried = logged.model_dump(include=set(ActivityEvent.model_fields))
    return ActivityTakenBack(**(carried | {"event_id": uuid4()}))


def a_drill(**given: Any) -> DrillHeld:
    """A lockdown drill at school s-1 in September 2026, announced, nothing else told, but for what is given."""
    day: date = given.get("held_on", date(2026, 9, 14))
    ordinary: dict[str, Any] = _of_an_event(day) | {
        "drill_id": uuid4(),
        "school_id": "s-1",
        "type": DrillType.LOCKDOWN,
        "held_at": _at(day),
        "held_on": day,
        "announced": True,
        "notice_in_time": None,
        "trauma_informed": None,
    }
    return DrillHeld(**(ordinary | given))


Steps = Iterable[tuple[date, StandingStatus]]


def a_standing(
    standing_to: Mapping[str, Steps],
    /,
    *schools: str | tuple[str, date, date | None],
    unconfirmed: Collection[str] = (),
    **given: Any,
) -> OfficerStandingChanged:
    """How officer o-1 stands: the steps by requirement, and his schools, since 2026 or from a day to a day."""
    terms = [(school, date(2026, 1, 1), None) if isinstance(school, str) else school for school in schools]
    ordinary: dict[str, Any] = _of_an_event(date(2026, 9, 1)) | {
        "officer_id": "o-1",
        "version": 1,
        "agency_id": AGENCY,
        "assignments": tuple(AssignmentTerm(school_id=s, from_on=first, to_on=last) for s, first, last in terms),
        "requirements": tuple(
            RequirementStanding(
                requirement_id=requirement_id,
                blocks=(),
                confirmed=requirement_id not in unconfirmed,
                steps=tuple(StandingStep(from_on=day, status=status) for day, status in steps),
            )
            for requirement_id, steps in standing_to.items()
        ),
    }
    return OfficerStandingChanged(**(ordinary | given))


def a_quota(*rows: Mapping[str, Any], **given: Any) -> DrillQuotaSet:
    """What a district asks for: rows of any type and month that ask for one drill, but for what is given."""
    ordinary: dict[str, Any] = _of_an_event(date(2026, 7, 1)) | {
        "version": 1,
        "rows": tuple(
            QuotaRow(**{"quota_id": f"q-{n}", "type": None, "least": 1, **row}) for n, row in enumerate(rows)
        ),
    }
    return DrillQuotaSet(**(ordinary | given))


def _of_an_event(day: date) -> dict[str, Any]:
    return {"event_id": uuid4(), "occurred_at": _at(day), "district_id": DISTRICT}


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
