"""Which event tells of which entry, drill and quota: pure, one event class per fact."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.events.facets import grade_band
from shared.events.training import ActivityLogged, ActivityTakenBack, DrillHeld, DrillQuotaSet, QuotaRow
from training_registry.activities.rules import Drill, Entry, Quota, is_trauma_informed, notice_in_time


def logged(entry: Entry, *, event_id: UUID, now: datetime) -> ActivityLogged:
    """An entry that was not there before."""
    return ActivityLogged(**_of_entry(entry, event_id, now))


def taken_back(entry: Entry, *, event_id: UUID, now: datetime) -> ActivityTakenBack:
    """An entry that counts no more."""
    return ActivityTakenBack(**_of_entry(entry, event_id, now))


def held(drill: Drill, *, event_id: UUID, now: datetime) -> DrillHeld:
    """A drill that was not known before."""
    return DrillHeld(
        event_id=event_id,
        occurred_at=now,
        district_id=drill.district_id,
        drill_id=drill.drill_id,
        school_id=drill.school_id,
        type=drill.type,
        held_at=drill.held_at,
        held_on=drill.held_on,
        announced=drill.announced,
        notice_in_time=notice_in_time(drill.held_at, drill.notice_sent_at),
        trauma_informed=is_trauma_informed(drill.trauma_informed),
    )


def quotas_set(
    quotas: Sequence[Quota], *, district_id: str, version: int, event_id: UUID, now: datetime
) -> DrillQuotaSet:
    """What a district asks of its schools from now on."""
    rows = [
        QuotaRow(quota_id=q.quota_id, type=q.type, least=q.least, from_month=q.from_month, to_month=q.to_month)
        for q in quotas
    ]
    return DrillQuotaSet(event_id=event_id, occurred_at=now, district_id=district_id, version=version, rows=tuple(rows))


def _of_entry(entry: Entry, event_id: UUID, now: datetime) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "occurred_at": now,
        "district_id": entry.district_id,
        "activity_id": entry.activity_id,
        "officer_id": entry.officer_id,
        "school_id": entry.school_id,
        "role": entry.role,
        "kind": entry.kind,
        "started_at": entry.started_at,
        "started_on": entry.started_on,
        "minutes": entry.minutes,
        "students_reached": entry.students_reached,
        "grade_band": grade_band(entry.grade) if entry.grade else None,
    }
