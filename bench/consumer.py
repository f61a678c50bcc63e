"""How many events one reporting consumer applies, against a loop that only reads, validates and commits."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from time import perf_counter
from uuid import uuid4

from aiokafka import AIOKafkaConsumer

from bench.engines import Engines, apart
from bench.figures import Figure, Turn, at_least
from bench.lives import SCHOOLS, in_batches
from reporting.app import MIGRATIONS
from reporting.sink import ViewSink
from shared.bus.base import PARTITIONS
from shared.bus.connect import connect
from shared.cloudevents import to_message
from shared.consumer import Consumer
from shared.db import Database
from shared.events.catalogue import BY_NAME
from shared.garbage import collect_seldom

EVENTS = 1_000_000
TURNS = 3
SHARE = 0.6
TOPIC = "referrals"
_LOOK_AGAIN_SECONDS = 0.01


def consumer(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """A million referral events of 500 schools."""
    count, turns = (5_000, 1) if quick else (EVENTS, TURNS)
    topic = f"{TOPIC}.{uuid4().hex}"
    apart(announce, engines.broker.url, topic, count)
    measured = []
    for _ in range(turns):
        reference = apart(read_and_validate, engines.broker.address, topic, count)
        with engines.database(MIGRATIONS) as database_url:
            measured.append(Turn(reference, apart(apply_all, database_url, engines.broker.url, topic, count)))
    title = f"one reporting consumer, {count:,} events of {SCHOOLS} schools"
    return [at_least(title, measured, SHARE, unit="events/s")]


async def announce(bus_url: str, topic: str, count: int) -> None:
    """Put the events on a topic, as the relay does."""
    bus = connect(bus_url, client_id="bench")
    try:
        await bus.ensure_topics({topic: PARTITIONS})
        for some in in_batches(count, 2000):
            messages = [to_message(event, source="referral-api") for event in some]
            await bus.publish([replace(m, topic=topic) for m in messages])
    finally:
        await bus.close()


async def read_and_validate(address: str, topic: str, count: int) -> float:
    """The reference: read, validate with the class that `ce_type` names, commit; events per second."""
    reader = AIOKafkaConsumer(
        topic,
        bootstrap_servers=address,
        group_id=f"reference-{uuid4()}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    collect_seldom()  # as ours does: how seldom Python looks for garbage is not what is compared
    began = perf_counter()
    async with reader:
        seen = 0
        while seen < count:
            found = await reader.getmany(timeout_ms=500, max_records=1000)
            for records in found.values():
                for record in records:
                    BY_NAME[dict(record.headers)["ce_type"].decode()].model_validate_json(record.value)
                seen += len(records)
            await reader.commit()
        return count / (perf_counter() - began)


async def apply_all(database_url: str, bus_url: str, topic: str, count: int) -> float:
    """Ours: the consumer as `serve` runs it, until the last event is committed in the views; events per second."""
    database, bus = Database(database_url), connect(bus_url, client_id="bench")
    collect_seldom()
    topics = {topic: PARTITIONS}
    applying = Consumer(database, bus, ViewSink(), group=f"ours-{uuid4()}", topics=topics, announces=False)
    try:
        began = perf_counter()
        running = asyncio.create_task(applying.run())
        while applying.applied < count and not running.done():  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        took = perf_counter() - began
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        if applying.dead_lettered:
            raise RuntimeError(f"{applying.dead_lettered} events were set aside")
        return count / took
    finally:
        await bus.close()
        await database.close()
