"""How a list of entries is answered, and where a page of them goes on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson
from fastapi import Response

from shared.http.paging import decode_cursor, encode_cursor, unusable
from shared.http.problems import MOST_FAULTS
from training_registry.activities.rules import Verdict

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


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
