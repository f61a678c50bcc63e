"""Officers, completions and requirements as the rules about standing see them, and made-up ones by the thousand."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st

from shared.events.training import Blocks
from training_registry.completions.rules import Completion
from training_registry.officers.rules import Assignment, Officer, Position
from training_registry.requirements.rules import Anchor, Assigned, Requirement, course_key

APPOINTED = date(2024, 1, 10)
AN_HOUR = 100


def an_officer(
    *,
    appointed_on: date = APPOINTED,
    assigned: Sequence[tuple[date, date | None]] = (),
    position: Position = Position.SRO,
    agency: str = "City Police",
    schools: Sequence[str] = (),
) -> Officer:
    """An officer, assigned for these terms: to `schools` in turn, else all to one."""
    named = [*schools, *["s-1"] * len(assigned)]
    terms = tuple(Assignment(uuid4(), school, *term) for school, term in zip(named, assigned, strict=False))
    return Officer("o-1", agency, position, appointed_on, None, terms)


def a_completion(
    course: str = "Basic",
    on: date = APPOINTED,
    *,
    topics: Mapping[str, float] | None = None,
    expires_on: date | None = None,
    is_outside: bool = False,
    counts: bool = True,
    completion_id: UUID | None = None,
) -> Completion:
    """A completion; its topics' hours are told in hours."""
    by_topic = {topic: round(hours * AN_HOUR) for topic, hours in (topics or {}).items()}
    return Completion(completion_id or uuid4(), "o-1", course, by_topic, on, expires_on, is_outside, counts)


def a_requirement(**changes: Any) -> Requirement:
    """One completion of `Basic` within 180 days of the appointment, unless told otherwise."""
    told: dict[str, Any] = {
        "requirement_id": "r-1",
        "title": "Basic course",
        "jurisdiction": "local",
        "source": "district policy",
        "as_of": date(2024, 1, 1),
        "anchor": Anchor.APPOINTMENT,
        "blocks": frozenset({Blocks.SERVE, Blocks.OPEN_RECORDS}),
    }
    if "courses" not in changes:
        told["courses"] = frozenset({"Basic"})
    if not {"due_days", "due_months", "due_next_year"} & changes.keys():
        told["due_days"] = 180
    return Requirement(**told | changes)


_COURSES = ("Basic", "Advanced", "Short", "Exempting", "Old")
_TOPICS = ("law", "minds", "ferpa")
_DAYS = st.integers(-900, 1500).map(lambda days: APPOINTED + timedelta(days=days))
"""Short lives, so that what is made up meets: lapses, renewals and deadlines lie close together."""
_HOURS = st.integers(0, 12).map(lambda quarters: quarters * 25)


def officers() -> st.SearchStrategy[Officer]:
    """Officers appointed within the same years, some assigned, some not."""
    terms = st.tuples(_DAYS, st.none()).map(lambda term: Assignment(UUID(int=1), "s-1", *term))
    return st.builds(
        Officer,
        st.just("o-1"),
        st.just("City Police"),
        st.sampled_from(Position),
        _DAYS,
        st.none(),
        st.lists(terms, max_size=2).map(tuple),
    )


def completions(*, courses: Sequence[str] = _COURSES) -> st.SearchStrategy[Completion]:
    """Completions of a few courses, some outside, some expiring, some that do not count."""
    expiring = st.none() | st.integers(0, 700)
    made = st.builds(
        Completion,
        st.uuids(),
        st.just("o-1"),
        st.sampled_from(courses),
        st.dictionaries(st.sampled_from(_TOPICS), _HOURS, max_size=3),
        _DAYS,
        st.none(),
        st.booleans(),
        st.sampled_from((True, True, True, False)),
    )
    return st.tuples(made, expiring).map(lambda told: _expiring(*told))


def _expiring(completion: Completion, days: int | None) -> Completion:
    if days is None:
        return completion
    c = completion
    expires_on = c.completed_on + timedelta(days=days)
    return Completion(
        c.completion_id, c.officer_id, c.course, c.topics, c.completed_on, expires_on, c.is_outside, c.counts
    )


_NONE_OR_ONE = {course: (frozenset[str](), frozenset({course})) for course in ("Exempting", "Basic")}


@st.composite
def requirements(draw: st.DrawFn, *, anchors: Sequence[Anchor] = tuple(Anchor)) -> Requirement:
    """Requirements of every kind that the noun lets in, and some that it would not."""
    courses: frozenset[str] = draw(st.frozensets(st.sampled_from(("Basic", "Advanced")), max_size=2))
    short = draw(st.booleans())
    old = draw(st.dictionaries(st.just("Old"), _DAYS, max_size=1)) if courses else {}
    due = draw(st.sampled_from(("due_days", "due_months", "due_next_year", None)))
    dues: dict[str, Any] = {} if due is None else {due: {"due_days": 60, "due_months": 3, "due_next_year": True}[due]}
    hours = draw(st.none() | _HOURS)
    return a_requirement(
        **dues if dues else {"due_days": None},
        courses=courses,
        min_hours=hours,
        topics=draw(st.dictionaries(st.sampled_from(_TOPICS), st.sampled_from((0, 50, 200)), max_size=2)),
        every_course=draw(st.booleans()) if courses else False,
        min_completions=draw(st.none() | st.integers(1, 3)),
        equivalents=draw(st.dictionaries(st.sampled_from(("Advanced", "Short")), _HOURS, max_size=1)),
        outside_share=draw(st.sampled_from((None, 0.3, 1.0))) if hours else None,
        exempt_by=draw(st.sampled_from(_NONE_OR_ONE["Exempting"])),
        accepts_also=old,
        since_changed=frozenset({"Advanced"} & courses) if old else frozenset(),
        anchor=draw(st.sampled_from(anchors)),
        anchor_courses=draw(st.sampled_from(_NONE_OR_ONE["Basic"])),
        renew_months=draw(st.sampled_from((None, 3, 12, 24))),
        grace_days=draw(st.sampled_from((0, 0, 30, 400))),
        recertify_days=draw(st.sampled_from((0, 90))) if short else None,
        recertify_courses=frozenset({"Short"}) if short else frozenset(),
        assigned=draw(st.sampled_from((Assigned.ANY, Assigned.ANY, *Assigned))),
        appointed_from=draw(st.sampled_from((None, None, APPOINTED))),
    )


def starts_a_clock(requirement: Requirement, completion: Completion) -> bool:
    """Whether the completion may begin the clock of the requirement: then to have it may well be worse than not to."""
    if requirement.anchor is not Anchor.COMPLETION:
        return False
    deadlines = (requirement.due_days, requirement.due_months, requirement.due_next_year or None)
    if requirement.blocks and not requirement.anchor_courses and not any(due is not None for due in deadlines):
        return False  # who has nothing is given no time
    named = requirement.anchor_courses or requirement.courses | requirement.equivalents.keys() | {"Old"}
    return not (requirement.anchor_courses or requirement.courses) or course_key(completion.course) in map(
        course_key, named
    )
