"""What can be done to a plan: made, changed, taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import ColumnElement, delete, select, update

from climate_survey_api.administrations.digests import destroy_key
from climate_survey_api.administrations.errors import AdministrationExists, PlanIsFixed, PlanUnsound
from climate_survey_api.administrations.models import administration_units, administrations, parental_choices
from climate_survey_api.administrations.operations.marking import administration_to_change
from climate_survey_api.administrations.plan import ChangePlan, PlanAdministration, faults_of_plan
from climate_survey_api.administrations.rules import (
    Administration,
    ConsentMode,
    Status,
    Unit,
    changeable,
    consent_needed,
    stronger,
)
from climate_survey_api.administrations.storage import ppra_text
from climate_survey_api.instruments.errors import InstrumentNotFound
from climate_survey_api.instruments.views import InstrumentView, items_of, read_instrument
from shared.auth import Caller
from shared.bulk import bulk_insert
from shared.db import Session
from shared.errors import Fault
from shared.events.surveys import RespondentGroup
from shared.http.etags import ensure_match
from shared.outbox import new_event_id

_A = administrations.c
_UNIT_COLUMNS = (
    "district_id",
    "administration_id",
    "school_id",
    "respondent_group",
    "invited",
    "school_name",
    "frame",
    "announced_used",
)


async def plan_administration(
    session: Session, command: PlanAdministration, *, caller: Caller, now: datetime
) -> tuple[UUID, bool]:
    """The survey is planned: a draft. Its id, and whether it is new.

    The same plan again, by its id, is the one that is there, whatever was changed in it since.
    Raises: AdministrationExists, PlanUnsound.
    """
    administration_id = command.administration_id or new_event_id()
    if await _is_there(session, caller.district_id, administration_id, command):
        return administration_id, False
    instrument = await _instrument_of(session, command, caller.district_id)
    _ensure_sound(command, instrument, now)
    row = {
        **_stored(command, _consent_needed(command, instrument)),
        "administration_id": administration_id,
        "district_id": caller.district_id,
        "revision": 1,
        "units_id": uuid4(),
        "has_codes": False,
        "status": Status.DRAFT.value,
        "made_from": command.digest(),
        "made_at": now,
        "made_by": caller.sub,
    }
    columns, values = list(row), list(row.values())
    if not await bulk_insert(session, administrations, columns, [values], returning="administration_id"):
        # Made at the same moment by somebody else, or by another district, which is not told of.
        if await _is_there(session, caller.district_id, administration_id, command):
            return administration_id, False
        raise AdministrationExists
    await _store_units(session, caller.district_id, administration_id, command.units())
    return administration_id, True


async def change_plan(
    session: Session,
    administration_id: UUID,
    command: ChangePlan,
    *,
    caller: Caller,
    if_match: str | None,
    now: datetime,
) -> None:
    """The plan is this from now on, as far as it may still be changed. The same again changes nothing.

    Raises: AdministrationNotFound, ChangedMeanwhile, PlanIsFixed, PlanUnsound.
    """
    there = await administration_to_change(session, caller.district_id, administration_id)
    ensure_match(if_match, there.revision)
    instrument = await _instrument_of(session, command, caller.district_id)
    consent_mode = _consent_needed(command, instrument)
    changes = _changes(there, command, consent_mode)
    if not changes:
        return
    fixed = changes - changeable(there, now)
    if fixed:
        raise PlanIsFixed(errors=[_fixed(name, _state(there, now)) for name in sorted(fixed)])
    _ensure_sound(command, instrument, now)
    values = {**_stored(command, consent_mode), "revision": there.revision + 1}
    if "schools" in changes:
        values["units_id"] = uuid4()
        await session.execute(delete(administration_units).where(*_its(administration_units.c, there)))
        await _store_units(session, caller.district_id, administration_id, command.units())
    await session.execute(update(administrations).where(*_its(_A, there)).values(values))


async def withdraw_plan(
    session: Session, administration_id: UUID, *, caller: Caller, if_match: str | None, now: datetime
) -> None:
    """A draft without access codes never was: nobody was told of it.

    Raises: AdministrationNotFound, ChangedMeanwhile, PlanIsFixed.
    """
    there = await administration_to_change(session, caller.district_id, administration_id)
    ensure_match(if_match, there.revision)
    if there.status is not Status.DRAFT or there.has_codes:
        raise PlanIsFixed(f"It cannot be taken back: the survey is {_state(there, now)}.")
    await destroy_key(session, district_id=caller.district_id, administration_id=administration_id)
    for table in (parental_choices, administration_units, administrations):
        await session.execute(delete(table).where(*_its(table.c, there)))


async def _is_there(session: Session, district_id: str, administration_id: UUID, command: PlanAdministration) -> bool:
    """Whether this very plan was made before. Raises: AdministrationExists for another one under its id."""
    wanted = select(_A.made_from).where(_A.district_id == district_id, _A.administration_id == administration_id)
    made_from = (await session.execute(wanted)).scalar_one_or_none()
    if made_from is not None and bytes(made_from) != command.digest():
        raise AdministrationExists
    return made_from is not None


async def _instrument_of(session: Session, plan: ChangePlan, district_id: str) -> InstrumentView:
    """What the plan asks. Raises: PlanUnsound."""
    try:
        return await read_instrument(session, district_id, plan.instrument_id, plan.version)
    except InstrumentNotFound:
        unknown = Fault("instrument_id", "is none that the district knows, or not in this version")
        raise PlanUnsound(errors=[unknown]) from None


def _ensure_sound(plan: ChangePlan, instrument: InstrumentView, now: datetime) -> None:
    """Raises: PlanUnsound."""
    if faults := faults_of_plan(plan, instrument.items, now=now):
        raise PlanUnsound(errors=faults)


def _consent_needed(plan: ChangePlan, instrument: InstrumentView) -> ConsentMode:
    """What parents have to be given under this plan."""
    asked = {item.item_id for item in plan.asked_of(instrument.items, RespondentGroup.STUDENT)}
    items = [item for item in items_of(instrument) if item.item_id in asked]
    return consent_needed(items, plan.ppra.ppra() if plan.ppra else None)


def _stored(plan: ChangePlan, consent_mode: ConsentMode) -> dict[str, Any]:
    """The columns that say what the plan says."""
    return {
        "instrument_id": plan.instrument_id,
        "instrument_version": plan.version,
        "name": plan.name,
        "opens_at": plan.opens_at,
        "closes_at": plan.closes_at,
        "mode": plan.mode.value,
        "languages": orjson.dumps(plan.languages).decode(),
        "facets": orjson.dumps(plan.facets).decode(),
        "free_text": plan.free_text,
        "ppra": ppra_text(plan.ppra.ppra() if plan.ppra else None),
        "consent_mode": consent_mode.value,
    }


def _changes(there: Administration, plan: ChangePlan, consent_mode: ConsentMode) -> frozenset[str]:
    """What the plan says otherwise than what is there, by the names that `changeable` uses."""
    ppra = plan.ppra.ppra() if plan.ppra else None
    new = {
        "instrument_id": plan.instrument_id,
        "version": plan.version,
        "name": plan.name,
        "opens_at": plan.opens_at,
        "closes_at": plan.closes_at,
        "mode": plan.mode,
        "languages": tuple(plan.languages),
        "facets": tuple(plan.facets),
        "free_text": plan.free_text,
        "ppra": ppra,
        "consent_kept": stronger(consent_mode, ppra.consent if ppra else ConsentMode.NONE),
    }
    changed = {name for name, value in new.items() if getattr(there, name) != value}
    return frozenset(changed | ({"schools"} if tuple(plan.units()) != there.units else set()))


def _fixed(name: str, state: str) -> Fault:
    if name == "consent_kept":  # no field of the plan: it follows from what is asked and from this one
        return Fault("ppra", f"gives parents something else than they were told: the survey is {state}")
    return Fault(name, f"is fixed: the survey is {state}")


def _state(there: Administration, now: datetime) -> str:
    if there.status is Status.DRAFT:
        return "a draft with access codes"
    return "open" if there.takes_answers(now) else "closed"


async def _store_units(session: Session, district_id: str, administration_id: UUID, units: Sequence[Unit]) -> None:
    rows = [
        (
            district_id,
            administration_id,
            unit.school_id,
            unit.respondent_group.value,
            unit.invited,
            unit.school_name,
            frame,
            0,
        )
        for unit in units
        for frame in (orjson.dumps(unit.frame, option=orjson.OPT_NON_STR_KEYS).decode(),)
    ]
    await bulk_insert(session, administration_units, _UNIT_COLUMNS, rows, returning="school_id")


def _its(columns: Any, there: Administration) -> tuple[ColumnElement[bool], ...]:
    return (columns.district_id == there.district_id, columns.administration_id == there.administration_id)
