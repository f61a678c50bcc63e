"""Kafka behind the port: topics and their bounds; publishing and reading have a file each."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import timedelta

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from shared.bus.base import BusUnavailable, Message, TopicPartition, ensure_sendable
from shared.bus.kafka.ending import ends_well
from shared.bus.kafka.publisher import Publisher
from shared.bus.kafka.reader import STALL, KafkaReader, bounds_of

REQUEST_LIMIT_MS = 10_000
ADMIN_LIMIT_S = 15.0
KEPT_FOR_EVER = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""Of every topic, whatever the cluster says: a rebuild reads from the beginning. Source: docs/decisions/0008."""
SESSION = timedelta(seconds=10)
"""After how long a silent reader's partitions go to others, also when it was killed and started again at once."""
METADATA_AGE = timedelta(seconds=30)
"""After how long a reader notices topics and partitions that were added."""


class KafkaBus:
    """A connection to a Kafka cluster. Clients are made when needed and thrown away when anything goes wrong."""

    def __init__(
        self,
        servers: Sequence[str],
        *,
        client_id: str,
        session: timedelta = SESSION,
        metadata_age: timedelta = METADATA_AGE,
        stall: timedelta = STALL,
    ) -> None:
        self._servers = list(servers)
        self._client_id = client_id
        self._session = session
        self._metadata_age = metadata_age
        self._stall = stall
        self._publisher = Publisher(self._servers, client_id=client_id)
        self._readers: set[KafkaReader] = set()

    async def ensure_topics(self, topics: Mapping[str, int]) -> None:
        """See `Bus`."""
        wanted = [
            # -1 and no assignment: as many replicas as the cluster's own default says.
            NewTopic(name, partitions, -1, replica_assignments={}, topic_configs=KEPT_FOR_EVER)
            for name, partitions in topics.items()
        ]
        async with self._admin() as admin:
            answer = await admin.create_topics(wanted)
            for name, code, *reason in answer.topic_errors:
                error = for_code(code)
                if error not in (NoError, TopicAlreadyExistsError):
                    raise BusUnavailable(f"topic {name}: {error.__name__} {reason}")

    async def publish(self, messages: Sequence[Message]) -> None:
        """See `Bus`."""
        if messages:
            ensure_sendable(messages)
            await self._publisher.publish(messages)

    async def bounds(self, topics: Sequence[str]) -> Mapping[TopicPartition, tuple[int, int]]:
        """See `Bus`."""
        async with self._admin() as admin:
            described = await admin.describe_topics(list(topics))
        places = {TopicPartition(t["topic"], p["partition"]) for t in described for p in t["partitions"]}
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers, client_id=self._client_id, request_timeout_ms=REQUEST_LIMIT_MS
        )
        async with _opened(consumer.start, consumer.stop):
            return await bounds_of(consumer, places)

    async def reader(self, *, group: str, topics: Sequence[str]) -> KafkaReader:
        """See `Bus`. Returns before the group has settled; until then nothing is assigned."""
        reader = KafkaReader(
            self._servers,
            client_id=self._client_id,
            group=group,
            session=self._session,
            metadata_age=self._metadata_age,
            stall=self._stall,
            left=self._readers.discard,
        )
        await reader.start(topics)
        self._readers.add(reader)
        return reader

    async def close(self) -> None:
        """See `Bus`."""
        for reader in list(self._readers):
            await reader.close()
        await self._publisher.close()

    @contextlib.asynccontextmanager
    async def _admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=self._servers, client_id=self._client_id, request_timeout_ms=REQUEST_LIMIT_MS
        )
        async with _opened(admin.start, admin.close):
            yield admin


@contextlib.asynccontextmanager
async def _opened(
    start: Callable[[], Awaitable[None]], stop: Callable[[], Coroutine[object, object, None]]
) -> AsyncIterator[None]:
    """A short-lived client, with one limit over all that is done with it."""
    try:
        async with asyncio.timeout(ADMIN_LIMIT_S):
            try:
                await start()
                yield
            finally:
                await ends_well(stop())
    except (KafkaError, OSError, TimeoutError) as error:
        raise BusUnavailable(f"{type(error).__name__}: {error}") from error
