"""What a list is answered with: what came of each thing that was sent, by its place."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.http.problems import FaultBody

_ID = "0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f"


def _example(id_field: str) -> dict[str, Any]:
    fault = {"path": "minutes", "problem": "must be at least 1"}
    items = [
        {"index": 0, id_field: _ID, "status": 201},
        {"index": 1, id_field: None, "status": 422, "errors": [fault]},
    ]
    return {"examples": [{"items": items}]}


class _Result(BaseModel):
    index: int = Field(description="Its place in the list that was sent, from 0.")
    status: Literal[200, 201, 422] = Field(description="201: it is new; 200: it was there; 422: see `errors`.")
    errors: list[FaultBody] = Field([], description="Left out where there are none.")


class ActivityResult(_Result):
    """What came of one entry."""

    activity_id: UUID | None = Field(description="null where it was sent without one that can be read.")


class ActivityResults(BaseModel):
    """What came of each entry of a list."""

    model_config = ConfigDict(json_schema_extra=_example("activity_id"))

    items: list[ActivityResult]


class DrillResult(_Result):
    """What came of one drill."""

    drill_id: UUID | None = Field(description="null where it was sent without one that can be read.")


class DrillResults(BaseModel):
    """What came of each drill of a list."""

    model_config = ConfigDict(json_schema_extra=_example("drill_id"))

    items: list[DrillResult]
