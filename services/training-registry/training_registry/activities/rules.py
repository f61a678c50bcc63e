"""What is sent once counts once, what lies in its time is taken, and how many drills a school still owes."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from operator import attrgetter
from typing import Literal
from uuid import UUID

from shared.errors import Fault
from shared.events.facets import FIRST_MONTH_OF_SCHOOL_YEAR
from shared.events.training import ActivityKind, DrillType, TriadRole

CLOCK_SKEW = timedelta(minutes=5)
"""So far may a phone's clock be ahead."""
LATEST = timedelta(days=366)
"""So long may a phone be offline."""
NOTICE_WITHIN = timedelta(days=7)
"""Parents are told of a drill within this time before it. Source: 8 NYCRR 155.17."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the triad ledger. Programme, grade and topic are of a lesson."""

    district_id: str
    activity_id: UUID
    officer_id: str
    school_id: str
    role: TriadRole
    kind: ActivityKind
    started_at: datetime
    started_on: date
    minutes: int
    students_reached: int
    programme: str | None
    grade: str | None
    topic: str | None
    logged_at: datetime
    logged_by: str


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill that a school held; `trauma_informed` is the checklist, point by point."""

    district_id: str
    drill_id: UUID
    school_id: str
    type: DrillType
    held_at: datetime
    held_on: date
    announced: bool
    notice_sent_at: datetime | None
    trauma_informed: Mapping[str, bool | None] | None
    officers_present: tuple[str, ...]
    full_scale: bool
    on_school_day: bool | None
    parental_consent: bool | None
    after_action: str | None
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Offer:
    """One of the things that were sent: all that it says, and what keeps it from being new.

    `content` is None where it could not be read.
    """

    entry_id: UUID | None
    content: tuple[object, ...] | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of one offer: it is new, it was there, or it has faults."""

    entry_id: UUID | None
    status: Literal[200, 201, 422]
    faults: tuple[Fault, ...] = ()


def acceptable(offers: Sequence[Offer]) -> dict[UUID, int]:
    """What may be new, by its id: the place of the first faultless offer under it."""
    places: dict[UUID, int] = {}
    for place, offer in enumerate(offers):
        if offer.entry_id is not None and offer.content is not None and not offer.faults:
            places.setdefault(offer.entry_id, place)
    return places


def in_order(places: Mapping[UUID, int]) -> list[int]:
    """The places by their ids: two who insert the same things in opposite orders would wait for each other."""
    return [places[entry_id] for entry_id in sorted(places, key=attrgetter("int"))]


def named(offers: Iterable[Offer]) -> set[UUID]:
    """The ids under which something could be read: what stands under them decides whether it was there."""
    return {offer.entry_id for offer in offers if offer.entry_id is not None and offer.content is not None}


def verdicts(
    offers: Sequence[Offer], *, new: Set[UUID], stored: Mapping[UUID, tuple[object, ...]], id_field: str
) -> list[Verdict]:
    """What came of each offer, in their order. `new` were stored just now, `stored` is what stands under each id.

    What was sent before is there, whatever would keep it from being new today: its phone only did not hear so.
    """
    first = acceptable(offers)
    taken = Fault(id_field, "was used for another entry")
    told = []
    for place, offer in enumerate(offers):
        entry_id, content = offer.entry_id, offer.content
        if entry_id is not None and content is not None and stored.get(entry_id) == content:
            is_new = entry_id in new and first.get(entry_id) == place
            told.append(Verdict(entry_id, 201 if is_new else 200))
        else:
            told.append(Verdict(entry_id, 422, offer.faults or (taken,)))
    return told


def faults_of_time(field: str, happened_at: datetime, now: datetime) -> tuple[Fault, ...]:
    """What is wrong with an instant that something is said to have happened at: nothing, mostly."""
    if happened_at < now - LATEST:
        return (Fault(field, f"lies more than {LATEST.days} days back"),)
    return faults_of_future(field, happened_at, now)


def faults_of_future(field: str, happened_at: datetime, now: datetime) -> tuple[Fault, ...]:
    """What is wrong with an instant that has yet to come by more than clocks differ."""
    return (Fault(field, "lies in the future"),) if happened_at > now + CLOCK_SKEW else ()


def day_of(happened_at: datetime, zone: tzinfo) -> date:
    """The day on which it happened, local to `zone`; of an instant at the end of the calendar, that of UTC."""
    try:
        return happened_at.astimezone(zone).date()
    except OverflowError:
        return happened_at.date()


def notice_in_time(held_at: datetime, notice_sent_at: datetime | None) -> bool | None:
    """Whether parents were told before the drill and within the week before; None where nothing says when."""
    if notice_sent_at is None:
        return None
    return timedelta() < held_at - notice_sent_at <= NOTICE_WITHIN


def is_trauma_informed(checklist: Mapping[str, bool | None] | None) -> bool | None:
    """Whether every point of the checklist was kept; None where one is open and none was broken."""
    points = list(checklist.values()) if checklist is not None else [None]
    if False in points:
        return False
    return None if None in points else True


def days_of(school_year: int) -> tuple[date, date]:
    """The first and the last day of the school year that ends in this one."""
    first = date(school_year - 1, FIRST_MONTH_OF_SCHOOL_YEAR, 1)
    return first, date(school_year, FIRST_MONTH_OF_SCHOOL_YEAR, 1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quota:
    """So many drills of a type, or of any, within some months of the school year, both included."""

    quota_id: str
    title: str
    type: DrillType | None
    least: int
    from_month: int | None
    to_month: int | None
    source: str


@dataclass(frozen=True, slots=True)
class HeldDrill:
    """What of a drill a quota looks at; the hour is that of the clock on the wall."""

    type: DrillType
    held_on: date
    hour: int


def held(quota: Quota, drills: Iterable[HeldDrill]) -> int:
    """How many of a school year's drills count towards the quota."""
    return sum(1 for drill in drills if quota.type in (None, drill.type) and _is_within(quota, drill.held_on.month))


def _is_within(quota: Quota, month: int) -> bool:
    """Whether the month is one of the quota's; from November to February goes over the turn of the year."""
    begins, ends = quota.from_month, quota.to_month
    if begins is None or ends is None:
        return True
    return begins <= month <= ends if begins <= ends else month >= begins or month <= ends


@dataclass(frozen=True, slots=True)
class Variety:
    """Whether a school's drills came on different days of the week and hours of the day; None: fewer than two."""

    days: bool | None
    times: bool | None


def variety(drills: Collection[HeldDrill]) -> Variety:
    """Drills that always come on one weekday, or at one hour, are expected. Source: 8 NYCRR 155.17."""
    if len(drills) < 2:
        return Variety(None, None)
    return Variety(len({d.held_on.weekday() for d in drills}) > 1, len({d.hour for d in drills}) > 1)
