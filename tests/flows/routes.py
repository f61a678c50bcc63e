"""Which routes a service has, and which permissions each asks for: what walks over all of them begins here."""

from collections.abc import Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from shared.auth import Permission
from shared.testing.service import ServiceInTest


def routes_of(service: ServiceInTest[Any]) -> Iterator[tuple[str, str, list[Permission]]]:
    """Method, path as the document has it, and named permissions of every route."""
    for router in service.process.service.routers(service.process):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in route.methods or ():
                yield method, route.path_format, list(_permissions_of(route.dependant))


def _permissions_of(dependant: Dependant) -> Iterator[Permission]:
    """The permissions that a route's dependencies ask for."""
    if dependant.call is not None and hasattr(dependant.call, "permission"):
        yield dependant.call.permission
    for below in dependant.dependencies:
        yield from _permissions_of(below)
