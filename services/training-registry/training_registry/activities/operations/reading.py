"""Lists of which each part stands alone: what can be read of it becomes a command, what cannot stays beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from pydantic import ValidationError

from shared.errors import Fault
from shared.http.bodies import StrictBody
from shared.http.problems import faults_of
from training_registry.activities.rules import Offer

Command = TypeVar("Command", bound=StrictBody)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a list that is no command, as it was sent, and what is wrong with it."""

    sent: object
    faults: tuple[Fault, ...]

    def said(self, field: str) -> str | None:
        """The text that it has in a field all the same."""
        value = self.sent.get(field) if isinstance(self.sent, dict) else None
        return value if isinstance(value, str) else None

    def offer(self, id_field: str) -> Offer:
        """It as something that cannot be taken, under its id if that much can be read."""
        try:
            entry_id = UUID(self.said(id_field))
        except (TypeError, ValueError):
            entry_id = None
        return Offer(entry_id, None, self.faults)


def read_each(sent: Sequence[object], command: type[Command]) -> list[Command | Unreadable]:
    """Each part as a command, or why it is none."""
    read: list[Command | Unreadable] = []
    for part in sent:
        try:
            read.append(command.model_validate(part))
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            faults = faults_of([{**one, "loc": ("body", *one["loc"])} for one in found])
            read.append(Unreadable(part, tuple(faults)))
    return read
