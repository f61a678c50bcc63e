"""What only the Kafka bus has to fear: brokers that go away, sessions that run out, topics that others change."""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete

from shared.bus.base import PARTITIONS, Bus, BusUnavailable, Message, MessageTooLarge, OffsetLost, TopicPartition
from shared.bus.connect import connect
from shared.bus.kafka import KafkaBus
from shared.bus.partitioning import partition_of
from shared.testing.engine import EngineFailed, EngineMissing
from shared.testing.kafka import KafkaBroker, kafka_broker
from shared.testing.readers import read_all, settled
from tests.shared.bus.process import companion

pytestmark = pytest.mark.kafka

LONG_ENOUGH = 60.0


@pytest.fixture(scope="module")
def mortal_broker(broker: KafkaBroker) -> Iterator[KafkaBroker]:
    """A broker that may be killed. Asks for the shared one so that a missing engine is told of in one place."""
    try:
        with kafka_broker(heap_mb=256, fast=True) as started:
            yield started
    except EngineMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def own_broker(mortal_broker: KafkaBroker) -> KafkaBroker:
    """The same, up again where the test before left it dead."""
    try:
        _ = mortal_broker.pid
    except EngineFailed:
        mortal_broker.start()
    return mortal_broker


@pytest.fixture
async def admin(broker: KafkaBroker) -> AsyncIterator[AIOKafkaAdminClient]:
    """The broker's other users."""
    client = AIOKafkaAdminClient(bootstrap_servers=broker.address)
    await client.start()
    yield client
    await client.close()


@pytest.fixture
def topic() -> str:
    """A name of the test's own."""
    return f"test-{uuid.uuid4().hex}"


@pytest.mark.timeout(300)
async def test_a_broker_that_goes_away_is_said_in_time_and_found_again(own_broker: KafkaBroker, topic: str) -> None:
    bus = connect(own_broker.url, client_id="test")
    message = Message(topic, b"k", b"before")
    await bus.ensure_topics({topic: PARTITIONS})
    await bus.publish([message])
    reader = await settled(await bus.reader(group=topic, topics=[topic]))
    reader.place(dict.fromkeys(reader.unplaced(), 0))
    assert len(await read_all(reader, 1)) == 1

    own_broker.kill()
    for _ in range(2):
        async with asyncio.timeout(45):
            with pytest.raises(BusUnavailable):
                await bus.publish([message])
    attempts = (bus.ensure_topics({topic: 1}), bus.bounds([topic]), bus.reader(group=topic, topics=[topic]))
    async with asyncio.timeout(45):
        ended = await asyncio.gather(*attempts, return_exceptions=True)
    assert [type(error) for error in ended] == [BusUnavailable] * 3
    assert await reader.read(max_records=10, timeout=timedelta(milliseconds=100)) == {}

    await asyncio.to_thread(own_broker.start)
    await _publish_again(bus, Message(topic, b"k", b"after"))
    values = [r.value for r in await read_all(reader, 1)]
    assert values[-1] == b"after", "the reader needed no help"
    await bus.close()


@pytest.mark.timeout(300)
async def test_a_reader_outlasts_an_outage_that_is_longer_than_its_patience(
    own_broker: KafkaBroker, topic: str
) -> None:
    """A new one would wait for the session of the old one to run out, and what was withdrawn meanwhile stay open."""
    bus = KafkaBus([own_broker.address], client_id="test", stall=timedelta(seconds=1))
    await bus.ensure_topics({topic: PARTITIONS})
    reader = await settled(await bus.reader(group=topic, topics=[topic]))
    reader.place(dict.fromkeys(reader.unplaced(), 0))
    before = reader.assigned()

    own_broker.kill()
    for _ in range(30):  # three times its patience, of which it is asked all the time
        assert await reader.read(max_records=10, timeout=timedelta(milliseconds=100)) == {}
    await asyncio.to_thread(own_broker.start)
    await _publish_again(bus, Message(topic, b"k", b"after"))
    assert [r.value for r in await read_all(reader, 1)] == [b"after"]
    assert reader.assigned() == before
    await bus.close()


async def _publish_again(bus: Bus, message: Message) -> None:
    async with asyncio.timeout(LONG_ENOUGH):
        while True:
            try:
                await bus.publish([message])
            except BusUnavailable:
                continue
            return


