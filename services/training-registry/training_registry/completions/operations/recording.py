"""Recording what officers have completed: one, or many of which each stands alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.db import Session
from shared.errors import Fault, ServiceError
from shared.http.bodies import ChosenId, Id
from shared.outbox import new_event_id
from training_registry.completions.errors import CompletionExists, OfficerUnknown
from training_registry.completions.operations.contents import StateContent
from training_registry.completions.operations.keeping import Clerk, add
from training_registry.completions.rules import Recorded, ensure_days_fit, ensure_not_own, status_when_recorded
from training_registry.completions.views.finding import find_each
from training_registry.completions.views.records import CONTENT_EXAMPLE
from training_registry.officers.views import lock_officers, officers_seen_by


class RecordCompletion(StateContent):
    """An officer has completed a course."""

    completion_id: Id | None = Field(None, description="Chosen by the caller, so that it may be sent again.")
    officer_id: ChosenId = Field(description="Who completed it: never the sender himself.")

    model_config = ConfigDict(json_schema_extra={"examples": [{"officer_id": "o-1", **CONTENT_EXAMPLE}]})


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a command that was not refused."""

    recorded: Recorded
    is_new: bool


async def record_completion(session: Session, command: RecordCompletion, clerk: Clerk) -> Taken:
    """The completion is recorded and counts, unless it waits for approval; a credential certifies one that counts.

    The very one that was first sent under its id is the one that is there, whatever has become of it.
    Raises: OwnCompletion, CompletionExists, OfficerUnknown, CompletionHasFaults.
    """
    (outcome,) = await record_completions(session, [command], clerk)
    if isinstance(outcome, ServiceError):
        raise outcome
    return outcome


async def record_completions(
    session: Session, commands: Sequence[RecordCompletion], clerk: Clerk
) -> list[Taken | ServiceError]:
    """Each of these is recorded as if it came alone; what became of it, or why it was refused, in their order."""
    officer_ids = {command.officer_id for command in commands}
    seen = await officers_seen_by(session, clerk.caller)
    known = await lock_officers(session, clerk.district_id, officer_ids if seen is None else officer_ids & seen)
    ids = {command.completion_id for command in commands if command.completion_id is not None}
    there = dict(await find_each(session, district_id=clerk.district_id, completion_ids=ids))
    outcomes = [_judged(command, clerk, known, there) for command in commands]
    new = [o.recorded for o in outcomes if isinstance(o, Taken) and o.is_new]
    stored = await add(session, new, clerk)
    lost = {record.completion_id for record in new} - stored.keys()
    # Ids that somebody else took for another officer after they were looked up.
    taken = await find_each(session, district_id=clerk.district_id, completion_ids=lost)
    return [_settled(outcome, stored, taken) for outcome in outcomes]


def _judged(
    command: RecordCompletion, clerk: Clerk, known: frozenset[str], there: dict[UUID, Recorded]
) -> Taken | ServiceError:
    """What becomes of a command beside those before it, which are noted in `there`."""
    try:
        ensure_not_own(command.officer_id, clerk.caller.sub)
        # Before what is there is looked at: it tells nothing of an officer whom the caller may not see.
        if command.officer_id not in known:
            raise OfficerUnknown(errors=[Fault("officer_id", "is no officer of this district")])
        record = _new(command, clerk)
        before = there.get(record.completion_id)
        if before is not None:
            return Taken(_the_same(before, record), is_new=False)
        ensure_days_fit(record.content, clerk.today)
    except ServiceError as refusal:
        return refusal
    there[record.completion_id] = record
    return Taken(record, is_new=True)


def _new(command: RecordCompletion, clerk: Clerk) -> Recorded:
    content = command.content()
    return Recorded(
        completion_id=command.completion_id or new_event_id(),
        officer_id=command.officer_id,
        content=content,
        status=status_when_recorded(content),
        credential_id=None,
        version=1,
        sent_sha256=content.digest(command.officer_id),
        recorded_at=clerk.now,
        updated_at=clerk.now,
    )


def _the_same(there: Recorded, record: Recorded) -> Recorded:
    """The one that is there. Raises: CompletionExists where another one was first sent under its id."""
    if there.sent_sha256 != record.sent_sha256:
        raise CompletionExists(errors=[Fault("completion_id", "is that of another completion")])
    return there


def _settled(
    outcome: Taken | ServiceError, stored: Mapping[UUID, Recorded], taken: Mapping[UUID, Recorded]
) -> Taken | ServiceError:
    """What became of a command once the new ones are stored: with its credential, or refused after all."""
    if isinstance(outcome, ServiceError):
        return outcome
    completion_id = outcome.recorded.completion_id
    if completion_id in stored:
        return Taken(stored[completion_id], outcome.is_new)
    if completion_id in taken:
        try:
            return Taken(_the_same(taken[completion_id], outcome.recorded), is_new=False)
        except CompletionExists as refusal:
            return refusal
    return outcome
