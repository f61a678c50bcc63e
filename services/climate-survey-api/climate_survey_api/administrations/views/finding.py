"""An administration as the rules see it: asked for with every answer."""

from collections import OrderedDict
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, Select, select

from climate_survey_api.administrations.errors import AdministrationNotFound
from climate_survey_api.administrations.models import administration_units, administrations
from climate_survey_api.administrations.rules import Administration, ConsentMode, Status, Unit
from climate_survey_api.administrations.storage import ppra_of
from shared.db import ReadSession
from shared.events.surveys import RespondentGroup, SurveyFacet, SurveyMode

_A, _U = administrations.c, administration_units.c
_MOST_KEPT = 32
"""Administrations whose units a process keeps at hand: thousands of rows of a large district, and every answer asks."""


async def find_administration(session: ReadSession, district_id: str, administration_id: UUID) -> Administration:
    """An administration with its units. Raises: AdministrationNotFound (404)."""
    return await administration_where(session, _of(administration_id).where(_A.district_id == district_id))


async def administration_anywhere(session: ReadSession, administration_id: UUID) -> Administration:
    """The same for a door that is open to everybody: whatever district it belongs to."""
    return await administration_where(session, _of(administration_id))


async def administration_where(session: ReadSession, statement: Select[Any]) -> Administration:
    """The administration whose row a statement selects, and perhaps locks. Raises: AdministrationNotFound."""
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise AdministrationNotFound
    return administration_of(row, await units_of(session, row))


def administration_of(row: Row[Any], units: tuple[Unit, ...]) -> Administration:
    """The administration that a stored row is."""
    return Administration(
        district_id=row.district_id,
        administration_id=row.administration_id,
        instrument_id=row.instrument_id,
        version=row.instrument_version,
        name=row.name,
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        mode=SurveyMode(row.mode),
        languages=tuple(orjson.loads(row.languages)),
        facets=tuple(SurveyFacet(facet) for facet in orjson.loads(row.facets)),
        free_text=row.free_text,
        ppra=ppra_of(row.ppra),
        units=units,
        status=Status(row.status),
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        counted_at=row.counted_at,
        consent_mode=ConsentMode(row.consent_mode),
        has_codes=row.has_codes,
        revision=row.revision,
    )


class _KeptUnits:
    """Units by the id that changes whenever they do: what is kept under it is true for good."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, tuple[Unit, ...]] = OrderedDict()

    def get(self, units_id: UUID) -> tuple[Unit, ...] | None:
        found = self._kept.get(units_id)
        if found is not None:
            self._kept.move_to_end(units_id)
        return found

    def keep(self, units_id: UUID, units: tuple[Unit, ...]) -> None:
        self._kept[units_id] = units
        if len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)


_kept_units = _KeptUnits()


async def units_of(session: ReadSession, row: Row[Any]) -> tuple[Unit, ...]:
    """The units of a stored administration, by school and group; read once per process and change."""
    units = _kept_units.get(row.units_id)
    if units is None:
        columns = (_U.school_id, _U.respondent_group, _U.invited, _U.school_name, _U.frame)
        of_it = (_U.district_id == row.district_id, _U.administration_id == row.administration_id)
        found = [_unit_of(*unit) for unit in await session.execute(select(*columns).where(*of_it))]
        # Here and not in the statement: PostgreSQL would order them by the rules of some language.
        units = tuple(sorted(found, key=lambda unit: (unit.school_id, unit.respondent_group)))
        _kept_units.keep(row.units_id, units)
    return units


def _unit_of(school_id: str, respondent_group: str, invited: int, school_name: str | None, frame: str) -> Unit:
    people = {SurveyFacet(facet): values for facet, values in orjson.loads(frame).items()}
    return Unit(school_id, RespondentGroup(respondent_group), invited, people, school_name)


def _of(administration_id: UUID) -> Select[Any]:
    return select(administrations).where(_A.administration_id == administration_id)
