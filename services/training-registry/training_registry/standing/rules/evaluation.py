"""How an officer stands to a requirement on a day: only what was completed by then and what was due by then matter."""

from collections.abc import Iterable, Sequence
from datetime import date

from shared.events.training import StandingStatus
from training_registry.completions.rules import Completion
from training_registry.officers.rules import Officer
from training_registry.requirements.rules import Anchor, Requirement
from training_registry.standing.rules.answers import RequirementOn
from training_registry.standing.rules.clocks import (
    Begun,
    begun_of,
    first_bound_year,
    first_deadline,
    training_year,
    why_not_bound,
    year_deadline,
    year_start,
)
from training_registry.standing.rules.counting import Held, Learnt, Rule

_CURRENT, _DUE, _OVERDUE = StandingStatus.CURRENT, StandingStatus.DUE, StandingStatus.OVERDUE
_EXEMPT, _EXPIRED = StandingStatus.EXEMPT, StandingStatus.EXPIRED


def standing_on(
    requirement: Requirement, officer: Officer, completions: Iterable[Completion], as_of: date
) -> RequirementOn:
    """How he stands to one requirement on a day. What was completed later does not matter."""
    (found,) = every_standing_on((Rule(requirement),), officer, completions, as_of)
    return found


def every_standing_on(
    rules: Iterable[Rule], officer: Officer, completions: Iterable[Completion], as_of: date
) -> list[RequirementOn]:
    """How he stands to each of these on a day, in their order."""
    learnt, begun, day = Learnt(completions), begun_of(officer), as_of.toordinal()
    courses, position, found = learnt.by_course.keys(), officer.position, []
    for rule in rules:
        if rule.binds_by_position is not position and (not_bound := why_not_bound(rule.requirement, officer)):
            found.append(RequirementOn(rule, _EXEMPT, 0, 0, None, None, (), not_bound))
        elif rule.looks_for is not None and rule.looks_for.isdisjoint(courses):
            found.append(_nothing_held(rule, begun, day))
        else:
            found.append(History(rule, learnt, begun).on(day))
    return found


def _nothing_held(rule: Rule, begun: Begun, day: int) -> RequirementOn:
    """What `History` comes to where nothing counts: so many of all questions that the short way is worth it."""
    if rule.by_years:
        requirement = rule.requirement
        deadline: int | None = year_deadline(requirement, first_bound_year(requirement, begun))
    elif rule.days_from_appointment is not None:
        deadline = begun.appointed + rule.days_from_appointment
    else:
        deadline = first_deadline(rule.requirement, begun, None)
    has_time = not rule.gives_no_time if deadline is None else day <= deadline
    status = _DUE if has_time else _OVERDUE
    return RequirementOn(rule, status, 0, rule.most_missing, deadline, None, ())


