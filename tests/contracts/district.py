"""A district for strangers to look around in: all services on ports of this process, with something to be found.

Whoever makes up its ids would meet 404 nearly everywhere: `known` holds what is there.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import structlog
import uvicorn

from referral_api.students.imports.worker import ImportWorker
from shared.auth import Role
from shared.auth.issuing import issue_token
from shared.testing.service import DISTRICT, ServiceInTest
from tests.contracts.surveys import survey
from tests.contracts.training import train
from tests.flows.suite import Suite, suite

PROVIDER = "p-1"
STUDENTS = {"st-1": "s-1", "st-2": "s-2", "st-3": "s-1"}
_LIVES: tuple[tuple[Mapping[str, str], ...], ...] = (
    (),
    ({"to": "accepted"},),
    ({"to": "rejected", "reason": "not_eligible"},),
    ({"to": "accepted"}, {"to": "in_progress"}),
    ({"to": "accepted"}, {"to": "on_hold", "reason": "waitlisted"}),
    ({"to": "accepted"}, {"to": "in_progress"}, {"to": "completed"}),
    ({"to": "cancelled", "reason": "family_declined"},),
    ({"to": "entered_in_error"},),
)
_EACH_LIFE = 8
"""More referrals than a page holds, so that lists have a second one."""
_SAME_STUDENT = len(STUDENTS) * len(_LIVES)
"""So many referrals further on stands one of the same student that has come as far."""


@dataclass(frozen=True, slots=True)
class District:
    """Services that answer, and what is known of the district in them."""

    services: Mapping[str, ServiceInTest[Any]]
    urls: Mapping[str, str]
    tokens: Mapping[Role, str]
    known: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Values that lead somewhere: by the service, and the name of the parameter or field that takes them. Before the
    name may stand the operation that these values are for."""
    cursors: Mapping[str, str]
    """A way to the second page, by the list that gave it."""


