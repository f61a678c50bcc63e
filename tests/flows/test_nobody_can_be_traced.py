"""Whoever holds all that a finished survey has left puts nobody's answers back to her; of a naive layout he does.

Source: docs/decisions/0017.
"""

import io
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import orjson
import pytest
import structlog
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import Column, MetaData, Table, Text, insert, select, text

from climate_survey_api.access_codes.models import code_pepper
from climate_survey_api.access_codes.rules import digest_of, normalise
from climate_survey_api.base import metadata
from climate_survey_api.comments.models import comments
from climate_survey_api.responses.models import ballot_keys, ballots
from climate_survey_api.responses.operations import SubmitResponse, submit_response
from climate_survey_api.results.worker import Counting
from climate_survey_api.settings import Settings
from shared.db import EVERY_DISTRICT, plumbing
from shared.outbox import outbox
from shared.telemetry.tracing import stop_tracing, trace_to
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.responses.surveys import OpenSurvey, a_survey, an_item, close
from tests.climate_survey_api.suite import NOON, Clock, climate_survey_api
from tests.flows.tracing import SAMPLES, Haul, Respondent, all_there_is, unsealed, ways

pytestmark = pytest.mark.slow

INVITED = {("s-1", "student"): 36, ("s-2", "student"): 14, ("s-1", "staff"): 14}
ITEMS = tuple(f"q{number}" for number in range(1, 11))
NAIVE = Table("naive_answers", MetaData(), Column("answers", Text, nullable=False))
"""What many a survey keeps: the answers without a name, in the order in which they came."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A survey that everybody has answered, in a known order."""

    survey: OpenSurvey
    respondents: Sequence[Respondent]
    said: Sequence[dict[str, Any]]
    """What each of them sent."""


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Every line that is logged meanwhile, as it would be written in production."""
    lines, before = io.StringIO(), structlog.get_config()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.TimeStamper(),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(lines),
    )
    yield lines
    structlog.configure(**before)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Every trace that is sent to a collector meanwhile."""
    exporter = InMemorySpanExporter()
    trace_to("climate-survey-api", SimpleSpanProcessor(exporter))
    yield exporter
    stop_tracing()


@pytest.fixture
async def service(database_url: str, tmp_path: Path, logs: io.StringIO) -> AsyncIterator[ServiceInTest[Settings]]:
    """The service, with its files in the test's folder."""
    async with climate_survey_api(database_url, tmp_path, clock=Clock()) as made:
        yield made


async def test_a_thief_of_everything_traces_nobody_of_a_finished_survey(
    service: ServiceInTest[Settings], tmp_path: Path, logs: io.StringIO, spans: InMemorySpanExporter
) -> None:
    answered = await _answered(service)
    await service.drain()
    while_open = await _haul(service, tmp_path, logs)
    _ensure_nothing_is_written_down(while_open, answered.respondents)
    (key,) = (row["key"] for row in while_open.tables[ballot_keys.name])
    assert while_open.holding(key) > {ballot_keys.name}
    sealed = while_open.tables[ballots.name]
    assert len(sealed) == len(answered.respondents)
    for group in ("student", "staff"):
        assert len({len(row["sealed"]) for row in sealed if row["respondent_group"] == group}) == 1

    await _sample(service)
    await close(service, answered.survey)
    results = await _results(service, answered.survey)
    before_the_relay = Haul({outbox.name: (await _haul(service, tmp_path, logs)).tables[outbox.name]}, {}, {})
    assert before_the_relay.holding(b"survey.results_counted.v1")
    await service.drain()
    await _sweep(service)
    seen = {"metrics": await _metrics(service), "traces": _traces(spans)}
    afterwards = await _haul(service, tmp_path, logs, results=results, **seen)
    assert all(b"/v1/responses" in told for told in seen.values())

    assert not afterwards.tables[ballots.name]
    assert not afterwards.tables[ballot_keys.name]
    assert afterwards.holding(key) == set(), (
        "the ring would open it, and it the ballots that deletion has left in files"
    )
    _ensure_nothing_is_written_down(afterwards, answered.respondents)
    assert not any(before_the_relay.holding(mark) for who in answered.respondents for mark in who.marks)
    tried = ways(unsealed(afterwards, service.process.ring, _tables()), answered.respondents)
    assert {way.table for way in tried} == {comments.name}
    best, closest = max(tried, key=lambda way: way.share), max(tried, key=lambda way: way.follows)
    assert best.share < 0.25, best
    assert closest.follows < 0.6, closest


async def test_the_same_thief_traces_everybody_where_answers_are_kept_without_a_name(
    service: ServiceInTest[Settings], tmp_path: Path, logs: io.StringIO
) -> None:
    async with service.process.database.write(EVERY_DISTRICT) as session:
        await session.run_sync(lambda connection: NAIVE.create(connection))

    answered = await _answered(service, keeps_naively=True)

    haul = await _haul(service, tmp_path, logs, NAIVE)
    found = {way.name: way for way in ways(haul, answered.respondents) if way.table == NAIVE.name}
    watched = found["by (place), as watched"]
    assert watched.share == 1
    assert watched.follows == pytest.approx(1)
    if service.process.database.dialect == "postgresql":
        assert found["by (place), as codes by xmin_"].share == 1
        assert found["xmin_ = access_codes.xmin_"].share == 1


async def _metrics(service: ServiceInTest[Settings]) -> bytes:
    async with service.anonymous() as monitoring:
        return (await monitoring.get("/metrics")).content


def _traces(spans: InMemorySpanExporter) -> bytes:
    return "\n".join(span.to_json(indent=None) or "" for span in spans.get_finished_spans()).encode()


