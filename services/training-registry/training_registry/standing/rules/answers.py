"""What is said about an officer and a requirement on a day: the status, the hours, the deadline, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.events.training import StandingStatus
from training_registry.requirements.rules import Anchor, Requirement
from training_registry.standing.rules.clocks import NEVER, day_of
from training_registry.standing.rules.counting import Held, Rule

_AN_HOUR = 100


@dataclass(slots=True)
class RequirementOn:
    """How an officer stands to a requirement on a day. Not frozen: freezing doubles the cost of making 150,000."""

    rule: Rule
    status: StandingStatus
    hours_counted: int
    """In hundredths, as are those missing."""
    hours_missing: int
    deadline: int | None
    """The day of `deadline_on` as an ordinal."""
    lapsed: int | None
    """The last day on which it was met, where it is not met any more."""
    held: Sequence[Held]
    """What counts on that day; of an exempt one, what exempts."""
    not_bound: str | None = None
    """Why it is not meant for him."""

    @property
    def requirement(self) -> Requirement:
        """Which it is."""
        return self.rule.requirement

    @property
    def deadline_on(self) -> date | None:
        """The last day on which it is met, or may still be met in time, or could have been; None: there is none."""
        return day_of(self.deadline)

    @property
    def because(self) -> str:
        """Why, in a sentence or two: put together only when it is read."""
        if self.not_bound is not None:
            return self.not_bound
        if self.status is StandingStatus.EXEMPT:
            return f"Exempt by {self.held[0].completion.course}, completed on {self.held[0].completion.completed_on}."
        if self.status is StandingStatus.CURRENT:
            until = self.deadline_on
            return "Met." if until is None else f"Met; without more, it lapses after {until}."
        return " ".join(filter(None, (self._lacking(), self._timing(), self._short_course())))

    def _lacking(self) -> str:
        parts = []
        if self.hours_missing:
            parts.append(f"{hours(self.hours_counted)} h counted, {hours(self.hours_missing)} h missing")
        parts += [f"{what}: {', '.join(lacking)}" for what, lacking in self._what_lacks() if lacking]
        least = self.requirement.min_completions
        if least is not None and len(self.held) < least:
            parts.append(f"{len(self.held)} of {least} completions")
        if not parts:
            parts.append("nothing counts on that day")
        return "; ".join(parts).capitalize() + "."

    def _what_lacks(self) -> Sequence[tuple[str, list[str]]]:
        every = self.rule.courses_missing(self.held) if self.rule.every_course else []
        return (("hours are lacking in", self.rule.topics_missing(self.held)), ("courses lacking", every))

    def _timing(self) -> str:
        deadline, lapsed = self.deadline_on, day_of(self.lapsed)
        if self.status is StandingStatus.OVERDUE:
            return f"Never met; it was due by {deadline}." if deadline else "Never met, and nothing gives time for it."
        if self.status is StandingStatus.EXPIRED:
            return f"It lapsed after {lapsed}."
        if lapsed is not None:
            return f"It lapsed after {lapsed} and is to be met again by {deadline}."
        if deadline is not None:
            return f"Due by {deadline}."
        waits = "assignment" if self.requirement.anchor is Anchor.ASSIGNMENT else "course that starts its clock"
        return f"No deadline before the {waits}."

    def _short_course(self) -> str | None:
        days = self.requirement.recertify_days
        if self.lapsed is None or days is None:
            return None
        last = min(self.lapsed + days, NEVER)
        return f"After a lapse the short course suffices until {date.fromordinal(last)}."


def hours(hundredths: int) -> str:
    """Hours as people write them: `6.5`."""
    return f"{hundredths / _AN_HOUR:g}"
