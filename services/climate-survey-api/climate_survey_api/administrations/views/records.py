"""Administrations as they are shown: one with its plan, many without."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from itertools import groupby
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.models import administration_units, administrations
from climate_survey_api.administrations.plan import EXAMPLE, AskedSchool, PpraPart
from climate_survey_api.administrations.rules import Administration, ConsentMode, Hindrance, Ppra, Status, Unit
from climate_survey_api.administrations.views.finding import administration_of, units_of
from climate_survey_api.administrations.views.waiting import hindrances_now
from climate_survey_api.instruments.rules import POINTS, Scale
from climate_survey_api.instruments.views import read_instrument
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.base import Instant
from shared.events.surveys import RespondentGroup, SurveyFacet, SurveyMode

_A, _U = administrations.c, administration_units.c
_STANDS: dict[str, Any] = {
    "administration_id": "01932f7e-5f2a-7c61-9f4b-2f1f7f1c2a10",
    "status": "draft",
    "consent_mode": "none",
    "opened_at": None,
    "closed_at": None,
    "counted_at": None,
}


class _Stands(BaseModel):
    """What is told of every administration."""

    administration_id: UUID
    instrument_id: str
    version: int = Field(description="Of the instrument.")
    name: str
    opens_at: Instant
    closes_at: Instant
    mode: SurveyMode
    status: Status
    consent_mode: ConsentMode = Field(
        description="What parents have to be given, by the items that students are asked: computed."
    )
    opened_at: Instant | None
    closed_at: Instant | None
    counted_at: Instant | None = Field(description="Since when its results can be read.")


class TextsMissing(BaseModel):
    """A language in which people read the items, and what they may answer in English."""

    language: str
    scale: Scale


class AdministrationView(_Stands):
    """An administration: its plan, as far as it concerns the caller's schools, and where it stands."""

    languages: list[str]
    facets: list[SurveyFacet]
    free_text: bool
    schools: list[AskedSchool] = Field(description="By id; only the caller's, where his token names schools.")
    ppra: PpraPart | None
    waits_for: list[Hindrance] = Field(description="Why it does not open now; empty where it could, and once it has.")
    texts_missing: list[TextsMissing] = Field(
        description="Languages offered in which a scale that is asked has no words: its points are shown in English. "
        "`scale_texts` of the instrument's next version can bring them."
    )
    has_codes: bool = Field(description="Whether access codes were made: most of the plan is fixed then.")
    revision: int = Field(description="Grows with every change; the `ETag`.")
    made_at: Instant
    made_by: str

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                EXAMPLE
                | _STANDS
                | {"waits_for": ["before_opens_at"], "texts_missing": [], "has_codes": False, "revision": 1}
                | {"made_at": "2026-08-18T15:00:00Z", "made_by": "a-1"}
            ]
        }
    )


class AdministrationSummary(_Stands):
    """An administration in a list."""

    schools_asked: int = Field(description="How many schools are asked; of the caller's, where his token names some.")
    invited: dict[RespondentGroup, int] = Field(description="People invited at these schools, by group.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {k: EXAMPLE[k] for k in ("instrument_id", "version", "name", "opens_at", "closes_at", "mode")}
                | _STANDS
                | {"schools_asked": 1, "invited": {"student": 400, "family": 300, "staff": 40}}
            ]
        }
    )


async def find_record(
    session: ReadSession, caller: Caller, administration_id: UUID, *, now: datetime, zone: tzinfo
) -> AdministrationView:
    """An administration as this caller may see it. Raises: AdministrationNotFound, also where none of his is asked."""
    mine = (_A.district_id == caller.district_id, _A.administration_id == administration_id)
    row = (await session.execute(select(administrations).where(*mine))).one_or_none()
    if row is None:
        raise AdministrationNotFound
    there = administration_of(row, await units_of(session, row))
    seen = [unit for unit in there.units if caller.sees_school(unit.school_id)]
    if not seen:
        raise AdministrationNotFound
    return AdministrationView(
        **_stands(row),
        languages=list(there.languages),
        facets=list(there.facets),
        free_text=there.free_text,
        schools=_schools(seen),
        ppra=_ppra(there.ppra),
        waits_for=await _waits_for(session, row, now=now, zone=zone),
        texts_missing=await _texts_missing(session, there),
        has_codes=there.has_codes,
        revision=there.revision,
        made_at=row.made_at,
        made_by=row.made_by,
    )


