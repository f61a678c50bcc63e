"""One thing or a list of them in one request: how it is read, and how a list is answered."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Response
from pydantic import Field, TypeAdapter

from shared.http.bodies import StrictBody
from shared.http.paging import decode_cursor, encode_cursor, unusable
from shared.http.problems import MOST_FAULTS
from training_registry.activities.rules import Verdict

MOST = 500
Many = Annotated[list[Any], Field(min_length=1, max_length=MOST, description="Each is judged for itself.")]
"""A list whose parts are looked at one by one, so that a bad one keeps no good one out."""

_MANY: TypeAdapter[list[Any]] = TypeAdapter(Many)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def one_or_many(command: type[StrictBody]) -> Callable[[Any, Any], Any]:
    """How a body is read that is this command, or a list: by what it is, so that faults are those of what was meant."""

    def read(sent: Any, _either: Any) -> Any:
        if isinstance(sent, list):
            return _MANY.validate_python(sent)
        if isinstance(sent, dict):
            return command.model_validate(sent)
        raise ValueError("must be an object or a list")

    return read


def answer_each(verdicts: Sequence[Verdict], id_field: str) -> Response:
    """What came of each of a list. Written out here, because a model for each of five hundred takes its time."""
    items: list[dict[str, object]] = []
    for index, verdict in enumerate(verdicts):
        item: dict[str, object] = {"index": index, id_field: verdict.entry_id, "status": verdict.status}
        if verdict.faults:
            item["errors"] = [{"path": f.path, "problem": f.problem} for f in verdict.faults[:MOST_FAULTS]]
        items.append(item)
    return Response(orjson.dumps({"items": items}), 207, media_type="application/json")


def cursor_of(kind: str, happened_at: datetime, entry_id: UUID) -> str:
    """A cursor behind this thing of a list that is ordered by when it happened."""
    return encode_cursor(kind, (happened_at - _EPOCH) // timedelta(microseconds=1), str(entry_id))


def behind(kind: str, cursor: str | None) -> tuple[datetime, UUID] | None:
    """Where the cursor stands. Raises: CursorUnusable."""
    if cursor is None:
        return None
    since, entry_id = decode_cursor(kind, cursor, (int, str))
    try:
        return _EPOCH + timedelta(microseconds=since), UUID(entry_id)
    except (ValueError, OverflowError):
        raise unusable() from None
