"""Logging what an officer did, many entries at once, and taking an entry back."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from operator import attrgetter
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from sqlalchemy import select, update

from shared.auth import Caller, Role
from shared.bulk import bulk_insert
from shared.crypto import KeyRing
from shared.db import Session
from shared.errors import Fault
from shared.events.training import ActivityKind, TriadRole
from shared.http.bodies import Id, Line, Moment, SourcedId, StrictBody
from shared.outbox import new_event_id, record
from training_registry.activities import announcements, rules
from training_registry.activities.errors import ActivityNotFound, NotYourLedger
from training_registry.activities.models import activities
from training_registry.activities.operations.reading import Unreadable
from training_registry.activities.rules import Entry, Offer, Verdict
from training_registry.activities.views.ledger import COLUMNS, EXAMPLE, Lesson, content_of, contents, seal_key
from training_registry.source import SOURCE

_ID = "activity_id"
_VALUES = attrgetter(*COLUMNS)


class LogActivity(StrictBody):
    """An officer did something as educator, mentor or law enforcement. Who the students were is not told."""

    activity_id: Id | None = Field(None, description="Chosen by the caller, so that an offline phone may create it.")
    officer_id: Line
    school_id: SourcedId
    role: Annotated[TriadRole, Field(strict=False)]
    kind: Annotated[ActivityKind, Field(strict=False)]
    started_at: Moment = Field(description="At most 366 days back, and five minutes ahead.")
    minutes: int = Field(ge=1, le=1440)
    students_reached: int = Field(ge=0, le=5000, description="How many took part.")
    lesson: Lesson | None = Field(None, description="Of an entry of the kind `lesson` only.")

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    @field_validator("lesson")
    @classmethod
    def _belongs_to_a_lesson(cls, lesson: Lesson | None, info: ValidationInfo) -> Lesson | None:
        if lesson is not None and info.data.get("kind", ActivityKind.LESSON) is not ActivityKind.LESSON:
            raise ValueError("belongs to an entry of the kind lesson")
        return lesson


async def log_activities(
    session: Session, commands: Sequence[LogActivity | Unreadable], *, caller: Caller, zone: tzinfo, now: datetime
) -> list[Verdict]:
    """What can stand in the ledger does, each entry for itself; ActivityLogged is announced for each that is new.

    Returns what came of each, in their order.
    Raises: NotYourLedger, and nothing is stored, where an officer logs what another did.
    """
    if caller.role is Role.OFFICER and any(_officer_of(command) not in (None, caller.sub) for command in commands):
        raise NotYourLedger
    entries: dict[int, Entry] = {}
    offers: list[Offer] = []
    for place, command in enumerate(commands):
        if isinstance(command, Unreadable):
            offers.append(command.offer(_ID))
        else:
            entries[place] = _entry(command, caller, zone, now)
            offers.append(_offer(entries[place], caller, now))
    places = rules.acceptable(offers)
    rows = [_VALUES(entries[place]) for place in rules.in_order(places)]
    new = await bulk_insert(session, activities, COLUMNS, rows, returning=_ID)
    added = [entries[place] for activity_id, place in places.items() if activity_id in new]
    stored = {entry.activity_id: content_of(entry) for entry in added}
    stored |= await contents(session, caller.district_id, rules.named(offers) - stored.keys())
    told = [announcements.logged(entry, event_id=new_event_id(), now=now) for entry in added]
    await record(session, *told, source=SOURCE)
    return rules.verdicts(offers, new=new, stored=stored, id_field=_ID)


def _officer_of(command: LogActivity | Unreadable) -> object:
    return command.officer_id if isinstance(command, LogActivity) else command.said("officer_id")


def _entry(command: LogActivity, caller: Caller, zone: tzinfo, now: datetime) -> Entry:
    lesson = command.lesson
    return Entry(
        district_id=caller.district_id,
        activity_id=command.activity_id or new_event_id(),
        officer_id=command.officer_id,
        school_id=command.school_id,
        role=command.role,
        kind=command.kind,
        started_at=command.started_at,
        started_on=rules.day_of(command.started_at, zone),
        minutes=command.minutes,
        students_reached=command.students_reached,
        programme=lesson.programme if lesson is not None else None,
        grade=lesson.grade if lesson is not None else None,
        topic=lesson.topic if lesson is not None else None,
        logged_at=now,
        logged_by=caller.sub,
    )


def _offer(entry: Entry, caller: Caller, now: datetime) -> Offer:
    faults = rules.faults_of_time("started_at", entry.started_at, now)
    if not caller.sees_school(entry.school_id):
        # The same whether there is such a school: which others the district has is not told.
        faults = (*faults, Fault("school_id", "is none of your schools"))
    return Offer(entry.activity_id, content_of(entry), faults)


class WithdrawActivity(StrictBody):
    """An entry should never have been made."""

    because: Line

    model_config = ConfigDict(json_schema_extra={"examples": [{"because": "Logged twice, from two phones."}]})


async def withdraw_activity(
    session: Session, activity_id: UUID, command: WithdrawActivity, *, caller: Caller, ring: KeyRing, now: datetime
) -> None:
    """The entry counts no more; ActivityTakenBack is announced, once. Withdrawn again it stays as it is.

    Raises: ActivityNotFound, also where an officer names what another did.
    """
    a = activities.c
    this = (a.district_id == caller.district_id, a.activity_id == activity_id)
    row = (await session.execute(select(activities).where(*this).with_for_update())).one_or_none()
    if row is None:
        raise ActivityNotFound
    is_his = row.officer_id == caller.sub if caller.role is Role.OFFICER else caller.sees_school(row.school_id)
    if not is_his:
        raise ActivityNotFound
    if row.withdrawn_at is not None:
        return
    key = seal_key(caller.district_id, activity_id)
    because = ring.seal(command.because, table="activities", column="withdrawn_because", key=key)
    changed = {"withdrawn_at": now, "withdrawn_by": caller.sub, "withdrawn_because": because}
    await session.execute(update(activities).where(*this).values(changed))
    entry = Entry(**{name: getattr(row, name) for name in COLUMNS})
    await record(session, announcements.taken_back(entry, event_id=new_event_id(), now=now), source=SOURCE)
