"""Which completions count towards a requirement on a day, how many hours they make, and whether they meet it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from training_registry.completions.rules import Completion
from training_registry.requirements.rules import Anchor, Requirement, course_key
from training_registry.standing.rules.clocks import NEVER, months_later


class Held(NamedTuple):
    """A completion as one requirement counts it: from a day to a day, both included, and for how many hours."""

    begins: int
    ends: int
    hours: int
    completion: Completion
    suffices: bool = False
    """A short course taken in time: it meets the requirement alone."""


class Learnt:
    """An officer's completions that count at all, found by their course: looked through once for all requirements."""

    __slots__ = ("by_course", "every")

    def __init__(self, completions: Iterable[Completion]) -> None:
        self.every: list[Completion] = []
        self.by_course: dict[str, list[Completion]] = {}
        for completion in completions:
            if completion.counts:
                self.every.append(completion)
                self.by_course.setdefault(course_key(completion.course), []).append(completion)

    def of(self, courses: Iterable[str]) -> list[Completion]:
        """Those of these courses, which are given by their keys."""
        by_course = self.by_course
        return [completion for course in courses if course in by_course for completion in by_course[course]]


class Rule:
    """A requirement made ready to be asked about many officers: what can be worked out once is."""

    __slots__ = (
        "accepts_also",
        "accepts_earlier",
        "anchor_courses",
        "any_one_suffices",
        "by_years",
        "courses",
        "credited",
        "every_course",
        "exempt_by",
        "is_open_ended",
        "may_be_stood_for",
        "named",
        "only_short",
        "outside_most",
        "requirement",
        "short_courses",
        "topics",
    )

    def __init__(self, requirement: Requirement) -> None:
        self.requirement = requirement
        self.courses = _keys(requirement.courses)
        self.credited = {course_key(course): hours for course, hours in requirement.equivalents.items()}
        self.accepts_also = {course_key(course): day for course, day in requirement.accepts_also.items()}
        names_some = requirement.courses and requirement.accepts_any_until is None
        self.named = self.courses | self.credited.keys() | self.accepts_also.keys() if names_some else None
        """The courses that may count; None: any."""
        self.every_course = self.courses if requirement.every_course else frozenset()
        self.accepts_earlier = bool(self.accepts_also) or requirement.accepts_any_until is not None
        self.may_be_stood_for = _keys(requirement.since_changed)
        self.topics = tuple(requirement.topics.items())
        self.exempt_by = _keys(requirement.exempt_by)
        self.anchor_courses = _keys(requirement.anchor_courses)
        self.short_courses = _keys(requirement.recertify_courses)
        self.only_short = self.short_courses - self.courses
        self.by_years = requirement.anchor is Anchor.TRAINING_YEAR
        deadlines = (requirement.due_days, requirement.due_months, requirement.due_next_year or None)
        self.is_open_ended = requirement.anchor is Anchor.COMPLETION and not any(d is not None for d in deadlines)
        """Nothing says by when it is to be met for the first time; once met it has to stay so."""
        share = requirement.outside_share
        self.outside_most = None if share is None else int((requirement.min_hours or 0) * share)
        self.any_one_suffices = (
            requirement.min_hours is None
            and not requirement.topics
            and not self.every_course
            and requirement.min_completions is None
        )

    def held(self, learnt: Learnt) -> list[Held]:
        """What counts at some time, short courses aside."""
        if self.named is not None:
            of_courses = learnt.of(self.named)
        elif self.only_short:
            of_courses = [c for c in learnt.every if course_key(c.course) not in self.only_short]
        else:
            of_courses = learnt.every
        if self.accepts_earlier:
            of_courses = [c for c in of_courses if self._counted_when_made(c)]
        return [held for held in map(self._held, of_courses) if held.begins <= held.ends]

    def short(self, learnt: Learnt) -> list[Held]:
        """Short courses in the order of their days; whether one suffices depends on what lapsed before it."""
        if not self.short_courses:
            return []
        taken = map(self._held, learnt.of(self.short_courses))
        return sorted((held for held in taken if held.begins <= held.ends), key=lambda held: held.begins)

    def exempting(self, learnt: Learnt) -> list[Held]:
        """What exempts, as long as its certificate holds."""
        return [self._for_ever(completion) for completion in learnt.of(self.exempt_by)] if self.exempt_by else []

    def first_begins(self, learnt: Learnt) -> int | None:
        """The day of the first completion that starts the clock of anchor `completion`."""
        if self.anchor_courses:
            begun = [completion.completed_on.toordinal() for completion in learnt.of(self.anchor_courses)]
        else:
            begun = [held.begins for held in self.held(learnt)]
        return min(begun, default=None)

    def hours_counted(self, held: Sequence[Held]) -> int:
        """The hundredths of hours that these make, outside courses up to their share."""
        if self.outside_most is None:
            return sum([h.hours for h in held])
        outside = sum([h.hours for h in held if h.completion.is_outside])
        inside = sum([h.hours for h in held if not h.completion.is_outside])
        return inside + min(outside, self.outside_most)

    def hours_missing(self, held: Sequence[Held]) -> int:
        """The hundredths of hours that `topics` and `min_hours` lack, whichever lack more."""
        by_topic = 0
        for topic, asked in self.topics:
            if asked:
                by_topic += max(asked - sum([h.completion.topics.get(topic, 0) for h in held]), 0)
        in_all = (self.requirement.min_hours or 0) - self.hours_counted(held)
        return max(by_topic, in_all)

    def topics_missing(self, held: Sequence[Held]) -> list[str]:
        """The topics that lack hours, or that some hours are asked for in and none are there."""
        return [
            topic
            for topic, asked in self.topics
            if sum([h.completion.topics.get(topic, 0) for h in held]) < max(asked, 1)
        ]

    def is_met(self, held: Sequence[Held]) -> bool:
        """Whether these, all of one day, are what is asked for."""
        if self.any_one_suffices or not held:
            return bool(held)
        if any([h.suffices for h in held]):
            return True
        least, hours = self.requirement.min_completions, self.requirement.min_hours
        return (
            (hours is None or self.hours_counted(held) >= hours)
            and (least is None or len(held) >= least)
            and (not self.topics or not self.topics_missing(held))
            and (not self.every_course or not self.courses_missing(held))
        )

    def courses_missing(self, held: Sequence[Held]) -> list[str]:
        """Which of every course that is asked for are not there.

        A course that earlier versions of the requirement named, made then, stands for one that came in its place.
        """
        made = {course_key(h.completion.course) for h in held}
        stand_ins = len(made - self.courses - self.credited.keys())
        missing = sorted(self.every_course - made)
        for course in [course for course in missing if course in self.may_be_stood_for][:stand_ins]:
            missing.remove(course)
        return missing

    def _held(self, completion: Completion) -> Held:
        begins, ends, _, _, _ = self._for_ever(completion)
        if self.requirement.renew_months is not None:
            ends = min(ends, months_later(begins, self.requirement.renew_months) - 1)
        return Held(begins, ends, self._hours(completion), completion)

    def _for_ever(self, completion: Completion) -> Held:
        expires_on = completion.expires_on
        ends = NEVER if expires_on is None else expires_on.toordinal()
        return Held(completion.completed_on.toordinal(), ends, 0, completion)

    def _hours(self, completion: Completion) -> int:
        if self.credited:
            credited = self.credited.get(course_key(completion.course))
            if credited is not None:
                return credited
        topics = completion.topics
        if self.topics:
            return sum([topics.get(topic, 0) for topic, _ in self.topics])
        return sum(topics.values())

    def _counted_when_made(self, completion: Completion) -> bool:
        course = course_key(completion.course)
        if course in self.courses or course in self.credited:
            return True
        ends = (self.accepts_also.get(course), self.requirement.accepts_any_until)
        return any(until is not None and completion.completed_on <= until for until in ends)


def _keys(courses: Iterable[str]) -> frozenset[str]:
    return frozenset(map(course_key, courses))
