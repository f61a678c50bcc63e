"""Recording completions over HTTP: one, or a list of which each stands alone."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError, WrapValidator

from shared.auth import Caller
from shared.auth.permissions import Permission
from shared.db import Session
from shared.errors import ServiceError
from shared.http.idempotency import KeyReused
from shared.http.lists import Many, one_or_many
from shared.http.problems import FaultBody, RequestHasFaults, faults_of, problems
from shared.http.runtime import AtHand, Now, WriteSession, allowed
from training_registry.completions.errors import CompletionExists, CompletionHasFaults, OfficerUnknown, OwnCompletion
from training_registry.completions.operations.keeping import Clerk
from training_registry.completions.operations.recording import (
    RecordCompletion,
    Taken,
    record_completion,
    record_completions,
)
from training_registry.completions.routes.clerks import Clerks, as_it_stands
from training_registry.completions.views.records import COMPLETION_ID, CompletionView

Recorder = Annotated[Caller, Depends(allowed(Permission.COMPLETIONS_RECORD))]

Sent = Annotated[RecordCompletion | Many, WrapValidator(one_or_many(RecordCompletion)), Body()]


class RecordedItem(BaseModel):
    """What became of one entry of a list."""

    index: int = Field(description="Its place in the list, from 0.")
    completion_id: UUID | None = Field(description="Null where it was refused and had none that can be read.")
    credential_id: UUID | None = Field(description="What certifies it; null while it does not count.")
    status: int = Field(description="As if it had come alone: 201, 200, 403, 409 or 422.")
    errors: list[FaultBody] = Field([], description="What is wrong with it.")


class RecordedList(BaseModel):
    """What became of each entry, in their order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "index": 0,
                            "completion_id": COMPLETION_ID,
                            "credential_id": "0197a4c2-2a10-7d11-8c02-6f1e2d3c4b5a",
                            "status": 201,
                            "errors": [],
                        },
                        {
                            "index": 1,
                            "completion_id": None,
                            "credential_id": None,
                            "status": 422,
                            "errors": [{"path": "topics.law", "problem": "must have at most two decimals"}],
                        },
                    ]
                }
            ]
        }
    )

    items: list[RecordedItem]


_OTHER_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": CompletionView, "description": "It was there already, just so."},
    207: {"model": RecordedList, "description": "To a list: what became of each entry."},
}


def add_recording_routes(router: APIRouter, clerks: Clerks) -> None:
    """The route by which completions come in."""

    @router.post(
        "",
        status_code=201,
        response_model=CompletionView,
        responses=_OTHER_ANSWERS
        | problems(OwnCompletion, CompletionExists, OfficerUnknown, CompletionHasFaults, KeyReused),
    )
    async def record(
        caller: Recorder,
        sent: Sent,
        session: WriteSession,
        response: Response,
        at_hand: AtHand,
        now: Now,
    ) -> CompletionView | Response:
        """Record what an officer has completed; or a list of up to 500, of which a bad one keeps no good one out.

        The sender is never the subject. What was sent before under its `completion_id` is answered as it stands now.
        """
        clerk = clerks.clerk(caller, at_hand, now)
        if isinstance(sent, list):
            return await _record_list(session, sent, clerk)
        taken = await record_completion(session, sent, clerk)
        response.status_code = 201 if taken.is_new else 200
        response.headers["Location"] = f"/v1/completions/{taken.recorded.completion_id}"
        return await as_it_stands(session, taken.recorded.completion_id, clerk, response)


async def _record_list(session: Session, entries: Sequence[object], clerk: Clerk) -> Response:
    read = [_command_or_refusal(entry) for entry in entries]
    commands = [command for command in read if isinstance(command, RecordCompletion)]
    outcomes = iter(await record_completions(session, commands, clerk))
    items = [
        _item(index, entry, next(outcomes) if isinstance(command, RecordCompletion) else command)
        for index, (entry, command) in enumerate(zip(entries, read, strict=True))
    ]
    return Response(RecordedList(items=items).model_dump_json(), 207, media_type="application/json")


def _command_or_refusal(entry: object) -> RecordCompletion | ServiceError:
    try:
        return RecordCompletion.model_validate(entry)
    except ValidationError as error:
        return RequestHasFaults(errors=faults_of(error.errors(include_url=False, include_input=False)))


def _item(index: int, entry: object, outcome: Taken | ServiceError) -> RecordedItem:
    if isinstance(outcome, Taken):
        return RecordedItem(
            index=index,
            completion_id=outcome.recorded.completion_id,
            credential_id=outcome.recorded.credential_id,
            status=201 if outcome.is_new else 200,
        )
    return RecordedItem(
        index=index,
        completion_id=_id_in(entry),
        credential_id=None,
        status=outcome.status,
        errors=[FaultBody(path=f.path or "body", problem=f.problem) for f in outcome.errors],
    )


def _id_in(entry: object) -> UUID | None:
    """The id that a refused entry was to have, where one can be read."""
    sent = entry.get("completion_id") if isinstance(entry, Mapping) else None
    try:
        return UUID(sent) if isinstance(sent, str) else None
    except ValueError:
        return None
