"""What can be read of requirements: the district's own with their history, and what is shipped."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, Select, func, select

from shared.db import ReadSession
from shared.events.base import Instant
from training_registry.officers.rules import Position
from training_registry.requirements.catalogue import Topic, shipped_requirements, shipped_topics
from training_registry.requirements.errors import RequirementNotFound
from training_registry.requirements.models import requirement_versions
from training_registry.requirements.rules import EarlierCourses, Requirement, course_key
from training_registry.requirements.terms import EXAMPLE, RequirementTerms

_V = requirement_versions.c
_SHOWN = RequirementTerms.from_json(orjson.dumps(EXAMPLE).decode()).model_dump(mode="json")


class RequirementView(RequirementTerms):
    """A requirement of the district. `confirmed` says whether all of it could be confirmed at its source."""

    requirement_id: str
    version: int = Field(description="Grows with every change; the `ETag`.")
    withdrawn: bool
    shipped_version: int | None = Field(description="Of the catalogue it was taken on from unchanged; null: its own.")
    recorded_at: Instant
    recorded_by: str

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _SHOWN
                | {"requirement_id": "ymhfa", "version": 1, "withdrawn": False, "shipped_version": None}
                | {"recorded_at": "2026-08-02T09:00:00Z", "recorded_by": "a-1"}
            ]
        }
    )


class ShippedRequirement(RequirementTerms):
    """A rule that is shipped; it binds nobody until the district takes it on."""

    requirement_id: str
    catalogue_version: int = Field(description="Grows with every change of what is shipped.")

    model_config = ConfigDict(
        json_schema_extra={"examples": [_SHOWN | {"requirement_id": "ymhfa", "catalogue_version": 1}]}
    )


class TopicView(BaseModel):
    """A topic that hours may be recorded under. Districts may use words of their own as well."""

    code: str = Field(description="What completions and requirements say for it.")
    name: str
    framework: str = Field(description="Whose topic it is: a state, or NASRO.")
    is_default: bool = Field(description="Of the taxonomy that is used where nothing else is chosen.")
    source: str
    as_of: date
    catalogue_version: int

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "de_escalation",
                    "name": "De-escalation",
                    "framework": "US-WA",
                    "is_default": True,
                    "source": "RCW 28A.310.515",
                    "as_of": "2026-11-22",
                    "catalogue_version": 1,
                }
            ]
        }
    )


class Aligned(NamedTuple):
    """A statute or topic that a completion belongs to."""

    name: str
    code: str
    url: str | None
    source: str | None = None
    """The text that a rule comes from."""


async def requirements_known(
    session: ReadSession, district_id: str, *, known_at: datetime | None = None
) -> list[Requirement]:
    """The rules that bind the district's officers, by id, as known at an instant (None: now); none withdrawn."""
    rows = await session.execute(_newest(district_id, known_at).where(_V.withdrawn.is_(False)))
    return [requirement_of(row) for row in rows]


async def list_requirements(
    session: ReadSession,
    district_id: str,
    *,
    jurisdiction: str | None,
    known_at: datetime | None,
    after: str | None,
    limit: int,
) -> list[RequirementView]:
    """The district's requirements behind this id, by id; those withdrawn are left out."""
    wanted = _newest(district_id, known_at).where(_V.withdrawn.is_(False))
    if after is not None:
        wanted = wanted.where(_V.requirement_id > after)
    found: list[RequirementView] = []
    # The jurisdiction stands within the terms; a district has some dozens of requirements.
    for row in await session.execute(wanted):
        view = view_of(row)
        if jurisdiction is None or view.jurisdiction == jurisdiction:
            found.append(view)
            if len(found) == limit:
                break
    return found


async def find_requirement(
    session: ReadSession, district_id: str, requirement_id: str, *, known_at: datetime | None = None
) -> RequirementView:
    """One of the district's requirements. Raises: RequirementNotFound, also for one that is withdrawn."""
    wanted = _newest(district_id, known_at).where(_V.requirement_id == requirement_id)
    row = (await session.execute(wanted)).one_or_none()
    if row is None or row.withdrawn:
        raise RequirementNotFound
    return view_of(row)


