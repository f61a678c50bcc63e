"""The sheets of a counted survey, as far as a caller sees them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.rules import Administration, Status
from climate_survey_api.administrations.views import find_administration
from climate_survey_api.results.errors import FacetNotAsked, ResultsNotCounted, SchoolNotSurveyed
from climate_survey_api.results.measures.sheets import ValueRow, unpacked_values
from climate_survey_api.results.models import result_sheets
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup, SurveyFacet

LOOK_AGAIN_SECONDS = 5
_S = result_sheets.c
_DISTRICT = ""


class By(StrEnum):
    """What rows are told of."""

    DIMENSION = "dimension"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose results are asked for; None: everybody's."""

    school_id: str | None = None
    group: RespondentGroup | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A group at a school, or in the district."""

    school_id: str | None
    respondent_group: RespondentGroup


async def counted_administration(session: ReadSession, caller: Caller, administration_id: UUID) -> Administration:
    """A survey that the caller may see the results of.

    Raises: AdministrationNotFound, also where none of his schools was asked, ResultsNotCounted.
    """
    there = await find_administration(session, caller.district_id, administration_id)
    if not any(caller.sees_school(unit.school_id) for unit in there.units):
        raise AdministrationNotFound
    if there.status is not Status.CLOSED:
        raise ResultsNotCounted("It is not closed: two looks at a running survey could be subtracted.")
    if there.counted_at is None:
        again = {"Retry-After": str(LOOK_AGAIN_SECONDS)}
        raise ResultsNotCounted("It is closed, and its answers are being counted.", headers=again)
    return there


def ensure_surveyed(there: Administration, caller: Caller, school_id: str | None) -> None:
    """Refuse a school where nobody was asked, and one that is not the caller's. Raises: SchoolNotSurveyed (404)."""
    asked = {unit.school_id for unit in there.units}
    if school_id is not None and not (school_id in asked and caller.sees_school(school_id)):
        raise SchoolNotSurveyed


def ensure_asked(there: Administration, facet: SurveyFacet | None) -> None:
    """Refuse a facet that respondents were not asked for. Raises: FacetNotAsked (422)."""
    if facet is not None and facet not in there.facets:
        raise FacetNotAsked


async def minimum_of(session: ReadSession, there: Administration) -> int:
    """Under how many respondents figures were suppressed when the survey was counted."""
    minimum: int = (await session.execute(_of(there).with_only_columns(_S.minimum).limit(1))).scalar_one()
    return minimum


async def packed_rows_by_place(
    session: ReadSession, caller: Caller, there: Administration, wanted: Wanted, *, by: By, facet: SurveyFacet | None
) -> dict[Place, bytes]:
    """The rows of each school and group that are wanted and that the caller sees, the district's first.

    Packed: of a large district they are unpacked place by place.
    """
    column = _S["dimensions" if by is By.DIMENSION else "items"]
    found = await session.execute(_wanted(there, wanted, facet).add_columns(column.label("told")))
    return {place: row.told for place, row in _seen(found, caller)}


async def values_by_place(
    session: ReadSession, caller: Caller, there: Administration, wanted: Wanted, *, facet: SurveyFacet
) -> dict[Place, list[ValueRow]]:
    """How many respondents are of each value, for each school and group likewise."""
    found = await session.execute(_wanted(there, wanted, facet).add_columns(_S.respondents.label("told")))
    return {place: unpacked_values(row.told) for place, row in _seen(found, caller)}


def _seen(rows: Iterable[Row[Any]], caller: Caller) -> Iterator[tuple[Place, Row[Any]]]:
    for row in rows:
        if row.school_id == _DISTRICT or caller.sees_school(row.school_id):
            yield Place(row.school_id or None, RespondentGroup(row.respondent_group)), row


def _wanted(there: Administration, wanted: Wanted, facet: SurveyFacet | None) -> Select[Any]:
    statement = _of(there).where(_S.facet == (facet.value if facet else "")).order_by(_S.school_id, _S.respondent_group)
    if wanted.school_id is not None:
        statement = statement.where(_S.school_id == wanted.school_id)
    if wanted.group is not None:
        statement = statement.where(_S.respondent_group == wanted.group.value)
    return statement


def _of(there: Administration) -> Select[Any]:
    of_it = (_S.district_id == there.district_id, _S.administration_id == there.administration_id)
    return select(_S.school_id, _S.respondent_group).where(*of_it)
