"""How fast waiting events leave the outbox, against a client that only sends the same messages from memory."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import perf_counter

from aiokafka import AIOKafkaProducer

from bench.engines import Engines, apart
from bench.figures import Figure, Turn, at_least
from bench.lives import events, in_batches
from reporting.app import MIGRATIONS
from shared.bus.base import PARTITIONS, Message
from shared.bus.connect import connect
from shared.bus.kafka.publisher import BATCH_LIMIT_BYTES
from shared.cloudevents import to_message
from shared.db import EVERY_DISTRICT, Database, driver
from shared.garbage import collect_seldom
from shared.outbox import record
from shared.relay import Relay

EVENTS = 200_000
TURNS = 5
SHARE = 0.6
TOPIC = "referrals"
_LOOK_AGAIN_SECONDS = 0.02


def relay(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """200,000 pending events."""
    count, turns = (2_000, 1) if quick else (EVENTS, TURNS)
    apart(_make_topic, engines.broker.url)
    measured = []
    for _ in range(turns):
        reference = apart(send_from_memory, engines.broker.address, count)
        with engines.database(MIGRATIONS) as database_url:
            apart(fill_outbox, database_url, count)
            measured.append(Turn(reference, apart(relay_all, database_url, engines.broker.url, count)))
    return [at_least(f"relay, {count:,} pending events", measured, SHARE, unit="events/s")]


async def send_from_memory(address: str, count: int) -> float:
    """The reference: aiokafka's `send` of each message, as fast as it takes them; messages per second."""
    messages = [(m.topic, m.value, m.key, None, None, list(m.headers)) for m in _messages(count)]
    producer = AIOKafkaProducer(
        bootstrap_servers=address, acks="all", enable_idempotence=False, linger_ms=0, max_batch_size=BATCH_LIMIT_BYTES
    )
    async with producer:
        await producer.partitions_for(TOPIC)
        began = perf_counter()
        acknowledged = [await producer.send(*message) for message in messages]
        await asyncio.gather(*acknowledged)
        return count / (perf_counter() - began)


async def fill_outbox(database_url: str, count: int) -> None:
    """Record the events, and leave the table as autovacuum would."""
    database = Database(database_url)
    try:
        for some in in_batches(count, 5000):
            async with database.write(EVERY_DISTRICT) as session:
                await record(session, *some, source="referral-api")
        async with database.dedicated() as connection:
            await (await driver(connection)).execute("VACUUM ANALYZE outbox")
    finally:
        await database.close()


async def relay_all(database_url: str, bus_url: str, count: int) -> float:
    """Ours: the relay as `serve` runs it, until the last row is deleted; events per second."""
    database, bus = Database(database_url), connect(bus_url, client_id="bench")
    collect_seldom()
    relay = Relay(database, bus, topics={TOPIC: PARTITIONS})
    try:
        async with database.read(EVERY_DISTRICT) as session:
            last = await (await driver(session)).fetchval("SELECT max(seq) FROM outbox")
        began = perf_counter()
        running = asyncio.create_task(relay.run())
        while await _is_there(database, last):  # noqa: ASYNC110  # nothing tells
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        took = perf_counter() - began
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        return count / took
    finally:
        await bus.close()
        await database.close()


async def _is_there(database: Database, seq: int) -> bool:
    async with database.read(EVERY_DISTRICT) as session:
        return await (await driver(session)).fetchval("SELECT 1 FROM outbox WHERE seq = $1", seq) is not None


async def _make_topic(bus_url: str) -> None:
    bus = connect(bus_url, client_id="bench")
    await bus.ensure_topics({TOPIC: PARTITIONS})
    await bus.close()


def _messages(count: int) -> list[Message]:
    return [to_message(event, source="referral-api") for event in events(count)]
