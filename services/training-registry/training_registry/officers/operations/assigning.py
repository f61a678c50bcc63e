"""Where an officer is assigned: each command, then the function that carries it out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import ConfigDict, Field
from sqlalchemy import insert, select, update

from shared.auth import Caller
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing
from shared.db import Session
from shared.http.bodies import Id, Narrative, SourcedId, StrictBody
from shared.http.etags import ensure_match
from shared.outbox import new_event_id
from training_registry.changes import OnOfficersChanged
from training_registry.days import NearDay
from training_registry.officers.errors import AssignmentExists, AssignmentWithdrawn, SchoolNotYours
from training_registry.officers.models import assignment_versions, assignments
from training_registry.officers.operations.keeping import lock_officer
from training_registry.officers.rules import Assignment, Panelist, ensure_in_order, ensure_no_overlap, ensure_not_own
from training_registry.officers.views.finding import ensure_officer_visible, officers_known
from training_registry.officers.views.records import AssignmentView, find_assignment


class SitOnPanel(StrictBody):
    """Somebody on the panel that chose the officer: what he is, not who."""

    school_id: SourcedId | None = Field(None, description="The school he comes from.")
    role: Annotated[Panelist, Field(strict=False)]


class CorrectAssignment(StrictBody):
    """An assignment's days, and the school's part in choosing the officer, as they are to be."""

    from_on: NearDay
    to_on: NearDay | None = Field(None, description="The last day; left out while no end is known.")
    principal_interviewed: bool | None = Field(None, description="Whether the principal did; null: not recorded.")
    principal_endorsed: bool | None = Field(None, description="Whether the principal did; null: not recorded.")
    selection_panel: list[SitOnPanel] = Field([], max_length=50)

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"from_on": "2026-08-10", "to_on": "2027-06-30", "principal_endorsed": True}]}
    )

    def content(self) -> dict[str, Any]:
        """What a version of the assignment keeps of it."""
        panel = [{"school_id": p.school_id, "role": p.role.value} for p in self.selection_panel]
        return {
            "from_on": self.from_on,
            "to_on": self.to_on,
            "principal_interviewed": self.principal_interviewed,
            "principal_endorsed": self.principal_endorsed,
            "selection_panel": panel,
        }


class AssignOfficer(CorrectAssignment):
    """An officer is to serve at a school."""

    assignment_id: Id | None = Field(None, description="Chosen by the caller, so that a repeat is known as one.")
    school_id: SourcedId

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "school_id": "s-1",
                    "from_on": "2026-08-10",
                    "principal_interviewed": True,
                    "principal_endorsed": True,
                    "selection_panel": [{"school_id": "s-1", "role": "principal"}, {"role": "parent"}],
                }
            ]
        }
    )


class WithdrawAssignment(StrictBody):
    """The assignment was a mistake."""

    because: Narrative = Field(description="Sealed.")

    model_config = ConfigDict(json_schema_extra={"examples": [{"because": "Entered for the wrong school."}]})


async def assign_officer(
    session: Session,
    officer_id: str,
    command: AssignOfficer,
    *,
    caller: Caller,
    now: datetime,
    on_change: OnOfficersChanged,
) -> tuple[UUID, bool]:
    """The officer is assigned to the school; what follows for his standing is announced. Its id, and whether it is new.

    The same assignment again, by its id, is the one that is there, whatever was corrected in it since.
    Raises: OwnRecord, OfficerNotFound, SchoolNotYours, EndsBeforeItBegins, AssignmentOverlaps, AssignmentExists.
    """
    district_id = caller.district_id
    ensure_not_own(officer_id, caller.sub)
    ensure_in_order(command.from_on, command.to_on, field="to_on", after="from_on")
    if not caller.sees_school(command.school_id):
        raise SchoolNotYours
    # Locked whoever may see him: the first assignment is what brings him into a caller's sight.
    await lock_officer(session, district_id, officer_id)
    assignment_id = command.assignment_id or new_event_id()
    if command.assignment_id is not None and await _is_there(session, district_id, officer_id, command):
        return assignment_id, False
    await _ensure_no_overlap(session, district_id, officer_id, assignment_id, command, command.school_id)
    columns = ("district_id", "assignment_id", "officer_id", "school_id", "version", "withdrawn")
    row = (district_id, assignment_id, officer_id, command.school_id, 1, False)
    if not await bulk_upsert(session, assignments, columns, [row], on_conflict="ignore"):
        raise AssignmentExists
    await _write_version(
        session,
        command.content(),
        district_id=district_id,
        assignment_id=assignment_id,
        version=1,
        officer_id=officer_id,
        school_id=command.school_id,
        recorded_at=now,
        recorded_by=caller.sub,
    )
    await on_change(session, district_id=district_id, officer_ids=[officer_id], now=now)
    return assignment_id, True


async def correct_assignment(
    session: Session,
    officer_id: str,
    assignment_id: UUID,
    command: CorrectAssignment,
    *,
    caller: Caller,
    if_match: str | None,
    now: datetime,
    on_change: OnOfficersChanged,
) -> None:
    """The assignment is this from now on, and was that before; what follows for his standing is announced.

    Raises: OwnRecord, OfficerNotFound, AssignmentNotFound, SchoolNotYours, AssignmentWithdrawn, EndsBeforeItBegins,
    AssignmentOverlaps, ChangedMeanwhile.
    """
    ensure_in_order(command.from_on, command.to_on, field="to_on", after="from_on")
    there = await _to_change(session, officer_id, assignment_id, caller)
    if there.withdrawn:
        raise AssignmentWithdrawn
    ensure_match(if_match, there.version)
    if _content_of(there) == command.content():
        return
    await _ensure_no_overlap(session, caller.district_id, officer_id, assignment_id, command, there.school_id)
    await _change(session, there, command.content(), None, caller=caller, now=now, on_change=on_change)


async def withdraw_assignment(
    session: Session,
    officer_id: str,
    assignment_id: UUID,
    command: WithdrawAssignment,
    *,
    caller: Caller,
    ring: KeyRing,
    if_match: str | None,
    now: datetime,
    on_change: OnOfficersChanged,
) -> None:
    """The assignment never was; what follows for his standing is announced. Again changes nothing.

    Raises: OwnRecord, OfficerNotFound, AssignmentNotFound, SchoolNotYours, ChangedMeanwhile.
    """
    there = await _to_change(session, officer_id, assignment_id, caller)
    if there.withdrawn:
        return
    ensure_match(if_match, there.version)
    key = f"{caller.district_id}/{assignment_id}/{there.version + 1}"
    because = ring.seal(command.because, table="assignment_versions", column="withdrawn_because", key=key)
    await _change(session, there, _content_of(there), because, caller=caller, now=now, on_change=on_change)


async def _is_there(session: Session, district_id: str, officer_id: str, command: AssignOfficer) -> bool:
    """Whether this very assignment was made before. Raises: AssignmentExists for another one under its id."""
    v = assignment_versions.c
    wanted = select(assignment_versions).where(
        v.district_id == district_id, v.assignment_id == command.assignment_id, v.version == 1
    )
    first = (await session.execute(wanted)).one_or_none()
    if first is None:
        return False
    sent = {**command.content(), "officer_id": officer_id, "school_id": command.school_id}
    made = {name: getattr(first, name) for name in sent}
    made["selection_panel"] = orjson.loads(first.selection_panel)
    if made != sent:
        raise AssignmentExists
    return True


async def _to_change(session: Session, officer_id: str, assignment_id: UUID, caller: Caller) -> AssignmentView:
    ensure_not_own(officer_id, caller.sub)
    await lock_officer(session, caller.district_id, officer_id)
    await ensure_officer_visible(session, caller, officer_id)
    there = await find_assignment(session, caller.district_id, officer_id, assignment_id)
    if not caller.sees_school(there.school_id):
        raise SchoolNotYours
    return there


async def _ensure_no_overlap(
    session: Session,
    district_id: str,
    officer_id: str,
    assignment_id: UUID,
    command: CorrectAssignment,
    school_id: str,
) -> None:
    known = await officers_known(session, district_id, officer_ids=[officer_id])
    new = Assignment(assignment_id, school_id, command.from_on, command.to_on)
    ensure_no_overlap(new, known[officer_id].assignments)


async def _change(
    session: Session,
    there: AssignmentView,
    content: Mapping[str, Any],
    withdrawn_because: bytes | None,
    *,
    caller: Caller,
    now: datetime,
    on_change: OnOfficersChanged,
) -> None:
    a, version = assignments.c, there.version + 1
    await session.execute(
        update(assignments)
        .where(a.district_id == caller.district_id, a.assignment_id == there.assignment_id)
        .values(version=version, withdrawn=withdrawn_because is not None)
    )
    await _write_version(
        session,
        content,
        district_id=caller.district_id,
        assignment_id=there.assignment_id,
        version=version,
        officer_id=there.officer_id,
        school_id=there.school_id,
        withdrawn_because=withdrawn_because,
        # The clock of another process may be behind; no version is known earlier than the one before it.
        recorded_at=max(now, there.changed_at),
        recorded_by=caller.sub,
    )
    await on_change(session, district_id=caller.district_id, officer_ids=[there.officer_id], now=now)


async def _write_version(session: Session, content: Mapping[str, Any], **rest: Any) -> None:
    panel = orjson.dumps(content["selection_panel"]).decode()
    await session.execute(insert(assignment_versions).values({**content, **rest, "selection_panel": panel}))


def _content_of(there: AssignmentView) -> dict[str, Any]:
    panel = [{"school_id": p.school_id, "role": p.role.value} for p in there.selection_panel]
    return {
        "from_on": there.from_on,
        "to_on": there.to_on,
        "principal_interviewed": there.principal_interviewed,
        "principal_endorsed": there.principal_endorsed,
        "selection_panel": panel,
    }
