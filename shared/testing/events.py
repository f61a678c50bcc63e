"""Events for tests: ordinary ones, in which a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from shared.events.facets import Disability, Facets, GradeBand, RaceEthnicity, Sex
from shared.events.referrals import (
    Need,
    ReferralAccepted,
    ReferralCancelled,
    ReferralCompleted,
    ReferralContacted,
    ReferralContactOverdue,
    ReferralEnteredInError,
    ReferralEvent,
    ReferralFailed,
    ReferralLoopClosed,
    ReferralRejected,
    ReferralStarted,
    ReferralSubmitted,
    Stage,
    StatusReason,
    Urgency,
)
from shared.events.roster import EnrollmentCounted, FacetCount

DISTRICT = "demo"
EventT = TypeVar("EventT", bound=ReferralEvent)


def some_facets(**given: Any) -> Facets:
    """A girl in grade 7, white, without a disability, no English learner, but for what is given."""
    ordinary: dict[str, Any] = {
        "race_ethnicity": RaceEthnicity.WHITE,
        "sex": Sex.FEMALE,
        "disability": Disability.NONE,
        "english_learner": False,
        "grade_band": GradeBand.G6_8,
    }
    return Facets(**(ordinary | given))


def a_submission(**given: Any) -> ReferralSubmitted:
    """A referral submitted at school s-1 in September 2026, but for what is given; facets may be given one by one."""
    facets = {name: given.pop(name) for name in list(given) if name in Facets.model_fields}
    day: date = given.get("submitted_on", date(2026, 9, 14))
    at = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    ordinary: dict[str, Any] = {
        "event_id": uuid4(),
        "occurred_at": at,
        "district_id": DISTRICT,
        "referral_id": uuid4(),
        "version": 1,
        "student_id": "st-1",
        "school_id": "s-1",
        "need": Need.GRIEF,
        "urgency": Urgency.SOON,
        "facets": some_facets(**facets),
        "submitted_at": at,
        "submitted_on": day,
        "due_at": at + timedelta(days=2),
        "referrer_role": "officer",
    }
    return ReferralSubmitted(**(ordinary | given))


def later(event_class: type[EventT], submitted: ReferralSubmitted, **given: Any) -> EventT:
    """What happened to this referral afterwards."""
    carried = submitted.model_dump(include=set(ReferralEvent.model_fields)) | {"facets": submitted.facets}
    needed: dict[str, Any] = {
        "contacted_at": submitted.submitted_at,
        "due_at": submitted.due_at,
        "reason": StatusReason.OTHER,
        "reached": (Stage.SUBMITTED,),
    }
    own = {name: value for name, value in needed.items() if name in event_class.model_fields}
    return event_class(**(carried | own | {"event_id": uuid4(), "version": submitted.version + 1} | given))


EVENT_OF_STAGE: dict[Stage, type[ReferralEvent]] = {
    Stage.SUBMITTED: ReferralSubmitted,
    Stage.ACCEPTED: ReferralAccepted,
    Stage.CONTACTED: ReferralContacted,
    Stage.STARTED: ReferralStarted,
    Stage.COMPLETED: ReferralCompleted,
    Stage.FAILED: ReferralFailed,
    Stage.REJECTED: ReferralRejected,
    Stage.CANCELLED: ReferralCancelled,
    Stage.LOOPED: ReferralLoopClosed,
}
"""The event that counts each stage."""


def a_life(submitted: ReferralSubmitted, *stages: Stage) -> list[ReferralEvent]:
    """The submission, and the event of each stage after it."""
    return [submitted, *(later(EVENT_OF_STAGE[stage], submitted) for stage in stages)]


def taken_back(life: list[ReferralEvent]) -> ReferralEnteredInError:
    """The event that takes a whole life back."""
    submitted = life[0]
    assert isinstance(submitted, ReferralSubmitted)
    reached = tuple(stage for stage, kind in EVENT_OF_STAGE.items() if any(type(e) is kind for e in life))
    contacts = [e for e in life if isinstance(e, ReferralContacted)]
    return later(
        ReferralEnteredInError,
        submitted,
        reached=reached,
        contacted_at=contacts[0].contacted_at if contacts else None,
        due_at=contacts[0].due_at if contacts else submitted.due_at,
        was_overdue=any(isinstance(e, ReferralContactOverdue) for e in life),
    )


def an_enrollment(*counts: tuple[Facets, int], **given: Any) -> EnrollmentCounted:
    """The count of school s-1 for the school year 2026-27, but for what is given."""
    ordinary: dict[str, Any] = {
        "event_id": uuid4(),
        "occurred_at": datetime(2026, 8, 20, 6, tzinfo=UTC),
        "district_id": DISTRICT,
        "school_id": "s-1",
        "school_year": 2027,
        "counted_on": date(2026, 8, 20),
        "version": 1,
        "counts": tuple(FacetCount(facets=facets, n=n) for facets, n in counts),
    }
    return EnrollmentCounted(**(ordinary | given))


def event_id(number: int) -> UUID:
    """An event id that says which it is."""
    return UUID(int=number)
