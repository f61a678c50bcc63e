"""The referrals of the synthetic district, each with its whole life, drawn from the planted rates. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

from demo import rates
from demo.district import District, School, Student, draw

TIME_ZONE = ZoneInfo("America/New_York")
"""The district's, until a calendar says otherwise: a referral counts under the day it was noted there."""
FIRST_DAY = (7, 1)
"""Month and day that a school year starts on."""
OUTCOMES = frozenset({"completed", "failed", "rejected", "cancelled"})
_STAGE_OF = {"in_progress": "started"} | {to: to for to in ("accepted", *OUTCOMES)}

Kind = Literal["transitions", "contacts", "feedback"]


@dataclass(frozen=True, slots=True)
class Step:
    """One request in a referral's life: the last word of its path, and its body."""

    kind: Kind
    body: dict[str, str | bool]


@dataclass(frozen=True, slots=True)
class Life:
    """A referral from its submission on, with every request that follows."""

    referral_id: UUID
    student: Student
    referrer_role: str
    need: str
    urgency: str
    summary: str
    noted_at: datetime | None
    is_sent: bool
    steps: Sequence[Step]

    @property
    def stages(self) -> frozenset[str]:
        """The stages of the funnel that it is to be counted in; none for a draft or a mistake."""
        steps_to = [step.body["to"] for step in self.steps if step.kind == "transitions"]
        if not self.is_sent or "entered_in_error" in steps_to:
            return frozenset()
        reached = {"submitted"} | {_STAGE_OF[str(to)] for to in steps_to if to in _STAGE_OF}
        if any(step.kind == "contacts" and step.body["reached"] for step in self.steps):
            reached.add("contacted")
        if any(step.kind == "feedback" for step in self.steps) and OUTCOMES.intersection(steps_to):
            reached.add("looped")
        return frozenset(reached)

    def month(self, today: date) -> str:
        """The month that it counts under, as reporting names it; `today` is when it is sent."""
        day = self.noted_at.astimezone(TIME_ZONE).date() if self.noted_at is not None else today
        return f"{day:%Y-%m}"


def lives(district: District, school: School, days: Sequence[date]) -> Iterator[Life]:
    """The referrals of a school's students, noted on these days; without days they are noted as they arrive."""
    random = district.random("referrals", school)
    weights = [_busyness(day) for day in days]
    for student in district.students(school):
        chance, rate = random.random(), district.referral_rate(student)
        if chance >= rate + rates.DRAFT_PER_STUDENT + rates.MISTAKE_PER_STUDENT:
            continue
        is_draft, is_mistake = chance >= rate + rates.MISTAKE_PER_STUDENT, chance >= rate
        need = draw(random, rates.NEED)
        urgency = draw(random, rates.urgency(need))
        noted_at = _moment_of_school(random, random.choices(days, weights)[0]) if days else None
        yield Life(
            referral_id=uuid5(NAMESPACE_URL, f"demo/{district.district_id}/{district.seed}/{student.student_id}"),
            student=student,
            referrer_role=draw(random, rates.REFERRER),
            need=need,
            urgency=urgency,
            summary=_SUMMARIES[need],
            noted_at=noted_at,
            is_sent=not is_draft,
            steps=[] if is_draft else _mistake(random) if is_mistake else list(_way(random, urgency)),
        )


def days_of_school_year(today: date) -> list[date]:
    """The days of the running school year that are over; none on its first day."""
    first = date(today.year, *FIRST_DAY)
    if first > today:
        first = first.replace(year=first.year - 1)
    return [first + timedelta(days=n) for n in range((today - first).days)]


def school_year(today: date) -> int:
    """The year that the running school year ends in."""
    return today.year + ((today.month, today.day) >= FIRST_DAY)


def _busyness(day: date) -> float:
    """How much is noted on a day beside others: little at weekends and in the summer break."""
    in_summer = (6, 20) < (day.month, day.day) < (8, 20)
    return (0.1 if in_summer else 1.0) * (0.03 if day.isoweekday() > 5 else 1.0)


def _moment_of_school(random: Random, day: date) -> datetime:
    opening = datetime.combine(day, time(8), TIME_ZONE)
    return (opening + timedelta(seconds=random.randrange(7 * 3600))).astimezone(UTC)


def _way(random: Random, urgency: str) -> Iterator[Step]:
    answer = draw(random, rates.ANSWER)
    end = answer
    if answer in ("rejected", "cancelled"):
        yield _move(random, answer)
    elif answer == "accepted":
        yield _move(random, "accepted")
        tries = list(_tries(random, urgency))
        yield from tries
        end = draw(random, rates.BEGINNING)
        if random.random() < rates.WAITLISTED:
            yield _move(random, "on_hold")
        if end == "failed":
            yield _move(random, end, was_reached=_REACHED in tries)
        elif end == "in_progress":
            yield _move(random, end)
            end = draw(random, rates.END)
            if end in OUTCOMES:
                yield _move(random, end, was_reached=_REACHED in tries)
    told = rates.TOLD_THE_END if end in OUTCOMES else rates.TOLD_MEANWHILE
    if random.random() < told:
        yield Step("feedback", {"message_to_referrer": "Thank you for noticing. We are looking after it."})


_REACHED = Step("contacts", {"reached": True})


def _tries(random: Random, urgency: str) -> Iterator[Step]:
    for _ in range(2):
        if random.random() < rates.VAIN_TRY:
            yield Step("contacts", {"reached": False})
    if random.random() < rates.REACHED[urgency]:
        yield _REACHED


def _mistake(random: Random) -> list[Step]:
    before = [_move(random, "accepted")] if random.random() < 0.5 else []
    return [*before, _move(random, "entered_in_error")]


def _move(random: Random, to: str, *, was_reached: bool = False) -> Step:
    reasons = {**rates.REASONS, **(rates.REASONS_ONCE_REACHED if was_reached else {})}
    reason = {"reason": draw(random, reasons[to])} if to in reasons else {}
    return Step("transitions", {"to": to, **reason})


_SUMMARIES = {
    "mental_health": "Synthetic: has seemed low for weeks and no longer sits with friends.",
    "behavior": "Synthetic: walked out of class three times this month.",
    "attendance": "Synthetic: was away every Monday this month.",
    "bullying": "Synthetic: asks not to take the bus since the messages began.",
    "family_conflict": "Synthetic: does not want to go home after an argument.",
    "basic_needs": "Synthetic: comes without lunch and without a coat.",
    "substance_use": "Synthetic: smelled of cannabis twice.",
    "grief": "Synthetic: quiet since the funeral.",
    "self_harm": "Synthetic: a friend saw fresh marks on the arm.",
    "violence_risk": "Synthetic: told others not to come to school on Friday.",
    "other": "Synthetic: asked whom to talk to.",
}