async def versions_of(
    session: ReadSession, district_id: str, requirement_id: str, *, before: int | None, limit: int
) -> list[RequirementView]:
    """What each change left, newest first; those of a withdrawn one too. Raises: RequirementNotFound."""
    wanted = select(requirement_versions).where(_V.district_id == district_id, _V.requirement_id == requirement_id)
    if before is not None:
        wanted = wanted.where(_V.version < before)
    rows = (await session.execute(wanted.order_by(_V.version.desc()).limit(limit))).all()
    if not rows and before is None:
        raise RequirementNotFound
    return [view_of(row) for row in rows]


def shipped(jurisdiction: str | None) -> list[ShippedRequirement]:
    """The rules that are shipped, of one jurisdiction or all, in the order of the data."""
    catalogue = shipped_requirements()
    return [
        ShippedRequirement.model_construct(
            **dict(terms), requirement_id=requirement_id, catalogue_version=catalogue.version
        )
        for requirement_id, terms in catalogue.of(jurisdiction=jurisdiction, requirement_ids=None).items()
    ]


def topics() -> list[TopicView]:
    """The topics that are shipped, those of the default taxonomy first."""
    taxonomy = shipped_topics()
    return [
        TopicView(
            code=topic.code,
            name=topic.name,
            framework=topic.framework,
            is_default=topic.framework == taxonomy.default_framework,
            source=topic.source,
            as_of=taxonomy.as_of,
            catalogue_version=taxonomy.version,
        )
        for topic in taxonomy.topics.values()
    ]


def alignments_for(
    requirements: Iterable[Requirement], course: str, topics: Collection[str], *, position: Position
) -> list[Aligned]:
    """Which of these rules a completion counts towards by its course or topics, and which shipped topics it is about.

    Whoever completed it holds this position: a rule for another says nothing of him. Nor is anything aligned with a
    rule that could not be confirmed at its source: what is certified is signed, and read far from any note. A rule that
    names neither courses nor topics is about nothing in particular and is left out.
    """
    key = course_key(course)
    found = [
        Aligned(requirement.title, requirement.requirement_id, _address(requirement.source), requirement.source)
        for requirement in requirements
        if requirement.confirmed and requirement.position is position
        if key in map(course_key, (*requirement.courses, *requirement.recertify_courses, *requirement.equivalents))
        or any(topic in requirement.topics for topic in topics)
    ]
    known = shipped_topics().topics
    about: list[Topic] = [known[topic] for topic in topics if topic in known]
    return [*found, *(Aligned(topic.name, topic.code, None) for topic in about)]


def requirement_of(row: Row[Any]) -> Requirement:
    """The rule that a stored version is."""
    earlier = EarlierCourses.from_json(row.earlier_courses)
    return terms_of(row.terms).requirement(
        row.requirement_id,
        withdrawn=row.withdrawn,
        adopted_on=row.adopted_at.date(),
        accepts_also=earlier.until,
        accepts_any_until=earlier.any_until,
        since_changed=earlier.new,
    )


def view_of(row: Row[Any]) -> RequirementView:
    """What is shown of a stored version."""
    return RequirementView.model_construct(
        **dict(terms_of(row.terms)),
        requirement_id=row.requirement_id,
        version=row.version,
        withdrawn=row.withdrawn,
        shipped_version=row.shipped_version,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )


@lru_cache(maxsize=10_000)
def terms_of(text: str) -> RequirementTerms:
    """The stored terms, read once."""
    return RequirementTerms.from_json(text)


def _newest(district_id: str, known_at: datetime | None) -> Select[Any]:
    """The newest version of each requirement as known at that instant, by id."""
    known = [_V.district_id == district_id]
    if known_at is not None:
        known.append(_V.recorded_at <= known_at)
    first = func.min(_V.recorded_at).label("adopted_at")
    newest = select(_V.requirement_id, func.max(_V.version).label("version"), first).where(*known)
    of_each = newest.group_by(_V.requirement_id).subquery()
    joined = requirement_versions.join(
        of_each, (_V.requirement_id == of_each.c.requirement_id) & (_V.version == of_each.c.version)
    )
    return (
        select(requirement_versions, of_each.c.adopted_at)
        .select_from(joined)
        .where(_V.district_id == district_id)
        .order_by(_V.requirement_id)
    )


def _address(source: str) -> str | None:
    return source if source.startswith(("https://", "http://")) and " " not in source else None
