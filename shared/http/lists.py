"""A body that is one thing or a list of them, each of which stands alone: a bad one keeps no good one out."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from shared.http.bodies import StrictBody

MOST = 500
"""Things in a list."""
Many = Annotated[list[Any], Field(min_length=1, max_length=MOST, description="Each is judged for itself.")]
"""A list whose parts are looked at one by one later."""

_MANY: TypeAdapter[list[Any]] = TypeAdapter(Many)


def one_or_many(command: type[StrictBody]) -> Callable[[Any, Any], Any]:
    """How a body is read that is this command, or a list: for `WrapValidator` of `command | Many`.

    By what it is, so that its faults are those of what was meant and not of either.
    """

    def read(sent: Any, _either: Any) -> Any:
        if isinstance(sent, list):
            return _MANY.validate_python(sent)
        if isinstance(sent, dict):
            return command.model_validate(sent)
        raise ValueError("must be an object or a list")

    return read
