"""What can be done to a district's requirements: kept, withdrawn, taken on from what is shipped."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, insert, select, update

from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.db import Session
from shared.errors import Fault
from shared.http.bodies import ChosenId, Line, StrictBody
from shared.http.etags import ensure_match
from training_registry.changes import OnRequirementsChanged
from training_registry.requirements.catalogue import shipped_requirements
from training_registry.requirements.errors import NothingToAdopt, NotShipped, RequirementNotFound
from training_registry.requirements.models import requirement_versions, requirements
from training_registry.requirements.rules import EarlierCourses
from training_registry.requirements.terms import RequirementTerms
from training_registry.requirements.views import terms_of

_NEVER_KEPT = 0
_A_MOMENT = timedelta(microseconds=1)


class _Written(NamedTuple):
    """A new version, but for what every version has."""

    terms: RequirementTerms
    earlier: EarlierCourses
    withdrawn: bool = False
    shipped_version: int | None = None


async def keep_requirement(
    session: Session,
    requirement_id: str,
    terms: RequirementTerms,
    *,
    caller: Caller,
    if_match: str | None,
    today: date,
    now: datetime,
    on_change: OnRequirementsChanged,
) -> bool:
    """The requirement says this from now on. The same again changes nothing. Whether it is new, or was withdrawn.

    Raises: ChangedMeanwhile.
    """
    before, version = await _to_change(session, caller.district_id, requirement_id)
    ensure_match(if_match, version)
    if before is not None and not before.withdrawn and terms_of(before.terms) == terms:
        return False
    written = _Written(terms, _earlier_courses(before, terms, today))
    await _store(session, requirement_id, before, written, caller=caller, now=now)
    await on_change(session, district_id=caller.district_id, now=now)
    return before is None or bool(before.withdrawn)


async def withdraw_requirement(
    session: Session,
    requirement_id: str,
    *,
    caller: Caller,
    if_match: str | None,
    now: datetime,
    on_change: OnRequirementsChanged,
) -> None:
    """The requirement binds nobody any more; its history is kept. Raises: RequirementNotFound, ChangedMeanwhile."""
    before, version = await _to_change(session, caller.district_id, requirement_id)
    if before is None or before.withdrawn:
        raise RequirementNotFound
    ensure_match(if_match, version)
    written = _Written(terms_of(before.terms), EarlierCourses.from_json(before.earlier_courses), withdrawn=True)
    await _store(session, requirement_id, before, written, caller=caller, now=now)
    await on_change(session, district_id=caller.district_id, now=now)


class AdoptRequirements(StrictBody):
    """Which of the shipped rules the district takes on: all of a jurisdiction, or these."""

    jurisdiction: Line | None = None
    requirement_ids: list[ChosenId] | None = Field(None, min_length=1, max_length=200)

    model_config = ConfigDict(json_schema_extra={"examples": [{"jurisdiction": "US-WA"}]})


class Outcome(StrEnum):
    """What an adoption did to one rule."""

    ADOPTED = "adopted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    LEFT_AS_CHANGED = "left_as_changed"


class AdoptedRequirement(BaseModel):
    """One of the rules asked for."""

    requirement_id: str
    outcome: Outcome = Field(
        description="`adopted`, `updated` from an older catalogue, `unchanged` as it was taken on already, or "
        "`left_as_changed`: the district has made it its own."
    )
    confirmed: bool = Field(description="False: part of the rule could not be confirmed at its source.")


class Adoption(BaseModel):
    """What became of each rule asked for."""

    catalogue_version: int
    items: list[AdoptedRequirement]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "catalogue_version": 1,
                    "items": [{"requirement_id": "us-wa-topics", "outcome": "adopted", "confirmed": True}],
                }
            ]
        }
    )


async def adopt_requirements(
    session: Session,
    command: AdoptRequirements,
    *,
    caller: Caller,
    today: date,
    now: datetime,
    on_change: OnRequirementsChanged,
) -> Adoption:
    """The shipped rules asked for bind the district's officers; what the district has changed stays its own.

    One that was withdrawn is taken on anew. Raises: NothingToAdopt, NotShipped.
    """
    catalogue = shipped_requirements()
    if (command.jurisdiction is None) == (command.requirement_ids is None):
        raise NothingToAdopt(
            errors=[Fault("jurisdiction", "one of jurisdiction and requirement_ids is to be given, and one alone")]
        )
    asked = catalogue.of(jurisdiction=command.jurisdiction, requirement_ids=command.requirement_ids)
    if not asked or set(command.requirement_ids or ()) - asked.keys():
        raise NotShipped
    items = []
    for requirement_id in sorted(asked):  # in one order, so that two adoptions at once do not wait for each other
        terms = asked[requirement_id]
        outcome = await _adopt(session, requirement_id, terms, catalogue.version, caller=caller, today=today, now=now)
        items.append(AdoptedRequirement(requirement_id=requirement_id, outcome=outcome, confirmed=terms.confirmed))
    if any(item.outcome in (Outcome.ADOPTED, Outcome.UPDATED) for item in items):
        await on_change(session, district_id=caller.district_id, now=now)
    return Adoption(catalogue_version=catalogue.version, items=items)


async def _adopt(
    session: Session,
    requirement_id: str,
    terms: RequirementTerms,
    catalogue: int,
    *,
    caller: Caller,
    today: date,
    now: datetime,
) -> Outcome:
    before, _ = await _to_change(session, caller.district_id, requirement_id)
    is_there = before is not None and not before.withdrawn
    if before is not None and is_there:
        if terms_of(before.terms) == terms:
            return Outcome.UNCHANGED
        if before.shipped_version is None:
            return Outcome.LEFT_AS_CHANGED
    written = _Written(terms, _earlier_courses(before, terms, today), shipped_version=catalogue)
    await _store(session, requirement_id, before, written, caller=caller, now=now)
    return Outcome.UPDATED if is_there else Outcome.ADOPTED


async def _to_change(session: Session, district_id: str, requirement_id: str) -> tuple[Row[Any] | None, int]:
    """The newest version of it, None where there is none, and its number; locked until the transaction ends."""
    columns = ("district_id", "requirement_id", "version")
    first = (district_id, requirement_id, _NEVER_KEPT)
    await bulk_upsert(session, requirements, columns, [first], on_conflict="ignore")
    r, v = requirements.c, requirement_versions.c
    locked = select(r.version).where(r.district_id == district_id, r.requirement_id == requirement_id)
    version = int((await session.execute(locked.with_for_update())).scalar_one())
    newest = select(requirement_versions).where(
        v.district_id == district_id, v.requirement_id == requirement_id, v.version == version
    )
    return (await session.execute(newest)).one_or_none(), version


def _earlier_courses(before: Row[Any] | None, terms: RequirementTerms, today: date) -> EarlierCourses:
    if before is None or not terms.accepts_earlier_courses:
        return EarlierCourses()
    earlier = EarlierCourses.from_json(before.earlier_courses)
    return earlier.after(frozenset(terms_of(before.terms).courses), frozenset(terms.courses), on=today)


async def _store(
    session: Session,
    requirement_id: str,
    before: Row[Any] | None,
    written: _Written,
    *,
    caller: Caller,
    now: datetime,
) -> None:
    """Add a version. It is recorded after the one before it, whatever the clocks of two processes say."""
    version = _NEVER_KEPT + 1 if before is None else before.version + 1
    recorded_at = now if before is None else max(now, before.recorded_at + _A_MOMENT)
    await session.execute(
        insert(requirement_versions).values(
            district_id=caller.district_id,
            requirement_id=requirement_id,
            version=version,
            terms=written.terms.to_json(),
            earlier_courses=written.earlier.to_json(),
            withdrawn=written.withdrawn,
            shipped_version=written.shipped_version,
            recorded_at=recorded_at,
            recorded_by=caller.sub,
        )
    )
    r = requirements.c
    its_row = (r.district_id == caller.district_id) & (r.requirement_id == requirement_id)
    await session.execute(update(requirements).where(its_row).values(version=version))
