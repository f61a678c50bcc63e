"""A query parameter that a route does not know is refused: a slip like `?statuss=open` must not widen an answer."""

from collections import Counter
from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from shared.errors import Fault
from shared.http.problems import RequestHasFaults


def ensure_known(request: Request) -> None:
    """Refuse what the route does not know, and what is given twice: of two schools only the last would be answered for.

    No route takes a list of values under one name. Raises: RequestHasFaults (422).
    """
    if not request.scope["query_string"]:
        return
    known = _known_to(request.scope["route"])
    given = Counter(name for name, _ in request.query_params.multi_items())
    unknown = set() if known is None else given.keys() - known
    slips = {name: _REPEATED for name, times in given.items() if times > 1} | dict.fromkeys(unknown, _UNKNOWN)
    faults = [Fault(f"query.{name[:80]}", problem) for name, problem in sorted(slips.items())]
    if faults:
        raise RequestHasFaults(f"{len(faults)} fault{'s' if len(faults) > 1 else ''}.", errors=faults)


_UNKNOWN = "is not a parameter of this route"
_REPEATED = "is given more than once"


def _known_to(route: APIRoute) -> frozenset[str] | None:
    """The names of a route's query parameters; None where a model takes them and refuses others itself."""
    names: set[str] = set()
    for dependant in _with_dependencies(route.dependant):
        for parameter in dependant.query_params:
            kind = parameter.field_info.annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                if kind.model_config.get("extra") == "forbid":
                    return None
                names.update(field.alias or name for name, field in kind.model_fields.items())
                continue
            names.add(parameter.alias)
    return frozenset(names)


def _with_dependencies(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for dependency in dependant.dependencies:
        yield from _with_dependencies(dependency)
