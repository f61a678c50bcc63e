"""What an administration waits for before it can open, and which administrations the clock moves."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import and_, or_, select

from climate_survey_api.administrations.models import administrations
from climate_survey_api.administrations.rules import (
    Administration,
    ConsentMode,
    Hindrance,
    Status,
    hindrances_to_opening,
)
from climate_survey_api.administrations.views.finding import administration_of
from climate_survey_api.policies.rules import SurveyPolicy
from climate_survey_api.policies.views import policy_of
from shared.db import ReadSession

_A = administrations.c


async def hindrances_now(
    session: ReadSession, administration: Administration, *, now: datetime, zone: tzinfo
) -> tuple[Hindrance, ...]:
    """Everything that forbids it to open now, under the district's rules as they are; of one that is open, nothing."""
    asks_parents = administration.consent_mode is not ConsentMode.NONE
    policy = await policy_of(session, administration.district_id) if asks_parents else SurveyPolicy()
    today = now.astimezone(zone).date()
    return hindrances_to_opening(administration, now=now, today=today, notice_days=policy.notice_days)


@dataclass(frozen=True, slots=True)
class Due:
    """An administration whose time has come."""

    district_id: str
    administration_id: UUID
    status: Status
    closes_at: datetime


async def administrations_due(session: ReadSession, *, now: datetime, zone: tzinfo) -> list[Due]:
    """Drafts that may open, open ones whose window is over, and open ones of which a day's end is to be told.

    One statement, over those that are not closed: at rest it finds nothing, and that is all. A draft that something
    forbids to open costs a look at the district's rules.
    """
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    draft = and_(_A.status == Status.DRAFT.value, _A.opens_at <= now, _A.closes_at > now)
    is_open = and_(_A.status == Status.OPEN.value, or_(_A.closes_at <= now, _A.progress_through < yesterday))
    rows = (await session.execute(select(administrations).where(or_(draft, is_open)))).all()
    due = []
    for row in rows:
        there = administration_of(row, ())
        if not await hindrances_now(session, there, now=now, zone=zone):
            due.append(Due(row.district_id, row.administration_id, there.status, row.closes_at))
    return due
