"""How a list of entries that was sent is answered."""

from collections.abc import Sequence

import orjson
from fastapi import Response

from shared.http.problems import MOST_FAULTS
from training_registry.activities.rules import Verdict


def answer_each(verdicts: Sequence[Verdict], id_field: str) -> Response:
    """What came of each of a list. Written out here, because a model for each of five hundred takes its time."""
    items: list[dict[str, object]] = []
    for index, verdict in enumerate(verdicts):
        item: dict[str, object] = {"index": index, id_field: verdict.entry_id, "status": verdict.status}
        if verdict.faults:
            item["errors"] = [{"path": f.path, "problem": f.problem} for f in verdict.faults[:MOST_FAULTS]]
        items.append(item)
    return Response(orjson.dumps({"items": items}), 207, media_type="application/json")
