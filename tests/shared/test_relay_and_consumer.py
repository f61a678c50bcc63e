"""From the outbox over the bus into a table: every recorded event has its effect, and has it once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from shared.bus.base import MESSAGE_LIMIT_BYTES, Bus, BusUnavailable, Message, Reader, Record
from shared.bus.connect import connect
from shared.cloudevents import to_message
from shared.consumer import Consumer
from shared.db import EVERY_DISTRICT, Database, Session
from shared.dead_letters import dead_letter_topic, notes_of, to_original
from shared.events.base import Event
from shared.inbox import OffsetsMoved
from shared.outbox import EventTooLarge, record, record_messages
from shared.relay import Relay
from shared.testing.kafka import KafkaBroker
from shared.testing.plumbing import PerSchool, an_acceptance, counts, plumbed

GROUP = "counting"


class EventPath:
    """One topic from outbox to counts, on one database and one bus."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self.database, self.bus = database, bus
        self.topic = f"referrals-{uuid4()}"  # the broker is shared by all tests
        self.group = f"{GROUP}-{uuid4()}"
        letters = dead_letter_topic(self.topic, self.group)
        self.relay = Relay(database, bus, topics={self.topic: 6, letters: 1})
        self._readers: list[Reader] = []
        self._reader: Reader | None = None

    def message(self, event: Event) -> Message:
        """The event on this test's topic."""
        return replace(to_message(event, source="test"), topic=self.topic)

    async def record(self, *messages: Message) -> None:
        """Store messages in the outbox."""
        async with self.database.write(EVERY_DISTRICT) as session:
            await record_messages(session, messages)

    async def publish(self) -> int:
        """Run the relay until the outbox is empty."""
        moved = 0
        while step := await self.relay.move_batch():
            moved += step
        return moved

    def consumer(self, sink: PerSchool, *, announces: bool = False) -> Consumer[dict[str, int]]:
        """A consumer of the topic."""
        topics = {self.topic: 6}
        return Consumer(self.database, self.bus, sink, group=self.group, topics=topics, announces=announces)

    async def reader(self) -> Reader:
        """A member of the consumer's group."""
        reader = await self.bus.reader(group=self.group, topics=[self.topic])
        self._readers.append(reader)
        return reader

    async def reader_again(self) -> Reader:
        """The reader that `apply` used, with no place."""
        assert self._reader is not None
        self._reader.displace()
        return self._reader

    async def apply(self, sink: PerSchool, *, records: int) -> Consumer[dict[str, int]]:
        """Publish, and consume until so many records were read."""
        await self.publish()
        consumer = self.consumer(sink)
        self._reader = self._reader or await self.reader()
        self._reader.displace()
        async with asyncio.timeout(30):
            while records > 0:
                records -= await consumer.catch_up(self._reader)
                await asyncio.sleep(0)
        return consumer

    async def letters(self) -> Sequence[Record]:
        """The dead letters, once the relay has published them."""
        await self.publish()
        topic = dead_letter_topic(self.topic, self.group)
        reader = await self.bus.reader(group=f"letters-{uuid4()}", topics=[topic])
        self._readers.append(reader)
        found: list[Record] = []
        async with asyncio.timeout(30):
            while not found:
                reader.place({tp: 0 for tp in reader.unplaced()})
                for records in (await reader.read(max_records=10, timeout=timedelta(milliseconds=100))).values():
                    found += records
        return found

    async def close(self) -> None:
        """Leave every group."""
        for reader in self._readers:
            await reader.close()
        await self.bus.close()


@pytest.fixture
async def path(database_url: str, bus_url: str) -> AsyncIterator[EventPath]:
    async with plumbed(database_url) as database:
        made = EventPath(database, connect(bus_url, client_id="test"))
        yield made
        await made.close()


@pytest.fixture(params=["local", pytest.param("kafka", marks=pytest.mark.kafka)])
def bus_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return f"sqlite:///{tmp_path / 'bus.db'}"
    broker: KafkaBroker = request.getfixturevalue("broker")
    return broker.url


async def test_what_is_recorded_arrives_once_and_leaves_the_outbox(path: EventPath) -> None:
    events = [an_acceptance(f"s-{n % 3}") for n in range(30)]
    await path.record(*(path.message(e) for e in events))
    consumer = await path.apply(PerSchool(), records=30)
    assert await counts(path.database) == {"s-0": 10, "s-1": 10, "s-2": 10}
    assert consumer.applied == 30
    assert await path.relay.pending() == 0


async def test_what_the_relay_sends_twice_counts_once(path: EventPath) -> None:
    twice = path.message(an_acceptance("s-1"))
    await path.record(twice, path.message(an_acceptance("s-2")))
    await path.publish()
    await path.bus.publish([twice])
    await path.record(path.message(an_acceptance("s-1")))
    await path.apply(PerSchool(), records=4)
    await path.bus.publish([twice])
    await path.apply(PerSchool(), records=1)
    assert await counts(path.database) == {"s-1": 2, "s-2": 1}


