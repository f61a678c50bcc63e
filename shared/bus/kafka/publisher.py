"""Sends batches of messages, one Kafka record batch per partition.

The producer is not idempotent: an idempotent one hangs for ever, in send and in stop, when the brokers are gone. Order
per key holds all the same, because the client has one batch of a partition in flight at a time. A retry may double
messages; readers drop what they have seen.
"""

import asyncio
import random
from collections.abc import Iterator, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, ProducerClosed
from aiokafka.producer.message_accumulator import BatchBuilder

from shared.bus.base import MESSAGE_LIMIT_BYTES, BusUnavailable, Message, MessageTooLarge, TopicPartition
from shared.bus.kafka.ending import ends_well
from shared.bus.partitioning import partition_of

REQUEST_LIMIT_MS = 10_000
START_LIMIT_S = 10.0
PUBLISH_LIMIT_S = 20.0
BATCH_LIMIT_BYTES = 131_072


class Publisher:
    """At most one producer, made at the first batch and again after each failure."""

    def __init__(self, servers: Sequence[str], *, client_id: str) -> None:
        self._servers = list(servers)
        self._client_id = client_id
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when the brokers have all messages. Raises: BusUnavailable, MessageTooLarge."""
        producer = await self._started()
        try:
            async with asyncio.timeout(PUBLISH_LIMIT_S):
                await _send(producer, messages)
        except (KafkaError, OSError, TimeoutError) as error:
            if self._producer is producer:
                self._producer = None
            await _abandon(producer)
            raise BusUnavailable(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Let the producer go. Never hangs, never raises."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _abandon(producer)

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._servers,
                    client_id=self._client_id,
                    acks="all",
                    enable_idempotence=False,
                    linger_ms=0,
                    max_batch_size=BATCH_LIMIT_BYTES,
                    max_request_size=MESSAGE_LIMIT_BYTES,
                    request_timeout_ms=REQUEST_LIMIT_MS,
                )
                try:
                    async with asyncio.timeout(START_LIMIT_S):
                        await producer.start()
                except BaseException as error:
                    await _abandon(producer)
                    if isinstance(error, KafkaError | OSError | TimeoutError):
                        raise BusUnavailable(f"{type(error).__name__}: {error}") from error
                    raise
                self._producer = producer
            return self._producer


async def _send(producer: AIOKafkaProducer, messages: Sequence[Message]) -> None:
    """Group by partition and hand whole batches over: half the cost of `send`, which waits on a future per message."""
    counts = {topic: len(await producer.partitions_for(topic)) for topic in {m.topic for m in messages}}
    any_partition = random.randrange(1 << 30)  # one for the keyless of a call: fewer, larger batches
    places: dict[TopicPartition, list[Message]] = {}
    for message in messages:
        count = counts[message.topic]
        key = message.key
        partition = any_partition % count if key is None else partition_of(key, count)
        places.setdefault(TopicPartition(message.topic, partition), []).append(message)
    sent = [_send_to(producer, place, batch) for place, batch in places.items()]
    if len(sent) == 1:
        await sent[0]
        return
    for outcome in await asyncio.gather(*sent, return_exceptions=True):
        if outcome is not None:
            raise outcome


async def _send_to(producer: AIOKafkaProducer, place: TopicPartition, messages: Sequence[Message]) -> None:
    sent: list[tuple[asyncio.Future[object], Sequence[Message]]] = []
    try:
        for builder, content in _batches(producer, messages):
            sent.append((await producer.send_batch(builder, place.topic, partition=place.partition), content))
        for acknowledged, content in sent:
            try:
                await acknowledged
            except MessageSizeTooLargeError as error:
                if len(content) > 1:
                    raise
                raise MessageTooLarge(content[0]) from error
    finally:
        for acknowledged, _ in sent:
            acknowledged.cancel()  # after a failure nobody asks the rest


def _batches(
    producer: AIOKafkaProducer, messages: Sequence[Message]
) -> Iterator[tuple[BatchBuilder, Sequence[Message]]]:
    """Record batches as full as they may be, with what is in them; a message larger than a batch is one alone."""
    first = 0
    builder = producer.create_batch()
    for number, message in enumerate(messages):
        content = {"timestamp": None, "key": message.key, "value": message.value, "headers": list(message.headers)}
        if builder.append(**content) is None:
            yield builder, messages[first:number]
            first, builder = number, producer.create_batch()
            builder.append(**content)
    yield builder, messages[first:]


async def _abandon(producer: AIOKafkaProducer) -> None:
    """Stop without waiting for brokers that may be gone.

    `stop` alone flushes, which takes as long as requests may take; failing what is queued lets it return at once.
    """
    producer._message_accumulator.fail_all(ProducerClosed())
    if await ends_well(producer.stop()):
        return
    if producer._sender.sender_task is not None:
        producer._sender.sender_task.cancel()
    await ends_well(producer.client.close())
