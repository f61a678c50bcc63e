"""The synthetic district's officers, each with the story that decides how he stands, and their agreements.

Pure, and the same for a seed. Dates lie days before `as_of`, the day on which the loading began.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import cycle
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5

from demo import names
from demo.district import District, School


class Story(StrEnum):
    """What an officer has learnt so far."""

    TRAINED = "trained"
    NEW = "new"
    """Appointed days ago; nothing learnt, and nothing overdue yet."""
    LAPSED_IN_GRACE = "lapsed_in_grace"
    """His first aid is older than a year, by less than the grace."""
    LAPSED = "lapsed"
    UNFINISHED = "unfinished"
    """Five of eight hours of first aid."""
    UNTRAINED = "untrained"
    """Years in office with nothing but first aid."""
    AWAITING = "awaiting"
    """He took the basic course elsewhere, and nobody has approved it yet; another exempts him from the shipped rule."""
    REVOKED = "revoked"
    """His certificate of the basic course was taken back: he had not been there."""


_DECK = (*[Story.TRAINED] * 7, *(story for story in Story if story is not Story.TRAINED))
"""Half of the officers are trained, and fourteen of them have every story among them."""


class Term(StrEnum):
    """How an agreement stands."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    DRAFT = "draft"
    """The agency has not signed it."""
    IN_DISCIPLINE = "in_discipline"
    """In force, but it does not keep officers out of discipline: no record is opened under it."""


POLICE, SHERIFF = "Lakeside Police Department", "Summit County Sheriff"
AGENCIES: Mapping[Term, str] = {
    Term.ACTIVE: POLICE,
    Term.EXPIRING: SHERIFF,
    Term.EXPIRED: POLICE,
    Term.DRAFT: SHERIFF,
    Term.IN_DISCIPLINE: SHERIFF,
}
_TERMS = (
    *(Term.ACTIVE, Term.EXPIRING, Term.ACTIVE, Term.EXPIRED, Term.ACTIVE, Term.ACTIVE),
    *(Term.ACTIVE, Term.DRAFT, Term.ACTIVE, Term.EXPIRING, Term.IN_DISCIPLINE, Term.ACTIVE),
)
"""Which agreement each school with officers is under, one after the other."""
OPENS_RECORDS = frozenset({Term.ACTIVE, Term.EXPIRING})


@dataclass(frozen=True, slots=True)
class Officer:
    """An officer at the school that he is assigned to."""

    officer_id: str
    """As in the tokens of the demo's officers: who refers a student is one of them."""
    assignment_id: UUID
    name: str
    badge: str
    school: School
    story: Story
    term: Term
    appointed_on: date

    @property
    def agency(self) -> str:
        """Who employs him."""
        return AGENCIES[self.term]


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement between the district and an agency, for some schools."""

    agreement_id: str
    term: Term
    school_ids: Sequence[str]
    starts_on: date
    ends_on: date

    @property
    def agency(self) -> str:
        """The other party."""
        return AGENCIES[self.term]


def staffed(district: District) -> list[School]:
    """The schools that have officers."""
    return [school for i, school in enumerate(district.schools) if i % district.size.schools_per_officer == 0]


def officers(district: District, as_of: date) -> list[Officer]:
    """Every officer: two at a high school, one elsewhere."""
    random = Random(f"{district.seed}/officers")
    deck = list(_DECK)
    random.shuffle(deck)
    stories, terms = cycle(deck), cycle(_TERMS)
    found: list[Officer] = []
    for school in staffed(district):
        term = next(terms)
        for number in range(2 if "High" in school.level.name else 1):
            story = next(stories)
            officer_id = f"{school.school_id}-officer" + (f"-{number + 1}" if number else "")
            made_from = f"demo/{district.district_id}/{district.seed}/{officer_id}/assignment"
            found.append(
                Officer(
                    officer_id=officer_id,
                    assignment_id=uuid5(NAMESPACE_URL, made_from),
                    name=f"{random.choice(names.GIVEN_NAMES)} {random.choice(names.FAMILY_NAMES)}",
                    badge=str(1000 + len(found)),
                    school=school,
                    story=story,
                    term=term,
                    appointed_on=as_of - timedelta(days=_days_in_office(random, story)),
                )
            )
    return found


def agreements(district: District, as_of: date) -> list[Agreement]:
    """One agreement of each kind, for the schools that it is dealt to."""
    schools: dict[Term, list[str]] = {term: [] for term in Term}
    for school, term in zip(staffed(district), cycle(_TERMS), strict=False):
        schools[term].append(school.school_id)
    ahead = {Term.ACTIVE: 300, Term.EXPIRING: 45, Term.EXPIRED: -20, Term.DRAFT: 500, Term.IN_DISCIPLINE: 250}
    return [
        Agreement(
            agreement_id=f"mou-{term.replace('_', '-')}",
            term=term,
            school_ids=school_ids,
            starts_on=as_of - timedelta(days=400),
            ends_on=as_of + timedelta(days=ahead[term]),
        )
        for term, school_ids in schools.items()
        if school_ids
    ]


def _days_in_office(random: Random, story: Story) -> int:
    return random.randint(6, 20) if story is Story.NEW else random.randint(700, 3000)