async def test_a_large_batch_that_was_seen_in_part_counts_the_rest(path: EventPath) -> None:
    seen = [path.message(an_acceptance("s-1")) for _ in range(150)]
    await path.bus.ensure_topics({path.topic: 6})
    await path.bus.publish(seen)
    await path.apply(PerSchool(), records=150)
    await path.bus.publish([*seen, *(path.message(an_acceptance("s-2")) for _ in range(150))])
    consumer = await path.apply(PerSchool(), records=300)
    assert await counts(path.database) == {"s-1": 150, "s-2": 150}
    assert (consumer.applied, consumer.dead_lettered) == (150, 0)


async def test_a_rolled_back_change_announces_nothing(path: EventPath) -> None:
    with pytest.raises(ZeroDivisionError):
        async with path.database.write(EVERY_DISTRICT) as session:
            await record_messages(session, [path.message(an_acceptance())])
            raise ZeroDivisionError
    assert await path.relay.pending() == 0


async def test_while_the_bus_is_away_events_wait_in_order(path: EventPath) -> None:
    class Away:
        async def ensure_topics(self, topics: object) -> None: ...

        async def publish(self, messages: object) -> None:
            raise BusUnavailable

    await path.record(*(path.message(an_acceptance()) for _ in range(3)))
    cut_off = Relay(path.database, Away(), topics={})  # type: ignore[arg-type]  # all that the relay touches
    with pytest.raises(BusUnavailable):
        await cut_off.move_batch()
    assert await path.relay.pending() == 3
    await path.apply(PerSchool(), records=3)
    assert await counts(path.database) == {"s-1": 3}


async def test_an_unreadable_record_is_set_aside_with_its_bytes_and_the_rest_flows(path: EventPath) -> None:
    good = [path.message(an_acceptance()) for _ in range(4)]
    torn = replace(good[0], value=b'{"student": "Z', headers=(*good[0].headers, ("x-odd", b"\xff\x00")))
    await path.record(good[0], torn, *good[1:])
    consumer = await path.apply(PerSchool(), records=5)
    assert await counts(path.database) == {"s-1": 4}
    assert consumer.dead_lettered == 1
    (letter,) = await path.letters()
    assert letter.value == torn.value
    assert letter.key == torn.key
    assert to_original(letter) == torn
    notes = notes_of(letter.headers)
    assert notes["original_topic"] == path.topic
    assert notes["reason"].startswith("payload of referral.accepted.v1 does not fit")
    assert "student" not in notes["reason"]


@pytest.mark.parametrize("where", ["cannot_prepare", "cannot_store"])
async def test_an_event_that_cannot_be_applied_is_set_aside_and_comes_in_once_mended(
    path: EventPath, where: str
) -> None:
    poisoned = path.message(an_acceptance("s-bad"))
    await path.record(path.message(an_acceptance("s-1")), poisoned, path.message(an_acceptance("s-2")))
    sink = PerSchool(**{where: "s-bad"})
    await path.apply(sink, records=3)
    assert await counts(path.database) == {"s-1": 1, "s-2": 1}
    (letter,) = await path.letters()
    await path.record(to_original(letter))
    await path.apply(PerSchool(), records=1)
    assert await counts(path.database) == {"s-1": 1, "s-2": 1, "s-bad": 1}


class NeverTogether(PerSchool):
    """A sink that takes events of one school at a time only."""

    def prepare(self, events: Sequence[Event]) -> dict[str, int]:
        """Count by school."""
        counted = super().prepare(events)
        if len(counted) > 1:
            raise OverflowError
        return counted


async def test_events_that_fail_only_together_are_applied_one_by_one(path: EventPath) -> None:
    await path.record(path.message(an_acceptance("s-1")), path.message(an_acceptance("s-2")))
    consumer = await path.apply(NeverTogether(), records=2)
    assert await counts(path.database) == {"s-1": 1, "s-2": 1}
    assert (consumer.applied, consumer.dead_lettered) == (2, 0)


async def test_a_batch_with_a_repeat_and_an_event_that_the_store_refuses_is_sorted_out(path: EventPath) -> None:
    seen, poisoned = path.message(an_acceptance("s-1")), path.message(an_acceptance("s-bad"))
    await path.record(seen)
    await path.apply(PerSchool(), records=1)
    await path.record(seen, poisoned, path.message(an_acceptance("s-2")))
    consumer = await path.apply(PerSchool(cannot_store="s-bad"), records=3)
    assert await counts(path.database) == {"s-1": 1, "s-2": 1}
    assert (consumer.applied, consumer.dead_lettered) == (1, 1)
    assert len(await path.letters()) == 1


