"""Which completions count towards a requirement on a day, how many hours they make, and whether they meet it."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from training_registry.completions.rules import Completion
from training_registry.requirements.rules import Anchor, Assigned, Requirement, course_key
from training_registry.standing.rules.clocks import NEVER, months_later

SOME = 1
"""The hundredth of an hour that is asked for where some hours are."""


class Held(NamedTuple):
    """A completion, and from when to when it counts, both days included and as ordinals, for how many hours."""

    begins: int
    ends: int
    hours: int
    course: str
    """Its key."""
    completion: Completion
    suffices: bool = False
    """A short course taken in time: it meets the requirement alone."""


class InTopics(NamedTuple):
    """What some topics hold of those that a requirement asks for."""

    topics: Mapping[str, int]
    hours: int
    """In hundredths, as in each."""
    each: tuple[tuple[str, int], ...]
    bits: int
    """One for each that has any hours."""


class Learnt:
    """An officer's completions that count at all, found by their course: looked through once for all requirements.

    Each counts as its certificate has it, in all of its topics.
    """

    __slots__ = ("by_course", "every")

    def __init__(self, completions: Iterable[Completion]) -> None:
        self.every: list[Held] = []
        self.by_course: dict[str, list[Held]] = {}
        for completion in completions:
            if completion.counts:
                expires_on, course = completion.expires_on, course_key(completion.course)
                begins = completion.completed_on.toordinal()
                ends = NEVER if expires_on is None else expires_on.toordinal()
                if begins <= ends:
                    held = Held(begins, ends, sum(completion.topics.values()), course, completion)
                    self.every.append(held)
                    self.by_course.setdefault(course, []).append(held)

    def of(self, courses: Set[str]) -> list[Held]:
        """Those of these courses, which are given by their keys."""
        by_course = self.by_course
        return [held for course in by_course.keys() & courses for held in by_course[course]]


class Rule:
    """A requirement made ready to be asked about many officers: what can be worked out once is."""

    __slots__ = (
        "_bits",
        "_every_bit",
        "_in_topics",
        "accepts_also",
        "accepts_earlier",
        "anchor_courses",
        "any_one_suffices",
        "binds_by_position",
        "by_years",
        "courses",
        "credited",
        "days_from_appointment",
        "every_course",
        "exempt_by",
        "gives_no_time",
        "is_open_ended",
        "looks_for",
        "may_be_stood_for",
        "most_missing",
        "named",
        "only_short",
        "only_topics",
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
        from_appointment = requirement.anchor is Anchor.APPOINTMENT
        self.days_from_appointment = requirement.due_days if from_appointment else None
        """The commonest of all deadlines; None: another, see `clocks.first_deadline`."""
        deadlines = (requirement.due_days, requirement.due_months, requirement.due_next_year or None)
        starts_itself = requirement.anchor is Anchor.COMPLETION and not self.anchor_courses
        self.gives_no_time = starts_itself and bool(requirement.blocks)
        """Its clock starts with what counts for it, and it keeps officers from something: who has nothing has no time
        left. Else to lose the last certificate, run out long ago, would open a door."""
        self.is_open_ended = requirement.anchor is Anchor.COMPLETION and not any(d is not None for d in deadlines)
        """Nothing says by when it is to be met for the first time; once met it has to stay so."""
        self.most_missing = max(sum(requirement.topics.values()), requirement.min_hours or 0)
        """The hours that are missing where none are counted."""
        share = requirement.outside_share
        self.outside_most = None if share is None else round((requirement.min_hours or 0) * share)
        self._in_topics: dict[int, InTopics] = {}
        self._bits = {topic: 1 << n for n, topic in enumerate(requirement.topics)}
        self._every_bit = (1 << len(self._bits)) - 1
        self.only_topics = bool(requirement.topics) and requirement.min_completions is None and not self.every_course
        """Hours in topics are all that is asked, so that what has none of them is of no use."""
        beside = self.short_courses | self.exempt_by | self.anchor_courses
        self.looks_for = None if self.named is None else self.named | beside
        """Who holds none of these courses holds nothing that matters; None: any may matter."""
        always = not requirement.withdrawn and requirement.appointed_from is None
        self.binds_by_position = requirement.position if always and requirement.assigned is Assigned.ANY else None
        """It binds whoever is in this position, and needs to know no more of him; None: it does."""
        self.any_one_suffices = (
            requirement.min_hours is None
            and not requirement.topics
            and not self.every_course
            and requirement.min_completions is None
        )

    def held(self, learnt: Learnt) -> Sequence[Held]:
        """What counts at some time, short courses aside."""
        held: Sequence[Held]
        if self.named is not None:
            held = learnt.of(self.named)
        elif self.only_short:
            held = [h for h in learnt.every if h.course not in self.only_short]
        else:
            held = learnt.every
        if self.accepts_earlier:
            held = [h for h in held if self._counted_when_made(h)]
        return self._counted(held)

    def short(self, learnt: Learnt) -> Sequence[Held]:
        """Short courses in the order of their days; whether one suffices depends on what lapsed before it."""
        return sorted(self._counted(learnt.of(self.short_courses)), key=lambda held: held.begins)

    def exempting(self, learnt: Learnt) -> Sequence[Held]:
        """What exempts, as long as its certificate holds."""
        return learnt.of(self.exempt_by) if self.exempt_by else ()

    def first_begins(self, learnt: Learnt, held: Sequence[Held]) -> int | None:
        """The day of the first completion that starts the clock of anchor `completion`."""
        if self.anchor_courses:
            return min([h.begins for h in learnt.of(self.anchor_courses)], default=None)
        return min([h.begins for h in held], default=None)

    def hours_counted(self, held: Sequence[Held]) -> int:
        """The hundredths of hours that these make, outside courses up to their share."""
        if self.outside_most is None:
            return sum([h.hours for h in held])
        outside = sum([h.hours for h in held if h.completion.is_outside])
        inside = sum([h.hours for h in held if not h.completion.is_outside])
        return inside + min(outside, self.outside_most)

    def hours_missing(self, held: Sequence[Held], counted: int) -> int:
        """The hundredths of hours that `topics` and `min_hours` lack, whichever lack more, where so many count."""
        by_topic = 0
        if self.topics_with_hours:
            learnt = self._by_topic(held)
            by_topic = sum([max(asked - learnt.get(topic, 0), 0) for topic, asked in self.topics_with_hours])
        in_all = (self.requirement.min_hours or 0) - counted
        return max(by_topic, in_all)

    def topics_missing(self, held: Sequence[Held]) -> list[str]:
        """The topics that lack hours, or that some hours are asked for in and none are there."""
        learnt = self._by_topic(held)
        return [topic for topic, least in self.topics if learnt.get(topic, 0) < least]

    def is_met(self, held: Sequence[Held]) -> bool:
        """Whether these, all of one day, are what is asked for."""
        if self.any_one_suffices or not held:
            return bool(held)
        if self.short_courses and any([h.suffices for h in held]):
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
        known, bits = self._in_topics, 0
        for h in held:
            topics = h.completion.topics
            bits |= (known.get(id(topics)) or self._asked_for(topics)).bits
        # Some topic is mostly not there at all, and then its hours need not be added up.
        return bits == self._every_bit and not self.topics_missing(held)

    def _by_topic(self, held: Sequence[Held]) -> dict[str, int]:
        """The hundredths of hours in each topic asked for that is there at all."""
        learnt, known = dict[str, int](), self._in_topics
        for h in held:
            topics = h.completion.topics
            for topic, hours in (known.get(id(topics)) or self._asked_for(topics)).each:
                learnt[topic] = learnt.get(topic, 0) + hours
        return learnt

    def _asked_for(self, topics: Mapping[str, int]) -> InTopics:
        """What of these topics is asked for.

        Remembered by the object, which all who took a course share (`completions.views.storage.topics_in`); kept with
        its answer, so that no other object can come in its place.
        """
        bits = self._bits
        each = tuple((topic, hours) for topic, hours in topics.items() if hours and topic in bits)
        in_all = sum(hours for _, hours in each)
        self._in_topics[id(topics)] = found = InTopics(topics, in_all, each, sum(bits[topic] for topic, _ in each))
        return found

    def _counted(self, held: Sequence[Held]) -> Sequence[Held]:
        """The same as this requirement counts them: renewed sooner, credited other hours, in its topics alone."""
        months, credited, topics = self.requirement.renew_months, self.credited, self.requirement.topics
        if months is None and not credited and not topics:
            return held
        counted, known, only_topics = [], self._in_topics, self.only_topics
        for h in held:
            hours, ends = h.hours, h.ends
            if credited and h.course in credited:
                hours = credited[h.course]
            elif topics:
                learnt = h.completion.topics
                hours = (known.get(id(learnt)) or self._asked_for(learnt)).hours
                if not hours and only_topics:
                    continue
            if months is not None:
                ends = min(ends, months_later(h.begins, months))  # on that very day it is not older yet
            if hours != h.hours or ends != h.ends:
                h = Held(h.begins, ends, hours, h.course, h.completion)
            counted.append(h)
        return counted

    def _counted_when_made(self, held: Held) -> bool:
        if held.course in self.courses or held.course in self.credited:
            return True
        ends = (self.accepts_also.get(held.course), self.requirement.accepts_any_until)
        return any(until is not None and held.completion.completed_on <= until for until in ends)


def _keys(courses: Iterable[str]) -> frozenset[str]:
    return frozenset(map(course_key, courses))
