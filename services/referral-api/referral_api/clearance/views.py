"""What the register knows of an officer today: whether his keys fit the record of a student."""

from collections.abc import Collection
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog
from pydantic import ValidationError
from sqlalchemy import select

from referral_api.calendar.views import calendar_to_go_by
from referral_api.clearance.models import agreements_known, officer_standings
from referral_api.clearance.rules import Cleared, Missing, keys_on
from shared.auth import Caller
from shared.db import ReadSession
from shared.events.base import Event
from shared.events.training import AgreementChanged, OfficerStandingChanged

log = structlog.get_logger(__name__)
Told = TypeVar("Told", bound=Event)


async def keys_of(
    session: ReadSession, officer: Caller, *, school_ids: Collection[str], now: datetime
) -> Cleared | Missing:
    """Whether the officer's keys fit the record of a student of these schools, on the day it is in his district."""
    standing = await _standing_of(session, officer.district_id, officer.sub)
    agreements = await _agreements_with(session, standing) if standing is not None else []
    calendar = await calendar_to_go_by(session, officer.district_id)
    return keys_on(standing, agreements, school_ids, now.astimezone(ZoneInfo(calendar.time_zone)).date())


async def _standing_of(session: ReadSession, district_id: str, officer_id: str) -> OfficerStandingChanged | None:
    s = officer_standings.c
    found = await session.execute(select(s.body).where(s.district_id == district_id, s.officer_id == officer_id))
    body = found.scalar_one_or_none()
    return _as_told(OfficerStandingChanged, body) if body is not None else None


async def _agreements_with(session: ReadSession, standing: OfficerStandingChanged) -> list[AgreementChanged]:
    """The agreements with the officer's agency, whether in force or not."""
    a = agreements_known.c
    wanted = select(a.body).where(a.district_id == standing.district_id, a.agency_id == standing.agency_id)
    found = await session.execute(wanted.order_by(a.agreement_id))
    told = (_as_told(AgreementChanged, body) for body in found.scalars())
    return [agreement for agreement in told if agreement is not None]


def _as_told(event: type[Told], body: str) -> Told | None:
    """A row of the register as it was announced. None where it cannot be read, as if nothing had been told of it.

    So what cannot be read opens nothing, and the request that asked for it still stands in the ledger.
    """
    try:
        return event.model_validate_json(body)
    except ValidationError:
        log.error("register_unreadable", event_name=event.name)
        return None
