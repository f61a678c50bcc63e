"""What the parts of these events have in common."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A part of an event: frozen, and read leniently, as events are."""

    model_config = ConfigDict(frozen=True, extra="ignore")
