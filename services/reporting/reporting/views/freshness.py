"""How far the views have come: what of the bus is applied, and up to which instant they tell the truth."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Dialect

from reporting.views.errors import BusAway
from reporting.views.prepared import Prepared, prepare
from shared.bus.base import BusUnavailable, TopicPartition
from shared.db import ReadSession
from shared.horizon import Ends, Horizon
from shared.inbox import consumer_offsets


async def ends_now(horizon: Horizon) -> Ends:
    """How far the logs reach this very moment. Raises: BusAway."""
    try:
        return await horizon.look()
    except BusUnavailable as error:
        raise BusAway(headers={"Retry-After": "2"}) from error


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
