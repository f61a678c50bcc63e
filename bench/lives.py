"""Referral events as a large district makes them: many lives at once, told in the order in which they happen."""

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from shared.events import referrals
from shared.events.facets import Disability, Facets, GradeBand, RaceEthnicity, Sex
from shared.events.referrals import Need, ReferralEvent, StatusReason, Urgency
from shared.events.roster import EnrollmentCounted, FacetCount
from shared.outbox import new_event_id

Member = TypeVar("Member", bound=StrEnum)

SCHOOLS = 500
SCHOOLS_OF_A_DISTRICT = 50
STUDENTS_OF_A_SCHOOL = 600
FIRST_DAY = datetime(2025, 8, 18, 14, tzinfo=UTC)
SCHOOL_YEAR = timedelta(days=280)
EVENTS_OF_A_LIFE = 5.4

# How often each occurs; what counts here is that groups are unequal and that rare cells exist.
_RACES = dict(zip(RaceEthnicity, (28, 1, 6, 15, 0.4, 42, 5, 2.6), strict=True))
_SEXES = dict(zip(Sex, (48.6, 50.9, 0.3, 0.2), strict=True))
_DISABILITIES = dict(zip(Disability, (15, 4, 80, 1), strict=True))
_GRADE_BANDS = dict(zip(GradeBand, (22, 24, 25, 28, 1), strict=True))
_NEEDS = dict(zip(Need, (26, 9, 6, 9, 10, 6, 4, 8, 12, 8, 2), strict=True))
_URGENCIES = dict(zip(Urgency, (2, 12, 36, 50), strict=True))


@dataclass(frozen=True, slots=True)
class Area:
    """Where the lives are led."""

    schools: int = SCHOOLS
    schools_of_a_district: int = SCHOOLS_OF_A_DISTRICT

    def district_of(self, school: int) -> str:
        """The district of a school."""
        return f"district-{school // self.schools_of_a_district}"


def events(count: int, *, seed: int = 1, area: Area = Area()) -> Iterator[ReferralEvent]:
    """So many events of the area's schools over one school year, in the order of their time."""
    return islice(_interleaved(Random(seed), count, area), count)


def enrollments(area: Area) -> Iterator[EnrollmentCounted]:
    """The students of every school, by their groups."""
    for school in range(area.schools):
        groups = Counter(_facets(school, student) for student in range(STUDENTS_OF_A_SCHOOL))
        yield EnrollmentCounted(
            event_id=new_event_id(),
            occurred_at=FIRST_DAY,
            district_id=area.district_of(school),
            school_id=school_id(school),
            school_year=FIRST_DAY.year + 1,
            counted_on=FIRST_DAY.date(),
            version=1,
            counts=tuple(FacetCount(facets=facets, n=n) for facets, n in groups.items()),
        )


def school_id(school: int) -> str:
    """The id of a school."""
    return f"school-{school:03}"


def in_batches(count: int, size: int, *, area: Area = Area()) -> Iterator[list[ReferralEvent]]:
    """The same, so many at a time."""
    told = events(count, area=area)
    while some := list(islice(told, size)):
        yield some


def _interleaved(random: Random, count: int, area: Area) -> Iterator[ReferralEvent]:
    step = SCHOOL_YEAR / max(1, count / EVENTS_OF_A_LIFE)
    waiting: list[tuple[datetime, int, ReferralEvent]] = []
    submitted_at = FIRST_DAY
    numbers = itertools.count()  # of two events at one instant, the one told first comes first
    while True:
        for event in _life(random, submitted_at, area):
            heapq.heappush(waiting, (event.occurred_at, next(numbers), event))
        submitted_at += step
        while waiting and waiting[0][0] < submitted_at:
            # Ids are drawn when a fact is recorded, so they sort by time as well.
            yield heapq.heappop(waiting)[2].model_copy(update={"event_id": new_event_id()})


def _life(random: Random, submitted_at: datetime, area: Area) -> Iterator[ReferralEvent]:
    """The facts about one referral: four in five are accepted, and most of these go all the way."""
    school = random.randrange(area.schools)
    student = random.randrange(STUDENTS_OF_A_SCHOOL)
    common: dict[str, Any] = {
        "event_id": UUID(int=0),
        "district_id": area.district_of(school),
        "referral_id": new_event_id(),
        "student_id": f"student-{school:03}-{student:04}",
        "school_id": school_id(school),
        "need": _one_of(random, _NEEDS),
        "urgency": _one_of(random, _URGENCIES),
        "facets": _facets(school, student),
        "submitted_at": submitted_at,
        "submitted_on": submitted_at.date(),
    }
    now = submitted_at
    due_at = submitted_at + timedelta(days=2)
    for version, (kind, more) in enumerate(_steps(random), 1):
        if kind is referrals.ReferralSubmitted:
            more = {"due_at": due_at, "referrer_role": "officer"}
        elif kind is referrals.ReferralContacted:
            more = {"due_at": due_at, "contacted_at": now}
        yield kind(occurred_at=now, version=version, **common, **more)
        now += timedelta(minutes=random.expovariate(1 / 2000))


def _steps(random: Random) -> Iterator[tuple[type[ReferralEvent], dict[str, Any]]]:
    yield referrals.ReferralSubmitted, {}
    if random.random() < 0.2:
        refusal = random.choice((referrals.ReferralRejected, referrals.ReferralCancelled))
        yield refusal, {"reason": StatusReason.NOT_ELIGIBLE}
    else:
        yield referrals.ReferralAccepted, {}
        yield referrals.ReferralContacted, {}
        yield referrals.ReferralStarted, {}
        if random.random() < 0.85:
            yield referrals.ReferralCompleted, {}
        else:
            yield referrals.ReferralFailed, {"reason": StatusReason.UNABLE_TO_CONTACT}
    yield referrals.ReferralLoopClosed, {}


def _facets(school: int, student: int) -> Facets:
    """A student's groups, the same whenever he is referred."""
    random = Random(school * STUDENTS_OF_A_SCHOOL + student)
    return Facets(
        race_ethnicity=_one_of(random, _RACES),
        sex=_one_of(random, _SEXES),
        disability=_one_of(random, _DISABILITIES),
        english_learner=random.random() < 0.12,
        grade_band=_one_of(random, _GRADE_BANDS),
    )


def _one_of(random: Random, shares: Mapping[Member, float]) -> Member:
    return random.choices(list(shares), list(shares.values()))[0]