@contextmanager
def district(folder: Path) -> Iterator[District]:
    """The services, served from a thread until the end; the caller's own is free to block."""
    opened: list[District] = []
    broken: list[BaseException] = []
    is_open, is_over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with suite(folder) as made, _listening(made) as addresses:
            opened.append(await _lived_in(made, addresses))
            is_open.set()
            await asyncio.to_thread(is_over.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as problem:
            broken.append(problem)
            is_open.set()

    # A failure's report would drown in a line for each of thousands of requests.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    thread = threading.Thread(target=run)
    thread.start()
    is_open.wait()
    try:
        if opened:
            yield opened[0]
    finally:
        is_over.set()
        thread.join()
        structlog.reset_defaults()
    if broken:
        raise broken[0]


@asynccontextmanager
async def _listening(made: Suite) -> AsyncIterator[dict[str, str]]:
    """The services on ports of their own, over the HTTP server that they run on in earnest."""
    servers: list[uvicorn.Server] = []
    async with asyncio.TaskGroup() as tasks:
        for service in made.services.values():
            config = uvicorn.Config(service.app, port=0, http="httptools", log_config=None, lifespan="off", ws="none")
            servers.append(uvicorn.Server(config))
            tasks.create_task(servers[-1].serve())
        try:
            while not all(server.started for server in servers):
                await asyncio.sleep(0.01)
            ports = [server.servers[0].sockets[0].getsockname()[1] for server in servers]
            yield {name: f"http://127.0.0.1:{port}" for name, port in zip(made.services, ports, strict=True)}
        finally:
            for server in servers:
                server.should_exit = True


async def _lived_in(made: Suite, urls: dict[str, str]) -> District:
    tokens = {role: _token(made, role) for role in Role}
    async with made.referral_api.client("counselor") as counselor, made.referral_api.client("staff") as staff:
        referrals = [
            await _a_life(staff if n % 4 == 1 else counselor, counselor, life, student=list(STUDENTS)[n % 3])
            for n in range(_EACH_LIFE)
            for life in _LIVES
        ]
    async with made.referral_api.client("administrator") as reader:
        for student in (*STUDENTS, "nobody") * 2:
            await reader.get(f"/v1/students/{student}")  # for the ledger
    disclosures = await _emergencies(made)
    async with made.referral_api.client("integration") as vendor:
        sent = await vendor.post("/v1/roster/imports", content=b"no zip", headers={"Content-Type": "application/zip"})
        imports = [sent.json()["import_id"]]
    process = made.referral_api.process
    await ImportWorker(process.database, process.ring, process.settings, process.clock).run_next()
    known = {
        "referral-api": _known_of(referrals, imports) | {"disclosure_id": disclosures},
        "climate-survey-api": await survey(made.climate_survey_api),
        "training-registry": await train(made.training_registry),
        "reporting": {"school_id": ("s-1", "s-2"), "school_year": ("2027",), "as_of": (_now()[:10],)},
    }
    await made.drain()
    return District(
        services=made.services,
        urls=urls,
        tokens=tokens,
        known=known,
        cursors={
            f"GET {path}": await _second_page(service, path, asked_with, known[name])
            for name, service in made.services.items()
            for path, asked_with in _lists(service)
        },
    )


def _known_of(referrals: Sequence[str], imports: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return {
        "referral_id": tuple(referrals),
        "into": (*referrals[_SAME_STUDENT:], *referrals[:_SAME_STUDENT]),
        "import_id": tuple(imports),
        "student_id": (*STUDENTS, "nobody"),
        "school_id": ("s-1", "s-2"),
        "provider_id": (PROVIDER,),
        "contacted_at": (_now(),),
        "noted_at": (_now(),),
        "on": (_now()[:10],),
        "to": ("accepted", "cancelled", "entered_in_error"),
        "reason": ("other",),
        "role": ("administrator",),
        "outcome": ("disclosed",),
        "limit": ("1",),
        "If-Match": ("*",),
        "Purpose-Of-Use": ("school_official_duty",),
    }


def _lists(service: ServiceInTest[Any]) -> Iterator[tuple[str, list[str]]]:
    """The paths that answer page by page, with the query parameters that they have to be asked with."""
    for path, methods in service.app.openapi()["paths"].items():
        parameters = methods.get("get", {}).get("parameters", ())
        if any(parameter["name"] == "cursor" for parameter in parameters):
            yield path, [one["name"] for one in parameters if one["in"] == "query" and one.get("required")]


async def _second_page(
    service: ServiceInTest[Any], path: str, asked_with: Sequence[str], known: Mapping[str, tuple[str, ...]]
) -> str:
    """A way to it, where the list is that of the second known thing, or of a later one: the first may have too few."""
    page: dict[str, Any] = {}
    async with service.client("administrator") as client:
        for number in range(1, 6):
            these = {name: values[number % len(values)] for name, values in known.items()}
            asked = {"limit": "1"} | {name: these[name] for name in asked_with}
            page = (await client.get(path.format_map(these), params=asked)).json()
            if page.get("next_cursor"):
                return str(page["next_cursor"])
    raise AssertionError((path, page))


def _token(made: Suite, role: Role) -> str:
    return issue_token(
        made.referral_api.process.settings.keys_dir,
        sub=role.value,
        district_id=DISTRICT,
        role=role,
        provider_id=PROVIDER if role is Role.PROVIDER else None,
        now=datetime.now(UTC),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat()


async def _emergencies(made: Suite) -> tuple[str, ...]:
    """Entries of the ledger that wait for a second person."""
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    stated = {"Purpose-Of-Use": "health_safety_emergency", "Emergency-Threat": "A threat.", "Emergency-Until": until}
    async with made.referral_api.client("counselor") as counselor:
        for student in (*STUDENTS, *STUDENTS):
            assert (await counselor.get(f"/v1/students/{student}", headers=stated)).status_code == 200
    async with made.referral_api.client("administrator") as principal:
        waiting = (await principal.get("/v1/disclosures?review=pending")).json()["items"]
    return tuple(entry["disclosure_id"] for entry in waiting)


async def _a_life(
    referrer: httpx2.AsyncClient, counselor: httpx2.AsyncClient, life: tuple[Mapping[str, str], ...], *, student: str
) -> str:
    """A referral that has come this far, shared with a provider; its id."""
    body = {
        "student_id": student,
        "school_id": STUDENTS[student],
        "need": "grief",
        "urgency": "soon",
        "summary": "Sits alone.",
        "provider_id": PROVIDER,
        "consent": {"agreed": True, "by": "parent", "on": _now()[:10]},
    }
    answer = await referrer.post("/v1/referrals", json=body)
    assert answer.status_code == 201, answer.text
    location = answer.headers["location"]
    for step in life:
        moved = await counselor.post(f"{location}/transitions", json=step)
        assert moved.status_code == 200, moved.text
    return str(answer.json()["referral_id"])
