"""Where a survey stands for whoever might answer it, and since or until when. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from climate_survey_api.administrations.rules import Administration, Status


class Stands(StrEnum):
    """Whether answers are taken, as it is told."""

    NOT_YET = "not_yet"
    LATE = "late"
    """Its window has begun and it waits for something, as for the notice to parents."""
    OPEN = "open"
    CLOSED = "closed"
    NEVER = "never"
    """Its window is over and it was not opened."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands, and the window: the one that was planned, as far as it did not turn out otherwise."""

    stands: Stands
    begins: datetime
    ends: datetime


def standing_of(planned: Administration, now: datetime) -> Standing:
    """How a survey stands at a moment; once its window is over it is closed, whether or not anybody has closed it."""
    begins = planned.opened_at or planned.opens_at
    # What closes by itself is closed when a worker comes to it; answers were taken until its window ended.
    ends = min(planned.closed_at or planned.closes_at, planned.closes_at)
    return Standing(_stands(planned, now), begins, ends)


def _stands(planned: Administration, now: datetime) -> Stands:
    if planned.takes_answers(now):
        return Stands.OPEN
    if planned.status is not Status.DRAFT:
        return Stands.CLOSED
    if now < planned.opens_at:
        return Stands.NOT_YET
    return Stands.LATE if now < planned.closes_at else Stands.NEVER
