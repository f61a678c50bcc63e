"""`dlq list` shows what was set aside and why; `dlq replay` brings it back to the topic it came from.

A replay goes through the outbox in the transaction that notes it as done, so that each letter is replayed once; readers
that had applied the event drop it by its id.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TextIO
from uuid import uuid4

from shared.bus.base import Bus, BusUnavailable, Reader, Record, TopicPartition
from shared.db import EVERY_DISTRICT
from shared.dead_letters import dead_letter_topic, notes_of, to_original
from shared.inbox import begin_offsets, move_offsets, offsets_of
from shared.leases import Leadership
from shared.outbox import record_messages
from shared.relay import Relay
from shared.service import Process


async def list_dead_letters(process: Process[Any], topics: Sequence[str], out: TextIO) -> int:
    """Print every letter, oldest first, with what was noted about it; how many there are. Quotes no payload."""
    count = 0
    async for record in _letters(process, topics):
        notes, headers = notes_of(record.headers), dict(record.headers)
        name = headers.get("ce_type", b"?").decode("utf-8", "replace")
        print(
            f"{record.topic}/{record.partition}/{record.offset}  {notes.get('at', '?')}  {name}  "
            f"from {notes.get('original_topic')}/{notes.get('original_partition')}/{notes.get('original_offset')}  "
            f"{notes.get('exception')}: {notes.get('reason')}",
            file=out,
        )
        count += 1
    print(f"{count} dead letter{'' if count == 1 else 's'}", file=out)
    return count


async def replay_dead_letters(process: Process[Any], topics: Sequence[str], offset: int | None, out: TextIO) -> int:
    """Send letters back: those never replayed, or the one at `offset` even if it was; how many."""
    replays = f"{process.service.name}.replay"
    count = 0
    async for record in _letters(process, topics):
        place = TopicPartition(record.topic, record.partition)
        async with process.database.write(EVERY_DISTRICT) as session:
            if offset is None:
                await begin_offsets(session, replays, {place: 0})
                done = (await offsets_of(session, replays))[place]
                if record.offset < done:
                    continue
                await move_offsets(session, replays, {place: (done, record.offset + 1)})
            elif record.offset != offset:
                continue
            await record_messages(session, [to_original(record)])
        count += 1
    await _publish(process)
    print(f"{count} replayed", file=out)
    return count


async def _publish(process: Process[Any]) -> None:
    """Publish now where no relay runs; where one does, it has the lead and will."""
    relay = Relay(process.database, process.bus, topics=process.service.topics())
    async with Leadership(process.database, "relay").try_to_lead() as leads:
        while leads and await relay.move_batch():
            pass


async def _letters(process: Process[Any], topics: Sequence[str]) -> AsyncIterator[Record]:
    """Every dead letter of these topics, from the first to the last that is there now."""
    names = [dead_letter_topic(t, process.service.name) for t in topics]
    await process.bus.ensure_topics(dict.fromkeys(names, 1))
    bounds = await process.bus.bounds(names)
    left = {tp for tp, (first, end) in bounds.items() if end > first}
    async with _reading(process.bus, names) as reader:
        idle = 0
        while left:
            reader.place({tp: bounds[tp][0] for tp in reader.unplaced()})
            found = await reader.read(max_records=500, timeout=timedelta(milliseconds=200))
            idle = 0 if found else idle + 1
            if idle > 150:
                raise BusUnavailable("the dead letters did not come")
            for tp, records in found.items():
                for record in records:
                    if record.offset < bounds[tp][1]:
                        yield record
                if records[-1].offset + 1 >= bounds[tp][1]:
                    left.discard(tp)


@asynccontextmanager
async def _reading(bus: Bus, topics: Sequence[str]) -> AsyncIterator[Reader]:
    reader = await bus.reader(group=f"dead-letter-tool-{uuid4()}", topics=topics)
    try:
        yield reader
    finally:
        await reader.close()
