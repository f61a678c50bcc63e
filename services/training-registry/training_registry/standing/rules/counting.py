"""Which completions count towards a requirement on a day, how many hours they make, and whether they meet it."""

from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from training_registry.completions.rules import Completion
from training_registry.requirements.rules import Anchor, Requirement, course_key
from training_registry.standing.rules.clocks import NEVER, months_later

SOME = 1
"""The hundredth of an hour that is asked for where some hours are."""


class Taken(NamedTuple):
    """A completion that counts at all, its days as ordinals: worked out once for all requirements."""

    begins: int
    expires: int
    course: str
    """Its key."""
    hours: int
    """In all topics."""
    completion: Completion


class Held(NamedTuple):
    """A completion as one requirement counts it: from a day to a day, both included, and for how many hours."""

    begins: int
    ends: int
    hours: int
    course: str
    completion: Completion
    suffices: bool = False
    """A short course taken in time: it meets the requirement alone."""


class Learnt:
    """An officer's completions that count at all, found by their course: looked through once for all requirements."""

    __slots__ = ("by_course", "every")

    def __init__(self, completions: Iterable[Completion]) -> None:
        self.every: list[Taken] = []
        self.by_course: dict[str, list[Taken]] = {}
        for completion in completions:
            if completion.counts:
                expires_on, course = completion.expires_on, course_key(completion.course)
                expires = NEVER if expires_on is None else expires_on.toordinal()
                taken = Taken(
                    completion.completed_on.toordinal(), expires, course, sum(completion.topics.values()), completion
                )
                self.every.append(taken)
                self.by_course.setdefault(course, []).append(taken)

    def of(self, courses: Set[str]) -> list[Taken]:
        """Those of these courses, which are given by their keys."""
        by_course = self.by_course
        return [taken for course in by_course.keys() & courses for taken in by_course[course]]


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
        "looks_for",
        "may_be_stood_for",
        "most_missing",
        "named",
        "of_use_by_topic",
        "only_short",
        "outside_most",
        "requirement",
        "short_courses",
        "topics",
        "topics_with_hours",
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
        self.topics = tuple((topic, asked or SOME) for topic, asked in requirement.topics.items())
        self.topics_with_hours = tuple((topic, asked) for topic, asked in requirement.topics.items() if asked)
        self.exempt_by = _keys(requirement.exempt_by)
        self.anchor_courses = _keys(requirement.anchor_courses)
        self.short_courses = _keys(requirement.recertify_courses)
        self.only_short = self.short_courses - self.courses
        self.by_years = requirement.anchor is Anchor.TRAINING_YEAR
        deadlines = (requirement.due_days, requirement.due_months, requirement.due_next_year or None)
        self.is_open_ended = requirement.anchor is Anchor.COMPLETION and not any(d is not None for d in deadlines)
        """Nothing says by when it is to be met for the first time; once met it has to stay so."""
        self.most_missing = max(sum(requirement.topics.values()), requirement.min_hours or 0)
        """The hours that are missing where none are counted."""
        share = requirement.outside_share
        self.outside_most = None if share is None else int((requirement.min_hours or 0) * share)
        # Where hours in topics are all that is asked, what has none of them need not be looked at again.
        only_topics = requirement.topics and requirement.min_completions is None and not self.credited
        self.of_use_by_topic = frozenset(requirement.topics) if only_topics and not requirement.every_course else None
        self.looks_for = (
            None if self.named is None else self.named | self.short_courses | self.exempt_by | self.anchor_courses
        )
        """Who holds none of these courses holds nothing that matters; None: any may matter."""
        self.any_one_suffices = (
            requirement.min_hours is None
            and not requirement.topics
            and not self.every_course
            and requirement.min_completions is None
        )

    def held(self, learnt: Learnt) -> list[Held]:
        """What counts at some time, short courses aside."""
        taken: Iterable[Taken]
        if self.named is not None:
            taken = learnt.of(self.named)
        elif self.only_short:
            taken = [t for t in learnt.every if t.course not in self.only_short]
        else:
            taken = learnt.every
        if self.accepts_earlier:
            taken = [t for t in taken if self._counted_when_made(t)]
        if self.of_use_by_topic is not None:
            of_use = self.of_use_by_topic
            taken = [t for t in taken if not of_use.isdisjoint(t.completion.topics)]
        return self._held(taken)

    def short(self, learnt: Learnt) -> list[Held]:
        """Short courses in the order of their days; whether one suffices depends on what lapsed before it."""
        if not self.short_courses:
            return []
        return sorted(self._held(learnt.of(self.short_courses)), key=lambda held: held.begins)

    def exempting(self, learnt: Learnt) -> list[Held]:
        """What exempts, as long as its certificate holds."""
        if not self.exempt_by:
            return []
        return [Held(t.begins, t.expires, 0, t.course, t.completion) for t in learnt.of(self.exempt_by)]

    def first_begins(self, learnt: Learnt, held: Sequence[Held]) -> int | None:
        """The day of the first completion that starts the clock of anchor `completion`."""
        if self.anchor_courses:
            return min([taken.begins for taken in learnt.of(self.anchor_courses)], default=None)
        return min([h.begins for h in held], default=None)

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
        for topic, asked in self.topics_with_hours:
            by_topic += max(asked - sum([_in(topic, h) for h in held]), 0)
        in_all = (self.requirement.min_hours or 0) - self.hours_counted(held)
        return max(by_topic, in_all)

    def topics_missing(self, held: Sequence[Held]) -> list[str]:
        """The topics that lack hours, or that some hours are asked for in and none are there."""
        return [topic for topic, least in self.topics if sum([_in(topic, h) for h in held]) < least]

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
            and (not self.topics or self._topics_suffice(held))
            and (not self.every_course or not self.courses_missing(held))
        )

    def courses_missing(self, held: Sequence[Held]) -> list[str]:
        """Which of every course that is asked for are not there.

        A course that earlier versions of the requirement named, made then, stands for one that came in its place.
        """
        made = {h.course for h in held}
        stand_ins = len(made - self.courses - self.credited.keys())
        missing = sorted(self.every_course - made)
        for course in [course for course in missing if course in self.may_be_stood_for][:stand_ins]:
            missing.remove(course)
        return missing

    def _topics_suffice(self, held: Sequence[Held]) -> bool:
        return all(sum([_in(topic, h) for h in held]) >= least for topic, least in self.topics)

    def _held(self, taken: Iterable[Taken]) -> list[Held]:
        months, credited, topics = self.requirement.renew_months, self.credited, self.requirement.topics
        held = []
        for begins, ends, course, hours, completion in taken:
            if months is not None:
                ends = min(ends, months_later(begins, months) - 1)
            if begins > ends:
                continue
            if course in credited:
                hours = credited[course]
            elif topics:
                hours = sum([hours for topic, hours in completion.topics.items() if topic in topics])
            held.append(Held(begins, ends, hours, course, completion))
        return held

    def _counted_when_made(self, taken: Taken) -> bool:
        if taken.course in self.courses or taken.course in self.credited:
            return True
        ends = (self.accepts_also.get(taken.course), self.requirement.accepts_any_until)
        return any(until is not None and taken.completion.completed_on <= until for until in ends)


def _in(topic: str, held: Held) -> int:
    return held.completion.topics.get(topic, 0)


def _keys(courses: Iterable[str]) -> frozenset[str]:
    return frozenset(map(course_key, courses))
