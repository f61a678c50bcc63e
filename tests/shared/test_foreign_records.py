"""What another producer may put on a topic of ours, over a real broker: nothing of it stops the consumer."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from shared.bus.base import Bus, Record
from shared.bus.connect import connect
from shared.cloudevents import to_message
from shared.consumer import Consumer
from shared.db import Database
from shared.dead_letters import dead_letter_topic, notes_of
from shared.relay import Relay
from shared.testing.kafka import KafkaBroker
from shared.testing.plumbing import PerSchool, an_acceptance, counts, plumbed

Headers = list[tuple[str, bytes | None]]

GOOD = an_acceptance("s-1")
OURS: Headers = list(to_message(GOOD, source="referral-api").headers)
PAYLOAD = json.loads(GOOD.model_dump_json())


def _payload(**fields: object) -> bytes:
    return json.dumps({**PAYLOAD, **fields}).encode()


FOREIGN: dict[str, tuple[Headers, bytes | None]] = {
    "no headers and no value": ([], None),
    "a type without a value": ([("ce_specversion", b"1.0"), ("ce_type", None)], b"{}"),
    "a lone specversion": ([("ce_specversion", b"1.0")], b"{}"),
    "our type, a tombstone": (OURS, None),
    "our type, a trace without a value, no JSON": ([*OURS, ("ce_traceparent", None), ("x", None)], b"\xff\xfe"),
    "an instant that UTC cannot tell": (OURS, _payload(occurred_at="0001-01-01T00:00:00+14:00")),
    "a name where a number should be": (OURS, _payload(version="Jordan Doe")),
    "structured mode": (
        [("content-type", b"application/cloudevents+json")],
        json.dumps({"specversion": "1.0", "type": GOOD.name, "id": str(GOOD.event_id), "data": PAYLOAD}).encode(),
    ),
}


async def test_foreign_records_are_set_aside_and_ours_between_them_count(broker: KafkaBroker, sqlite_url: str) -> None:
    topic, group = f"foreign-{uuid4()}", f"counting-{uuid4()}"
    async with plumbed(sqlite_url) as database, _connected(broker) as bus:
        await bus.ensure_topics({topic: 1, dead_letter_topic(topic, group): 1})
        await _send(broker, topic, [*FOREIGN.values(), ([*OURS, ("ce_traceparent", None)], _payload())])

        consumer = Consumer(database, bus, PerSchool(), group=group, topics={topic: 1})
        await _apply(consumer, bus, topic, group, records=len(FOREIGN) + 1)

        assert await counts(database) == {"s-1": 1}
        letters = await _letters(database, bus, topic, group)
        assert [letter.value for letter in letters] == [value for _, value in FOREIGN.values()]
        for letter, (headers, _) in zip(letters, FOREIGN.values(), strict=True):
            assert [h for h in letter.headers if not h[0].startswith("dlq_")] == [(n, v or b"") for n, v in headers]
            assert notes_of(letter.headers)["exception"] == "NotAnEvent"
            assert "Jordan" not in str(notes_of(letter.headers))


@asynccontextmanager
async def _connected(broker: KafkaBroker) -> AsyncIterator[Bus]:
    bus = connect(broker.url, client_id="test")
    try:
        yield bus
    finally:
        await bus.close()


async def _send(broker: KafkaBroker, topic: str, records: list[tuple[Headers, bytes | None]]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.url.removeprefix("kafka://"))
    await producer.start()
    try:
        for headers, value in records:
            await producer.send_and_wait(topic, value, key=b"key", partition=0, headers=headers)
    finally:
        await producer.stop()


async def _apply(consumer: Consumer[dict[str, int]], bus: Bus, topic: str, group: str, *, records: int) -> None:
    reader = await bus.reader(group=group, topics=[topic])
    try:
        async with asyncio.timeout(60):
            while records > 0:
                records -= await consumer.catch_up(reader)
                await asyncio.sleep(0)
    finally:
        await reader.close()


async def _letters(database: Database, bus: Bus, topic: str, group: str) -> list[Record]:
    """The dead letters, in the order in which they were set aside."""
    letters = dead_letter_topic(topic, group)
    await Relay(database, bus, topics={letters: 1}).move_batch()
    reader = await bus.reader(group=f"letters-{uuid4()}", topics=[letters])
    found: list[Record] = []
    try:
        async with asyncio.timeout(60):
            while len(found) < len(FOREIGN):
                reader.place({tp: 0 for tp in reader.unplaced()})
                for records in (await reader.read(max_records=100, timeout=timedelta(milliseconds=100))).values():
                    found += records
    finally:
        await reader.close()
    return found
