"""How long a closed survey's answers take to count, and in how much memory, against opening them and no more.

Timed is what the worker does with a survey of a whole district: one transaction in which every ballot is read, opened
and added up, the decision what of it may be shown, and one transaction that stores and announces that and destroys the
ballots: on SQLite all other writers wait for it. The reference reads the same rows in one statement and opens them, as
whoever counts them has to, and keeps nothing.
"""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import UUID, uuid4

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select

from bench.engines import Engines, apart, embedded, peak_megabytes
from bench.figures import Figure, Turn, at_most
from climate_survey_api.access_codes.views import codes_by_unit
from climate_survey_api.administrations.operations.planning import plan_administration
from climate_survey_api.administrations.operations.running import close_administration, open_administration
from climate_survey_api.administrations.plan import PlanAdministration
from climate_survey_api.administrations.views import find_administration
from climate_survey_api.app import MIGRATIONS
from climate_survey_api.instruments.rules import SHIPPED_ID
from climate_survey_api.responses.forms import asked_in
from climate_survey_api.responses.keys import key_of
from climate_survey_api.responses.models import ballots
from climate_survey_api.responses.operations import make_box
from climate_survey_api.responses.rules import Asked, Ballot
from climate_survey_api.responses.sealing import open_ballot, room_for, seal_ballot
from climate_survey_api.responses.views import ballots_of
from climate_survey_api.results.deciding import decide
from climate_survey_api.results.operations import gather, settle
from shared.auth import Caller, Role
from shared.bulk import bulk_upsert
from shared.crypto import KeyRing, ensure_field_keys, field_keys_path
from shared.db import EVERY_DISTRICT, Database, Session
from shared.events.surveys import RespondentGroup, SurveyFacet
from shared.garbage import collect_seldom

SCHOOLS = 400
ANSWERED = {RespondentGroup.STUDENT: 180, RespondentGroup.FAMILY: 50, RespondentGroup.STAFF: 20}
"""Ballots of each school."""
TURNS = 3
TIMES = 25.0
MOST_MEGABYTES = 300
_INVITED_OF_EACH = 1.25
_SKIPPED, _UNSAID = 0.05, 0.1
"""How many leave an item out, and how many do not say a thing about themselves."""

_CALLER = Caller(sub="admin-1", district_id="bench", role=Role.DISTRICT_ADMIN)
_NOW = datetime(2026, 11, 2, 14, tzinfo=UTC)
_COLUMNS = tuple(column.name for column in ballots.columns)


@dataclass(frozen=True, slots=True)
class Count:
    """What one count took."""

    seconds: float
    seconds_writing: float
    """Of these in the transaction that writes."""
    peak_megabytes: float
    """Of the whole process."""