async def list_records(
    session: ReadSession,
    caller: Caller,
    *,
    status: Status | None,
    school_id: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[AdministrationSummary]:
    """The district's administrations that ask at one of the caller's schools, the newest window first."""
    wanted = [_A.district_id == caller.district_id]
    if status is not None:
        wanted.append(_A.status == status.value)
    # One school that is both: else who asks for another's school would learn whether it is asked.
    if some := list(_schools_wanted(caller, school_id)):
        of_it = (_U.district_id == _A.district_id, _U.administration_id == _A.administration_id)
        wanted.append(exists().where(*of_it, *some))
    if before is not None:
        opens_at, administration_id = before
        at_once = and_(_A.opens_at == opens_at, _A.administration_id < administration_id)
        wanted.append(or_(_A.opens_at < opens_at, at_once))
    newest = select(administrations).where(*wanted).order_by(_A.opens_at.desc(), _A.administration_id.desc())
    rows = (await session.execute(newest.limit(limit))).all()
    invited = await _invited(session, caller, [row.administration_id for row in rows])
    return [
        AdministrationSummary(**_stands(row), schools_asked=schools, invited=by_group)
        for row in rows
        for schools, by_group in (invited[row.administration_id],)
    ]


def _schools_wanted(caller: Caller, school_id: str | None) -> Iterable[ColumnElement[bool]]:
    if caller.school_ids is not None:
        yield _U.school_id.in_(sorted(caller.school_ids))
    if school_id is not None:
        yield _U.school_id == school_id


async def _invited(
    session: ReadSession, caller: Caller, administration_ids: list[UUID]
) -> Mapping[UUID, tuple[int, dict[RespondentGroup, int]]]:
    """How many schools each asks, and how many people of each group, of what the caller sees."""
    wanted = [_U.district_id == caller.district_id, _U.administration_id.in_(administration_ids)]
    wanted.extend(_schools_wanted(caller, None))
    people = select(_U.administration_id, _U.respondent_group, func.sum(_U.invited).label("people")).where(*wanted)
    schools = select(_U.administration_id, func.count(_U.school_id.distinct()).label("schools")).where(*wanted)
    by_group: dict[UUID, dict[RespondentGroup, int]] = defaultdict(dict)
    for row in await session.execute(people.group_by(_U.administration_id, _U.respondent_group)):
        by_group[row.administration_id][RespondentGroup(row.respondent_group)] = int(row.people)
    counted = await session.execute(schools.group_by(_U.administration_id))
    return {row.administration_id: (row.schools, by_group[row.administration_id]) for row in counted}


async def _texts_missing(session: ReadSession, there: Administration) -> list[TextsMissing]:
    instrument = await read_instrument(session, there.district_id, there.instrument_id, there.version)
    asked = {unit.respondent_group for unit in there.units}
    items = {item.scale: item for item in instrument.items if not asked.isdisjoint(item.respondent_groups)}
    return [
        TextsMissing(language=language, scale=scale)
        for language in there.languages
        for scale in POINTS
        if scale in items and any(language not in point for point in instrument.points_of(items[scale]))
    ]


async def _waits_for(session: ReadSession, row: Any, *, now: datetime, zone: tzinfo) -> list[Hindrance]:
    if row.status != Status.DRAFT.value:
        return []
    return list(await hindrances_now(session, administration_of(row, ()), now=now, zone=zone))


def _stands(row: Any) -> dict[str, Any]:
    return {
        "administration_id": row.administration_id,
        "instrument_id": row.instrument_id,
        "version": row.instrument_version,
        "name": row.name,
        "opens_at": row.opens_at,
        "closes_at": row.closes_at,
        "mode": SurveyMode(row.mode),
        "status": Status(row.status),
        "consent_mode": ConsentMode(row.consent_mode),
        "opened_at": row.opened_at,
        "closed_at": row.closed_at,
        "counted_at": row.counted_at,
    }


def _schools(units: list[Unit]) -> list[AskedSchool]:
    """What was sent of each school."""
    return [
        AskedSchool.model_construct(
            school_id=school_id,
            name=at_school[0].school_name,
            invited={unit.respondent_group: unit.invited for unit in at_school},
            frame={unit.respondent_group: _as_sent(unit.frame) for unit in at_school if unit.frame},
        )
        for school_id, of_school in groupby(units, key=lambda unit: unit.school_id)
        for at_school in (list(of_school),)
    ]


def _as_sent(frame: Mapping[SurveyFacet, Mapping[str, int]]) -> dict[SurveyFacet, dict[str, int]]:
    return {facet: dict(people) for facet, people in frame.items()}


def _ppra(ppra: Ppra | None) -> PpraPart | None:
    if ppra is None:
        return None
    # Made and not read: a body's days come as text.
    return PpraPart.model_construct(
        notice_on=ppra.notice_on, consent=ppra.consent, required=ppra.is_required, ed_funded=ppra.is_ed_funded
    )
