"""What happens to a survey in time: it opens, tells at the end of each day how far it has come, and closes."""

from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import ColumnElement, select, update

from climate_survey_api.administrations.digests import destroy_key
from climate_survey_api.administrations.errors import (
    AlreadyClosed,
    ConsentTooWeak,
    NeverOpened,
    OpeningForbidden,
    ParentsNotTold,
    WindowNotBegun,
    WindowOver,
)
from climate_survey_api.administrations.models import administration_units, administrations
from climate_survey_api.administrations.operations.marking import administration_to_change
from climate_survey_api.administrations.rules import Administration, Hindrance, Status
from climate_survey_api.administrations.views.waiting import hindrances_now
from climate_survey_api.changes import OnClosing, OnOpening, UsedCodes
from climate_survey_api.source import SOURCE
from shared.bulk import bulk_update
from shared.crypto import KeyRing
from shared.db import Session
from shared.events.facets import school_year_of
from shared.events.surveys import SurveyClosed, SurveyOpened, SurveyProgressed, UnitInvited, UnitUsed
from shared.http.etags import ensure_match
from shared.outbox import new_event_id, record

_A, _U = administrations.c, administration_units.c
_REFUSALS: dict[Hindrance, type[OpeningForbidden]] = {
    Hindrance.CLOSED: AlreadyClosed,
    Hindrance.AFTER_CLOSES_AT: WindowOver,
    Hindrance.BEFORE_OPENS_AT: WindowNotBegun,
    Hindrance.CONSENT_TOO_WEAK: ConsentTooWeak,
    Hindrance.NO_NOTICE: ParentsNotTold,
}
_NONE = (0, 0)


async def open_administration(
    session: Session,
    ring: KeyRing,
    administration_id: UUID,
    *,
    district_id: str,
    now: datetime,
    zone: tzinfo,
    on_opening: OnOpening,
    if_match: str | None = None,
) -> None:
    """The survey takes answers from now on, and it is announced that it opened. Again changes nothing.

    Raises: AdministrationNotFound, ChangedMeanwhile, OpeningForbidden: the weightiest reason, all in `because`.
    """
    there = await administration_to_change(session, district_id, administration_id)
    if there.status is Status.OPEN:
        return
    ensure_match(if_match, there.revision)
    hindrances = await hindrances_now(session, there, now=now, zone=zone)
    if hindrances:
        raise _REFUSALS[hindrances[0]](because=[hindrance.value for hindrance in hindrances])
    today = now.astimezone(zone).date()
    await _move(
        session,
        there,
        status=Status.OPEN.value,
        opened_at=now,
        # The first day that is told of is the one on which it opened.
        progress_through=today - timedelta(days=1),
    )
    units = tuple(
        UnitInvited(school_id=unit.school_id, respondent_group=unit.respondent_group, invited=unit.invited)
        for unit in there.units
    )
    opened = SurveyOpened(
        event_id=new_event_id(),
        occurred_at=now,
        district_id=district_id,
        administration_id=administration_id,
        instrument_id=there.instrument_id,
        instrument_version=there.version,
        mode=there.mode,
        school_year=_school_year(there, zone),
        opened_on=today,
        closes_at=there.closes_at,
        units=units,
    )
    await record(session, opened, source=SOURCE)
    await on_opening(session, ring, district_id=district_id, administration_id=administration_id)


async def close_administration(
    session: Session,
    ring: KeyRing,
    administration_id: UUID,
    *,
    district_id: str,
    now: datetime,
    zone: tzinfo,
    used_codes: UsedCodes,
    on_closing: OnClosing,
    if_match: str | None = None,
) -> None:
    """The survey takes no answer any more, it is announced who answered, and its answers are counted or will be.

    Answers that were under way are waited for. Where nobody closed it in time it closed when its window ended: from
    then on none was taken. The key to what parents decided is destroyed: whose they are can never be found out.
    Again changes nothing. Raises: AdministrationNotFound, ChangedMeanwhile, NeverOpened.
    """
    there = await administration_to_change(session, district_id, administration_id)
    if there.status is Status.CLOSED:
        return
    if there.status is Status.DRAFT:
        raise NeverOpened
    ensure_match(if_match, there.revision)
    closed_at = min(now, there.closes_at)
    await _move(session, there, status=Status.CLOSED.value, closed_at=closed_at)
    await destroy_key(session, district_id=district_id, administration_id=administration_id)
    by_unit = await used_codes(session, district_id, administration_id)
    closed = SurveyClosed(
        event_id=new_event_id(),
        occurred_at=closed_at,
        district_id=district_id,
        administration_id=administration_id,
        school_year=_school_year(there, zone),
        closed_on=closed_at.astimezone(zone).date(),
        units=tuple(
            UnitUsed(
                school_id=unit.school_id,
                respondent_group=unit.respondent_group,
                invited=unit.invited,
                generated=generated,
                used=used,
            )
            for unit in there.units
            for generated, used in (by_unit.get((unit.school_id, unit.respondent_group), _NONE),)
        ),
    )
    await record(session, closed, source=SOURCE)
    await on_closing(session, ring, district_id=district_id, administration_id=administration_id, now=now)


async def tell_progress(
    session: Session,
    administration_id: UUID,
    *,
    district_id: str,
    now: datetime,
    zone: tzinfo,
    used_codes: UsedCodes,
) -> int:
    """Announce for yesterday, once, how many codes each unit has used, where the number has grown; how many units.

    The number is that of the first look after midnight: what was answered in between counts for the day before. Days
    on which no process ran are told of as one.
    """
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    ours = (_A.administration_id == administration_id, _A.district_id == district_id)
    untold = (_A.status == Status.OPEN.value, _A.progress_through < yesterday)
    told = await session.execute(update(administrations).where(*ours, *untold).values(progress_through=yesterday))
    if told.rowcount != 1:
        return 0
    by_unit = await used_codes(session, district_id, administration_id)
    events, rows = [], []
    wanted = (_U.district_id == district_id, _U.administration_id == administration_id)
    for unit in await session.execute(select(administration_units).where(*wanted)):
        generated, used = by_unit.get((unit.school_id, unit.respondent_group), _NONE)
        if used <= unit.announced_used:
            continue
        rows.append((district_id, administration_id, unit.school_id, unit.respondent_group, used))
        events.append(
            SurveyProgressed(
                event_id=new_event_id(),
                occurred_at=now,
                district_id=district_id,
                administration_id=administration_id,
                school_id=unit.school_id,
                respondent_group=unit.respondent_group,
                counted_on=yesterday,
                invited=unit.invited,
                generated=generated,
                used=used,
            )
        )
    columns = ("district_id", "administration_id", "school_id", "respondent_group", "announced_used")
    await bulk_update(session, administration_units, columns, rows)
    await record(session, *events, source=SOURCE)
    return len(events)


async def _move(session: Session, there: Administration, **values: object) -> None:
    of_it: ColumnElement[bool] = _A.administration_id == there.administration_id
    changed = {**values, "revision": there.revision + 1}
    await session.execute(update(administrations).where(of_it).values(changed))


def _school_year(there: Administration, zone: tzinfo) -> int:
    return school_year_of(there.opens_at.astimezone(zone).date())