def closing(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """A district's answers on either database, each turn in a database of its own."""
    schools, turns = (2, 1) if quick else (SCHOOLS, TURNS)
    told = f"counting {schools * sum(ANSWERED.values()):,} answers of {schools} schools by {len(SurveyFacet)} facets"
    figures, peaks = [], []
    databases = {"PostgreSQL": engines.database} if quick else {"PostgreSQL": engines.database, "SQLite": embedded}
    for name, database in databases.items():
        measured, writing = [], []
        for _ in range(turns):
            opened, counted = _one_turn(database(MIGRATIONS), schools)
            measured.append(Turn(opened, counted.seconds))
            writing.append(counted.seconds_writing)
            peaks.append(counted.peak_megabytes)
        remark = f", {median(writing):.2f} s of it in the transaction that writes"
        figures.append(at_most(f"{told}, {name}", measured, TIMES, unit="s", remark=remark))
    return [*figures, _memory(told, peaks)]


def _one_turn(database: AbstractContextManager[str], schools: int) -> tuple[float, Count]:
    with TemporaryDirectory(prefix="rapport-bench-") as folder, database as database_url:
        keys = field_keys_path(Path(folder), "climate_survey_api")
        ensure_field_keys(keys)
        survey, opened = apart(answer_and_open, database_url, keys, schools)
        return opened, apart(count, database_url, keys, survey)


def _memory(told: str, peaks: Sequence[float]) -> Figure:
    return Figure(
        f"{told}, peak memory of the process that counts",
        "-",
        f"{median(peaks):.0f} MB (highest {max(peaks):.0f})",
        "-",
        f"< {MOST_MEGABYTES} MB",
        max(peaks) < MOST_MEGABYTES,
    )


async def answer_and_open(database_url: str, keys: Path, schools: int) -> tuple[UUID, float]:
    """A survey with everybody's answers, closed; and the reference: every ballot read and opened, in seconds."""
    database, ring = Database(database_url), KeyRing.from_file(keys)
    try:
        survey = await answer_and_close(database, ring, schools)
        collect_seldom()
        return survey, await _opened(database, ring, survey)
    finally:
        await database.close()


async def _opened(database: Database, ring: KeyRing, survey: UUID) -> float:
    began = perf_counter()
    async with database.read(EVERY_DISTRICT) as session:
        cipher = AESGCM(await key_of(session, ring, survey))
        for row in await session.execute(select(ballots).where(ballots.c.administration_id == survey)):
            open_ballot(
                cipher,
                row.sealed,
                administration_id=survey,
                ballot_id=row.ballot_id,
                school_id=row.school_id,
                respondent_group=RespondentGroup(row.respondent_group),
            )
    return perf_counter() - began


async def count(database_url: str, keys: Path, survey: UUID) -> Count:
    """Ours: the steps of `results.worker`. Raises: RuntimeError when it is not counted, or a ballot is left."""
    database, ring = Database(database_url), KeyRing.from_file(keys)
    gather_it = partial(gather, district_id=_CALLER.district_id, administration_id=survey)
    settle_it = partial(settle, district_id=_CALLER.district_id, administration_id=survey)
    collect_seldom()
    try:
        began = perf_counter()
        async with database.read(EVERY_DISTRICT) as session:
            gathered = await gather_it(session, ring)
        assert gathered is not None, "it is closed"
        decided = await decide(gathered, now=_NOW, zone=UTC)
        wrote = perf_counter()
        async with database.write(EVERY_DISTRICT) as session:
            is_settled = await settle_it(session, ring, decided)
        ended = perf_counter()
        async with database.read(EVERY_DISTRICT) as session:
            if not is_settled or await ballots_of(session, survey):
                raise RuntimeError("not counted")
        return Count(ended - began, ended - wrote, peak_megabytes(os.getpid()))
    finally:
        await database.close()


async def answer_and_close(database: Database, ring: KeyRing, schools: int) -> UUID:
    """Put the shipped instrument to a district, answer for everybody, and close it; the survey's id."""
    chance, district_id = random.Random(1), _CALLER.district_id
    async with database.write(district_id) as session:
        survey, _ = await plan_administration(session, _plan(schools), caller=_CALLER, now=_NOW)
        await open_administration(
            session, ring, survey, district_id=district_id, now=_NOW, zone=UTC, on_opening=make_box
        )
        there = await find_administration(session, district_id, survey)
        asked = {group: await asked_in(session, there, group) for group in ANSWERED}
        for unit in there.units:
            dropped = _ballots(chance, unit.school_id, unit.respondent_group, asked[unit.respondent_group])
            await _drop(session, ring, survey, dropped, room_for(asked[unit.respondent_group]))
        await close_administration(
            session,
            ring,
            survey,
            district_id=district_id,
            now=_NOW,
            zone=UTC,
            used_codes=codes_by_unit,
            on_closing=_leave_to_the_worker,
        )
    return survey


async def _leave_to_the_worker(session: Session, ring: KeyRing, **_: object) -> None:
    """As with any survey that is too large for the request that closes it."""


def _plan(schools: int) -> PlanAdministration:
    invited = {group.value: round(answered * _INVITED_OF_EACH) for group, answered in ANSWERED.items()}
    plan = {
        "instrument_id": SHIPPED_ID,
        "version": 1,
        "name": "Fall",
        "opens_at": _NOW,
        "closes_at": _NOW + timedelta(days=7),
        "mode": "anonymous",
        "languages": ["en", "es"],
        "facets": list(SurveyFacet),
        "schools": [{"school_id": f"school-{school:03}", "invited": invited} for school in range(schools)],
    }
    return PlanAdministration.model_validate_json(orjson.dumps(plan))


def _ballots(chance: random.Random, school_id: str, group: RespondentGroup, asked: Asked) -> Iterator[Ballot]:
    """What everybody of a group at a school answered, at random: so every value is of every size, and some hidden."""
    values = {facet: list(its) for facet, its in asked.facets.items()}
    for _ in range(ANSWERED[group]):
        answers = {item.item_id: chance.randint(1, item.highest) for item in asked.items if chance.random() >= _SKIPPED}
        facets = {facet: chance.choice(its) for facet, its in values.items() if chance.random() >= _UNSAID}
        yield Ballot(school_id, group, answers, facets)


async def _drop(session: Session, ring: KeyRing, survey: UUID, dropped: Iterator[Ballot], room: int) -> None:
    key = await key_of(session, ring, survey)
    rows = []
    for ballot in dropped:
        ballot_id = uuid4()
        sealed = seal_ballot(key, ballot, administration_id=survey, ballot_id=ballot_id, room=room)
        group = ballot.respondent_group.value
        rows.append((survey, ballot_id, _CALLER.district_id, ballot.school_id, group, sealed))
    await bulk_upsert(session, ballots, _COLUMNS, rows, on_conflict="ignore")