@pytest.mark.timeout(300)
async def test_closing_never_waits_for_a_broker_that_is_gone(own_broker: KafkaBroker, topic: str) -> None:
    bus = connect(own_broker.url, client_id="test")
    await bus.ensure_topics({topic: PARTITIONS})
    await bus.publish([Message(topic, b"k", b"v")])
    reader = await settled(await bus.reader(group=topic, topics=[topic]))
    reader.place(dict.fromkeys(reader.unplaced(), 0))

    own_broker.kill()
    under_way = asyncio.create_task(bus.publish([Message(topic, b"k", b"v")]))
    await reader.read(max_records=10, timeout=timedelta(seconds=1))

    async with asyncio.timeout(20):
        await bus.close()
        with pytest.raises(BusUnavailable):
            await under_way


@pytest.mark.timeout(180)
async def test_a_member_frozen_past_its_session_comes_back_by_itself(broker: KafkaBroker, topic: str) -> None:
    url = f"{broker.url}?session_seconds=2"
    bus = connect(url, client_id="test")
    await bus.ensure_topics({topic: PARTITIONS})
    async with companion("read", url, topic, topic) as frozen:
        await frozen.says(until="has 6")
        reader = await bus.reader(group=topic, topics=[topic])
        await frozen.says(until="has 3")
        frozen.signal(signal.SIGSTOP)
        async with asyncio.timeout(LONG_ENOUGH):
            while len(reader.assigned()) < PARTITIONS:
                await reader.read(max_records=1, timeout=timedelta(milliseconds=100))
        frozen.signal(signal.SIGCONT)

        assert await frozen.says(until="told") == "told to place 3", "what it had before is forgotten"
        async with asyncio.timeout(LONG_ENOUGH):
            while len(reader.assigned()) != PARTITIONS // 2:
                await reader.read(max_records=1, timeout=timedelta(milliseconds=100))
    await bus.close()


async def test_added_partitions_are_assigned_and_wait_to_be_placed(
    broker: KafkaBroker, admin: AIOKafkaAdminClient, topic: str
) -> None:
    bus = KafkaBus([broker.address], client_id="test", metadata_age=timedelta(seconds=1))
    await bus.ensure_topics({topic: 2})
    reader = await settled(await bus.reader(group=topic, topics=[topic]))
    reader.place(dict.fromkeys(reader.unplaced(), 0))

    await admin.create_partitions({topic: NewPartitions(total_count=4)})

    async with asyncio.timeout(LONG_ENOUGH):
        while len(reader.assigned()) < 4:
            await reader.read(max_records=1, timeout=timedelta(milliseconds=100))
    assert reader.unplaced() == {TopicPartition(topic, p) for p in range(4)}
    await bus.close()


async def test_an_offset_before_the_beginning_is_lost(
    broker: KafkaBroker, admin: AIOKafkaAdminClient, topic: str
) -> None:
    bus = connect(broker.url, client_id="test")
    await bus.ensure_topics({topic: PARTITIONS})
    await bus.publish([Message(topic, b"k", b"v")] * 5)
    place = TopicPartition(topic, partition_of(b"k", PARTITIONS))
    await admin.delete_records({KafkaPartition(*place): RecordsToDelete(before_offset=3)})
    reader = await settled(await bus.reader(group=topic, topics=[topic]))

    assert (await reader.bounds([place]))[place] == (3, 5)
    reader.place({place: 2})
    with pytest.raises(OffsetLost):
        await read_all(reader, 1)
    reader.place({place: 3})
    assert len(await read_all(reader, 2)) == 2
    await bus.close()


async def test_a_message_that_the_broker_refuses_is_named(
    broker: KafkaBroker, admin: AIOKafkaAdminClient, topic: str
) -> None:
    await admin.create_topics([NewTopic(topic, 2, 1, topic_configs={"max.message.bytes": "200000"})])
    bus = connect(broker.url, client_id="test")
    large = Message(topic, b"k", b"x" * 300_000)

    with pytest.raises(MessageTooLarge) as refused:
        await bus.publish([Message(topic, str(n).encode(), b"v") for n in range(20)] + [large])
    await bus.publish([Message(topic, b"k", b"v")])

    assert refused.value.message is large
    await bus.close()
