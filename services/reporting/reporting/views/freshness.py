"""How far the views have come: what of the bus is applied, and up to which instant they tell the truth."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Dialect

from reporting.views.errors import BusAway
from reporting.views.prepared import Prepared, prepare
from shared.bus.base import Bus, BusUnavailable, TopicPartition
from shared.db import ReadSession
from shared.inbox import consumer_offsets

log = structlog.get_logger(__name__)

LOOK_AGAIN = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Ends:
    """What the bus held at an instant: the first offset of each partition, and the one after its last."""

    at: datetime
    bounds: Mapping[TopicPartition, tuple[int, int]]


class Horizon:
    """Looks every second how far the logs reach, so that no request has to wait for the bus to learn it."""

    def __init__(self, bus: Bus, topics: Sequence[str], clock: Callable[[], datetime]) -> None:
        self._bus = bus
        self._topics = topics
        self._clock = clock
        self.seen: Ends | None = None
        """The latest look that succeeded; it grows old while the bus is away."""

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except BusAway:
                log.debug("horizon_waits")
            await asyncio.sleep(LOOK_AGAIN.total_seconds())

    async def look(self) -> Ends:
        """How far the logs reach now. Raises: BusAway."""
        at = self._clock()  # before asking: what is there afterwards is newer
        try:
            self.seen = Ends(at, await self._bus.bounds(self._topics))
        except BusUnavailable as error:
            raise BusAway(headers={"Retry-After": "2"}) from error
        return self.seen


class PartitionFreshness(BaseModel):
    """One partition of a topic, and how much of it is in the views."""

    model_config = ConfigDict(frozen=True)

    topic: str
    partition: int
    applied_offset: int | None = Field(description="Offset of the last record applied; null: none yet.")
    lag: int = Field(description="Records that wait.")
    age_seconds: float | None = Field(
        description="0 while nothing waits, else seconds since something was last applied; null: never."
    )


class Freshness(BaseModel):
    """How far the views are behind the bus."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "lag": 0,
                    "partitions": [
                        {"topic": "referrals", "partition": 0, "applied_offset": 41, "lag": 0, "age_seconds": 0.0}
                    ],
                }
            ]
        },
    )

    lag: int = Field(description="Records that wait, over all partitions.")
    partitions: list[PartitionFreshness]


Applied = Mapping[TopicPartition, tuple[int, datetime | None]]
"""The next offset of each partition, and when it last moved."""


async def applied_offsets(session: ReadSession, consumer: str) -> Applied:
    """How far a consumer has come. In a view's own transaction: then it tells exactly what that view holds."""
    asked, as_instant = _offsets(session.dialect)
    rows = await asked.rows(session, {"consumer": consumer})
    return {TopicPartition(topic, number): (offset, as_instant(at)) for topic, number, offset, at in rows}


@lru_cache
def _offsets(dialect: Dialect) -> tuple[Prepared, Callable[[Any], datetime | None]]:
    """The question that every answer of a view asks, and how to read the instants of what the driver finds."""
    o = consumer_offsets.c
    asked = select(o.topic, o.partition, o.next_offset, o.applied_at).where(o.consumer == bindparam("consumer"))
    as_instant = o.applied_at.type.dialect_impl(dialect).result_processor(dialect, None)
    return prepare(asked, dialect), as_instant or (lambda at: at)


def freshness_of(applied: Applied, ends: Ends, now: datetime) -> Freshness:
    """What of the bus is in the views. Shape: one entry per partition of every topic, by topic and number."""
    partitions = []
    for partition, (first, end) in sorted(ends.bounds.items()):
        following, applied_at = applied.get(partition, (first, None))
        lag = max(0, end - following)
        age = (now - applied_at).total_seconds() if applied_at is not None else None
        partitions.append(
            PartitionFreshness(
                topic=partition.topic,
                partition=partition.partition,
                applied_offset=following - 1 if following > first else None,
                lag=lag,
                age_seconds=0.0 if lag == 0 else age,
            )
        )
    return Freshness(lag=sum(p.lag for p in partitions), partitions=partitions)


def as_of(applied: Applied, ends: Ends | None) -> datetime | None:
    """The instant up to which everything that was on the bus is in the views.

    The time of the last look if all that it saw is applied; else when the partition that is most behind last moved.
    None before the first look and before anything was applied.
    """
    moved = {partition: at for partition, (_, at) in applied.items()}
    if ends is None:
        return max((at for at in moved.values() if at is not None), default=None)
    behind = [
        partition for partition, (first, end) in ends.bounds.items() if applied.get(partition, (first, None))[0] < end
    ]
    if not behind:
        return ends.at
    instants = [at for partition in behind if (at := moved.get(partition)) is not None]
    return min(instants) if len(instants) == len(behind) else None
