"""Recording the drills that schools have held."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, tzinfo
from typing import Annotated, Any

import orjson
from pydantic import ConfigDict, Field, ValidationInfo, field_validator

from shared.auth import Caller
from shared.bulk import bulk_insert
from shared.crypto import KeyRing
from shared.db import Session
from shared.errors import Fault
from shared.events.training import DrillType
from shared.http.bodies import Id, Line, Moment, Narrative, SourcedId, StrictBody
from shared.outbox import new_event_id, record
from training_registry.activities import announcements, rules
from training_registry.activities.models import drills
from training_registry.activities.operations.reading import Unreadable
from training_registry.activities.rules import Drill, Offer, Verdict
from training_registry.activities.views.drills import EXAMPLE, Checklist, content_of, contents
from training_registry.activities.views.ledger import seal_key
from training_registry.source import SOURCE

COLUMNS = tuple(f.name for f in fields(Drill))
_ID = "drill_id"


class RecordDrill(StrictBody):
    """A school held a safety drill."""

    drill_id: Id | None = Field(None, description="Chosen by the caller, so that an offline phone may create it.")
    school_id: SourcedId
    type: Annotated[DrillType, Field(strict=False)]
    held_at: Moment = Field(description="At most 366 days back, and five minutes ahead.")
    announced: bool = Field(description="Whether staff and students knew that it was a drill.")
    notice_sent_at: Moment | None = Field(None, description="When parents were told: at most five minutes ahead.")
    trauma_informed: Checklist | None = None
    officers_present: list[Line] = Field([], max_length=50, description="Ids of the officers who took part.")
    on_school_day: bool | None = None
    parental_consent: bool | None = Field(None, description="Whether the parents of those who took part had agreed.")
    full_scale: bool = Field(False, description="A full-scale exercise: not on a school day, with parents' consent.")
    after_action: Narrative | None = Field(None, description="What is to be done better. Name nobody.")

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    @field_validator("full_scale")
    @classmethod
    def _keeps_to_the_rule(cls, full_scale: bool, info: ValidationInfo) -> bool:
        asked = (info.data.get("on_school_day"), info.data.get("parental_consent"))
        if full_scale and asked != (False, True):
            raise ValueError("needs on_school_day false and parental_consent true (8 NYCRR 155.17)")
        return full_scale


async def record_drills(
    session: Session,
    commands: Sequence[RecordDrill | Unreadable],
    *,
    caller: Caller,
    ring: KeyRing,
    zone: tzinfo,
    now: datetime,
) -> list[Verdict]:
    """What can be recorded is, each drill for itself; DrillHeld is announced for each that is new.

    Returns what came of each, in their order.
    """
    held: dict[int, Drill] = {}
    offers: list[Offer] = []
    for place, command in enumerate(commands):
        if isinstance(command, Unreadable):
            offers.append(command.offer(_ID))
        else:
            held[place] = _drill(command, caller, zone, now)
            offers.append(_offer(held[place], caller, now))
    places = rules.acceptable(offers)
    rows = [_row_of(held[place], ring) for place in rules.in_order(places)]
    new = await bulk_insert(session, drills, COLUMNS, rows, returning=_ID)
    added = [held[place] for drill_id, place in places.items() if drill_id in new]
    stored = {drill.drill_id: content_of(drill) for drill in added}
    stored |= await contents(session, caller.district_id, rules.named(offers) - stored.keys(), ring)
    told = [announcements.held(drill, event_id=new_event_id(), now=now) for drill in added]
    await record(session, *told, source=SOURCE)
    return rules.verdicts(offers, new=new, stored=stored, id_field=_ID)


def _drill(command: RecordDrill, caller: Caller, zone: tzinfo, now: datetime) -> Drill:
    checklist = command.trauma_informed
    return Drill(
        district_id=caller.district_id,
        drill_id=command.drill_id or new_event_id(),
        school_id=command.school_id,
        type=command.type,
        held_at=command.held_at,
        held_on=rules.day_of(command.held_at, zone),
        announced=command.announced,
        notice_sent_at=command.notice_sent_at,
        trauma_informed=checklist.model_dump() if checklist is not None else None,
        officers_present=tuple(command.officers_present),
        full_scale=command.full_scale,
        on_school_day=command.on_school_day,
        parental_consent=command.parental_consent,
        after_action=command.after_action,
        recorded_at=now,
        recorded_by=caller.sub,
    )


def _offer(drill: Drill, caller: Caller, now: datetime) -> Offer:
    faults = rules.faults_of_time("held_at", drill.held_at, now)
    if drill.notice_sent_at is not None:
        faults += rules.faults_of_future("notice_sent_at", drill.notice_sent_at, now)
    if not caller.sees_school(drill.school_id):
        # The same whether there is such a school: which others the district has is not told.
        faults = (*faults, Fault("school_id", "is none of your schools"))
    return Offer(drill.drill_id, content_of(drill), faults)


def _row_of(drill: Drill, ring: KeyRing) -> list[Any]:
    """A drill as its columns hold it."""
    text, checklist = drill.after_action, drill.trauma_informed
    key = seal_key(drill.district_id, drill.drill_id)
    kept: dict[str, Any] = {name: getattr(drill, name) for name in COLUMNS}
    kept["after_action"] = ring.seal(text, table="drills", column="after_action", key=key) if text is not None else None
    kept["trauma_informed"] = orjson.dumps(checklist).decode() if checklist is not None else None
    kept["officers_present"] = orjson.dumps(drill.officers_present).decode()
    return list(kept.values())