async def _sample(service: ServiceInTest[Settings]) -> None:
    """The server looks at all tables, as it does on its own, and keeps some of what it sees."""
    async with service.process.database.dedicated() as connection:
        await connection.execute(text("ANALYZE"))


async def _sweep(service: ServiceInTest[Settings]) -> None:
    """What a process does within seconds of a count."""
    process = service.process
    await Counting(process.database, process.ring, process.clock, UTC).sweep()


def _tables(*more: Table) -> list[Table]:
    return [*metadata.tables.values(), *plumbing.tables.values(), *more]


async def _haul(service: ServiceInTest[Settings], folder: Path, logs: io.StringIO, *more: Table, **said: bytes) -> Haul:
    return await all_there_is(
        service.process.database, _tables(*more), folder, {**said, "logs": logs.getvalue().encode()}
    )


def _ensure_nothing_is_written_down(haul: Haul, respondents: Sequence[Respondent]) -> None:
    """No answers, codes or addresses anywhere; digests where codes are looked up and nowhere else."""
    assert b'"route": "/v1/responses"' in haul.said["logs"]
    assert b"survey.opened.v1" in haul.said["events"]
    of_codes = {name for name in haul.files if "access_codes" in name or name.endswith((".db", ".db-wal"))} | SAMPLES
    for who in respondents:
        for secret in (*who.marks, who.code.encode(), who.code.replace("-", "").encode(), who.address.encode()):
            assert haul.holding(secret) == set()
        assert haul.holding(who.digest) <= {"access_codes"} | of_codes
        assert haul.holding(who.digest.hex().encode()) == set()


async def _answered(service: ServiceInTest[Settings], *, keeps_naively: bool = False) -> Answered:
    """Everybody answers, one after the other, each from an address of her own."""
    survey = await a_survey(service, INVITED, items=_items(), facets=["grade_band", "sex"], free_text=True)
    chance = Random(11)
    people = [(unit, code) for unit, codes in survey.codes.items() for code in codes]
    chance.shuffle(people)
    patterns: set[tuple[int, ...]] = set()
    while len(patterns) < len(people):
        patterns.add(tuple(chance.choices((1, 2, 3, 4), k=len(ITEMS))))
    pepper = await _pepper(service)
    respondents: list[Respondent] = []
    said: list[dict[str, Any]] = []
    for number, ((unit, code), pattern) in enumerate(zip(people, sorted(patterns, key=hash), strict=True)):
        respondent, body = _respondent(number, unit, code, pattern, pepper)
        if keeps_naively:
            await _keep_naively(service, body)
        else:
            await _send(service, respondent, body)
        respondents.append(respondent)
        said.append(body)
    return Answered(survey, respondents, said)


def _items() -> list[dict[str, Any]]:
    return [*(an_item(item_id) for item_id in ITEMS), an_item("words", scale="text", respondent_groups=["student"])]


def _respondent(
    number: int, unit: tuple[str, str], code: str, pattern: Sequence[int], pepper: bytes
) -> tuple[Respondent, dict[str, Any]]:
    answers: dict[str, Any] = dict(zip(ITEMS, pattern, strict=True))
    words = f"By locker {''.join(map(str, pattern))[::-1]} nobody listens."
    marks = [
        orjson.dumps(answers)[1:-1],
        orjson.dumps(list(pattern))[1:-1],
        "".join(map(str, pattern)).encode(),
        bytes(pattern),
    ]
    if unit[1] == "student":
        answers["words"] = words
        marks.append(words.encode())
    symbols = normalise(code)
    assert symbols is not None
    facets = {"sex": ("female", "male", None)[number % 3], "grade_band": ("6_8", "9_12")[number % 2]}
    respondent = Respondent(number, unit, code, digest_of(symbols, pepper), f"203.0.113.{number + 1}", tuple(marks))
    return respondent, {"code": code, "answers": answers, "facets": facets}


async def _send(service: ServiceInTest[Settings], respondent: Respondent, body: dict[str, Any]) -> None:
    transport = httpx2.ASGITransport(app=service.app, client=(respondent.address, 40_000 + respondent.number))
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as phone:
        assert (await phone.get(f"/v1/surveys/{respondent.code}")).status_code == 200
        assert (await phone.post("/v1/responses", json=body)).status_code == 201
        assert (await phone.post("/v1/responses", json=body)).status_code == 410


async def _keep_naively(service: ServiceInTest[Settings], body: dict[str, Any]) -> None:
    async with service.process.database.write(EVERY_DISTRICT) as session:
        await submit_response(session, service.process.ring, SubmitResponse(**body), now=NOON)
        await session.execute(insert(NAIVE).values(answers=orjson.dumps(body["answers"]).decode()))


async def _pepper(service: ServiceInTest[Settings]) -> bytes:
    async with service.process.database.read(EVERY_DISTRICT) as session:
        row = (await session.execute(select(code_pepper))).one()
    return bytes.fromhex(
        service.process.ring.open(row.secret, table=code_pepper.name, column="secret", key=str(row.number))
    )


async def _results(service: ServiceInTest[Settings], survey: OpenSurvey) -> bytes:
    async with service.client("analyst") as analyst:
        path = f"/v1/administrations/{survey.administration_id}/results"
        asked = [{"by": by} for by in ("dimension", "item")]
        asked += [one | {"facet": facet} for one in asked for facet in ("grade_band", "sex")]
        answers = [await analyst.get(path, params=one) for one in asked]
    assert {answer.status_code for answer in answers} == {200}
    return b"\n".join(answer.content for answer in answers)