class History:
    """All that is known of one officer and one requirement that binds him, to be asked about any day."""

    __slots__ = ("exempting", "first_deadline", "first_held", "first_year", "held", "rule")

    def __init__(self, rule: Rule, learnt: Learnt, begun: Begun) -> None:
        self.rule = rule
        self.held = rule.held(learnt)
        self.exempting = rule.exempting(learnt)
        self.first_held: int | None = None
        """Anchor `completion`: the day on which its clock begins."""
        self.first_deadline: int | None = None
        self.first_year = 0
        if rule.days_from_appointment is not None:
            self.first_deadline = begun.appointed + rule.days_from_appointment
        elif rule.by_years:
            self.first_year = first_bound_year(rule.requirement, begun)
        else:
            if rule.requirement.anchor is Anchor.COMPLETION:
                self.first_held = rule.first_begins(learnt, self.held)
            self.first_deadline = first_deadline(rule.requirement, begun, self.first_held)
        if rule.short_courses:
            self.held = _with_short_courses(rule, self.held, rule.short(learnt))

    def on(self, day: int) -> RequirementOn:
        """How he stands on that day."""
        if self.exempting:
            exempting = _on(self.exempting, day)
            if exempting:
                hours = self.rule.hours_counted(_on(self.held, day))
                return RequirementOn(self.rule, _EXEMPT, hours, 0, _last(exempting), None, exempting)
        return self._in_years(day) if self.rule.by_years else self._in_all(day)

    def _in_all(self, day: int) -> RequirementOn:
        rule, held = self.rule, _on(self.held, day)
        if rule.is_met(held):
            return self._met(held, _lasts(rule, held))
        lapsed = last_met_before(rule, self.held, day)
        deadline = self.first_deadline
        if self.first_held is not None and self.first_held > day:
            deadline = None
        if lapsed is not None and rule.is_open_ended:
            return self._not_met(held, day, lapsed + rule.requirement.grace_days, lapsed)
        if deadline is None or rule.is_open_ended:
            return self._lacking(_OVERDUE if rule.gives_no_time else _DUE, held, None, lapsed)
        if lapsed is not None:
            deadline = max(deadline, lapsed + rule.requirement.grace_days)
        return self._not_met(held, day, deadline, lapsed)

    def _in_years(self, day: int) -> RequirementOn:
        rule, requirement = self.rule, self.rule.requirement
        year = training_year(day, requirement.training_year_starts)
        held = self._made_in(year, day)
        if rule.is_met(held):
            return self._met(held, year_deadline(requirement, max(year + 1, self.first_year)))
        last = self._last_year_met(day)
        if last is None:
            return self._not_met(held, day, year_deadline(requirement, self.first_year), None)
        deadline = year_deadline(requirement, max(last + 1, self.first_year))
        if day <= deadline:
            return self._not_met(held, day, deadline, None)
        return self._not_met(held, day, deadline + requirement.grace_days, deadline)

    def _made_in(self, year: int, day: int) -> list[Held]:
        starts = self.rule.requirement.training_year_starts
        first, next_first = year_start(year, starts), year_start(year + 1, starts)
        return [h for h in self.held if first <= h.begins < next_first and h.begins <= day <= h.ends]

    def _last_year_met(self, day: int) -> int | None:
        """The last training year within which it was met on some day by then; that begins with a completion."""
        starts = self.rule.requirement.training_year_starts
        for begun in sorted({held.begins for held in self.held if held.begins <= day}, reverse=True):
            year = training_year(begun, starts)
            if self.rule.is_met(self._made_in(year, begun)):
                return year
        return None

    def _met(self, held: Sequence[Held], lasts: int) -> RequirementOn:
        return RequirementOn(self.rule, _CURRENT, self.rule.hours_counted(held), 0, lasts, None, held)

    def _not_met(self, held: Sequence[Held], day: int, deadline: int, lapsed: int | None) -> RequirementOn:
        if day <= deadline:
            return self._lacking(_DUE, held, deadline, lapsed)
        return self._lacking(_OVERDUE if lapsed is None else _EXPIRED, held, deadline, lapsed)

    def _lacking(
        self, status: StandingStatus, held: Sequence[Held], deadline: int | None, lapsed: int | None
    ) -> RequirementOn:
        rule = self.rule
        counted = rule.hours_counted(held)
        return RequirementOn(rule, status, counted, rule.hours_missing(held, counted), deadline, lapsed, held)


def last_met_before(rule: Rule, held: Sequence[Held], day: int) -> int | None:
    """The last day before this one on which it was met, given that it is not met on it: that is the end of one."""
    ends = {h.ends for h in held if h.ends < day}
    if not ends or not rule.is_met(held):
        return None  # all of it together would not have met it
    for last in sorted(ends, reverse=True):
        if rule.is_met(_on(held, last)):
            return last
    return None


def _on(held: Sequence[Held], day: int) -> list[Held]:
    return [h for h in held if h.begins <= day <= h.ends]


def _last(held: Sequence[Held]) -> int:
    return max([h.ends for h in held])


def _lasts(rule: Rule, held: Sequence[Held]) -> int:
    """The last day on which these, all of one day, still meet it without anything more."""
    if rule.any_one_suffices:
        return _last(held)
    for last in sorted({h.ends for h in held}):
        if not rule.is_met([h for h in held if h.ends > last]):
            return last
    raise AssertionError("nothing meets no requirement")


def _with_short_courses(rule: Rule, held: Sequence[Held], short: Sequence[Held]) -> Sequence[Held]:
    """With the short courses taken before a lapse or soon enough after it, one by one: each may begin anew."""
    days = rule.requirement.recertify_days
    if days is None or not short:
        return held
    taken = list(held)
    for course in short:
        day = course.begins
        met = day if rule.is_met(_on(taken, day)) else last_met_before(rule, taken, day)
        if met is not None and day - met <= days:
            taken.append(course._replace(suffices=True))
    return taken