class NotesTheDisk(PerSchool):
    """A sink that notes what its transactions were told about waiting for the disk; by whom says whether they were."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, bool]] = []

    async def store(self, session: Session, prepared: dict[str, int]) -> None:
        """Note, and add the counts."""
        found = await session.execute(text("SELECT setting, source FROM pg_settings WHERE name = 'synchronous_commit'"))
        setting, source = found.one()
        self.told.append((setting, source == "session"))
        await super().store(session, prepared)


@pytest.mark.parametrize(
    ("announces", "with_letter", "waits"), [(True, False, True), (False, False, False), (False, True, True)]
)
async def test_a_batch_that_only_this_database_knows_of_need_not_wait_for_the_disk(
    path: EventPath, announces: bool, with_letter: bool, waits: bool
) -> None:
    if path.database.dialect == "sqlite":
        pytest.skip("SQLite always waits")
    good = path.message(an_acceptance())
    await path.bus.ensure_topics({path.topic: 6})
    await path.bus.publish([replace(good, value=b"{}"), good] if with_letter else [good])
    sink, reader = NotesTheDisk(), await path.reader()
    consumer = path.consumer(sink, announces=announces)
    async with asyncio.timeout(30):
        while not consumer.applied:
            await consumer.catch_up(reader)
            await asyncio.sleep(0)
    assert sink.told == [(sink.told[0][0], False)] if waits else sink.told == [("off", True)]
    assert consumer.dead_lettered == with_letter


class CrashesOnce(Consumer[dict[str, int]]):
    """A consumer whose server loses its last commits before they are confirmed."""

    has_crashed = False

    async def _confirm(self, reader: Reader) -> None:
        if self.applied and not self.has_crashed:
            async with self._database.write(EVERY_DISTRICT) as session:
                for lost in ("DELETE FROM counted", "DELETE FROM inbox", "UPDATE consumer_offsets SET next_offset = 0"):
                    await session.execute(text(lost))
            self.has_crashed = True  # only now: whoever waits for it may look at what is left
        await super()._confirm(reader)


async def test_what_a_crash_of_the_server_took_back_is_applied_again_though_nothing_new_comes(path: EventPath) -> None:
    if path.database.dialect == "sqlite":
        pytest.skip("SQLite always waits for the disk, so nothing is taken back")
    await path.record(path.message(an_acceptance("s-1")), path.message(an_acceptance("s-2")))
    await path.publish()
    topics = {path.topic: 6}
    consumer = CrashesOnce(path.database, path.bus, PerSchool(), group=path.group, topics=topics, announces=False)
    running = asyncio.create_task(consumer.run())
    async with asyncio.timeout(60):
        while not consumer.has_crashed or await counts(path.database) != {"s-1": 1, "s-2": 1}:
            await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert await counts(path.database) == {"s-1": 1, "s-2": 1}


async def test_two_readers_of_the_same_records_have_one_effect(path: EventPath) -> None:
    await path.record(*(path.message(an_acceptance()) for _ in range(50)))
    await path.apply(PerSchool(), records=50)
    frozen = path.consumer(PerSchool())
    # What a member that was frozen past its session does: it goes on from where it once was.
    frozen._place = _at_the_beginning(frozen)  # type: ignore[method-assign,assignment]
    reader = await path.reader_again()
    with pytest.raises(OffsetsMoved):
        async with asyncio.timeout(30):
            while not await frozen.catch_up(reader):
                await asyncio.sleep(0)
    assert await counts(path.database) == {"s-1": 50}


def _at_the_beginning(consumer: Consumer[dict[str, int]]) -> Callable[[Reader], Coroutine[Any, Any, None]]:
    async def place(reader: Reader) -> None:
        positions = {tp: 0 for tp in reader.unplaced()}
        consumer._next.update(positions)
        reader.place(positions)

    return place


async def test_it_runs_on_while_events_come_and_stops_when_cancelled(path: EventPath) -> None:
    relaying = asyncio.create_task(path.relay.run())
    consuming = asyncio.create_task(path.consumer(PerSchool()).run())
    for _ in range(20):
        await path.record(path.message(an_acceptance()))
    async with asyncio.timeout(30):
        while await counts(path.database) != {"s-1": 20}:  # the effect tells nobody
            await asyncio.sleep(0.02)
    for task in (consuming, relaying):
        task.cancel()
    ended = await asyncio.gather(consuming, relaying, return_exceptions=True)
    assert all(isinstance(e, asyncio.CancelledError) for e in ended)


async def test_a_relay_stopped_at_the_moment_of_a_commit_stops(path: EventPath) -> None:
    relaying = asyncio.create_task(path.relay.run())
    async with asyncio.timeout(30):
        while not path.relay.is_leading:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)  # it has looked, found nothing, and waits
    path.database.committed.set()
    relaying.cancel()
    done, _ = await asyncio.wait([relaying], timeout=10)
    assert done
    assert relaying.cancelled()


async def test_a_letter_too_large_for_the_bus_goes_without_its_bytes(path: EventPath) -> None:
    torn = replace(path.message(an_acceptance()), value=b"x" * (MESSAGE_LIMIT_BYTES - 400))
    await path.bus.ensure_topics({path.topic: 6})
    await path.bus.publish([torn])
    await path.apply(PerSchool(), records=1)
    (letter,) = await path.letters()
    assert letter.value is None
    assert notes_of(letter.headers)["original_topic"] == path.topic


async def test_an_event_too_large_for_the_bus_is_refused_with_its_change(path: EventPath) -> None:
    large = an_acceptance().model_copy(update={"student_id": "x" * MESSAGE_LIMIT_BYTES})
    with pytest.raises(EventTooLarge):
        async with path.database.write(EVERY_DISTRICT) as session:
            await record(session, large, source="test")
