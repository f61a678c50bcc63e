"""What the port promises, asked of the embedded bus and of a real Kafka alike."""

import asyncio
import random
import time
import uuid
from collections import defaultdict
from datetime import timedelta

import pytest

from shared.bus.base import (
    MESSAGE_LIMIT_BYTES,
    PARTITIONS,
    Bus,
    BusUnavailable,
    Message,
    MessageTooLarge,
    OffsetLost,
    Reader,
    Record,
    TopicPartition,
)
from shared.bus.connect import connect
from shared.bus.partitioning import partition_of
from shared.testing.readers import Positions, all_records, read_all, settled

pytestmark = pytest.mark.slow

SOON = timedelta(seconds=1)
AT_ONCE = timedelta(milliseconds=50)


async def _reader(bus: Bus, topic: str) -> Reader:
    return await settled(await bus.reader(group=f"group of {topic}", topics=[topic]))


def _by_key(records: list[Record]) -> dict[bytes | None, list[bytes | None]]:
    found: dict[bytes | None, list[bytes | None]] = defaultdict(list)
    for record in records:
        found[record.key].append(record.value)
    return found


async def test_a_message_comes_back_as_it_was(bus: Bus, topic: str) -> None:
    headers = (("ce_id", b"\x00\xff\xc3"), ("double", b"1"), ("double", b"2"), ("empty", b""))
    messages = [
        Message(topic, b"full", b'{"a": 1}', headers),
        Message(topic, b"tombstone", None),
        Message(topic, b"", b""),
        Message(topic, b"\xff\x00", bytes(range(256))),
    ]
    before = int(time.time() * 1000)
    await bus.publish(messages)

    found = {r.key: r for r in await all_records(bus, topic, len(messages))}

    assert {m.key: (m.value, m.headers) for m in messages} == {
        r.key: (r.value, tuple(r.headers)) for r in found.values()
    }
    for record in found.values():
        assert record.topic == topic
        assert before - 5000 <= record.timestamp <= int(time.time() * 1000) + 5000


async def test_a_message_without_a_key_lies_in_some_partition(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, None, b"1"), Message(topic, None, None)])

    found = await all_records(bus, topic, 2)

    assert {(r.key, r.value) for r in found} == {(None, b"1"), (None, None)}


async def test_messages_of_one_key_keep_their_order(bus: Bus, topic: str) -> None:
    keys = [str(uuid.uuid4()).encode() for _ in range(40)]
    sent: dict[bytes, list[bytes]] = defaultdict(list)
    for number in range(30):
        batch = []
        for _ in range(100):
            key = random.choice(keys)
            value = f"{number}-{len(sent[key])}".encode()
            sent[key].append(value)
            batch.append(Message(topic, key, value))
        await bus.publish(batch)

    assert _by_key(await all_records(bus, topic, 3000)) == sent


async def test_a_key_has_the_same_partition_on_every_bus(bus: Bus, topic: str) -> None:
    keys = [uuid.uuid4().bytes[: random.randrange(17)] for _ in range(200)]
    await bus.publish([Message(topic, key, b"") for key in keys])

    for record in await all_records(bus, topic, len(keys)):
        assert record.key is not None
        assert record.partition == partition_of(record.key, PARTITIONS)


async def test_a_batch_may_be_large_and_its_messages_too(bus: Bus, topic: str) -> None:
    small = [Message(topic, str(n).encode(), b"x" * 600) for n in range(5000)]
    large = [Message(topic, str(n).encode(), b"y" * (MESSAGE_LIMIT_BYTES - 1)) for n in range(5)]
    await bus.publish([*small, *large])

    found = await all_records(bus, topic, 5005)

    assert sorted(len(r.value or b"") for r in found) == [600] * 5000 + [MESSAGE_LIMIT_BYTES - 1] * 5


async def test_an_empty_batch_is_no_work(bus: Bus) -> None:
    await bus.publish([])


async def test_a_message_over_the_limit_is_named_and_nothing_is_sent(bus: Bus, topic: str) -> None:
    fine = Message(topic, b"k", b"fine")
    too_large = Message(topic, b"k", b"y" * MESSAGE_LIMIT_BYTES)

    with pytest.raises(MessageTooLarge) as refused:
        await bus.publish([fine, too_large])
    await bus.publish([fine])

    assert refused.value.message is too_large
    assert len(await all_records(bus, topic, 1)) == 1


async def test_many_may_ensure_the_same_topics_at_once(bus: Bus, bus_url: str) -> None:
    unique = uuid.uuid4().hex
    names = {f"test-facts-{unique}": PARTITIONS, f"test-letters-{unique}": 1}
    others = [connect(bus_url, client_id=f"other {n}") for n in range(4)]

    await asyncio.gather(*(b.ensure_topics(names) for b in [bus, *others]))
    await bus.ensure_topics(names)

    assert set(await bus.bounds(list(names))) == {
        TopicPartition(name, p) for name, count in names.items() for p in range(count)
    }
    for other in others:
        await other.close()


async def test_bounds_count_what_was_published(bus: Bus, topic: str) -> None:
    assert set((await bus.bounds([topic])).values()) == {(0, 0)}
    await bus.publish([Message(topic, str(n).encode(), b"") for n in range(100)])

    bounds = await bus.bounds([topic])

    assert sum(last - first for first, last in bounds.values()) == 100


async def test_bounds_leave_out_a_topic_that_does_not_exist(bus: Bus, topic: str) -> None:
    assert {place.topic for place in await bus.bounds([topic, "test-nowhere"])} == {topic}


async def test_offsets_of_a_partition_only_grow(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, str(n).encode(), b"") for n in range(500)])
    offsets = defaultdict(list)

    for record in await all_records(bus, topic, 500):
        offsets[record.partition].append(record.offset)

    assert sum(map(len, offsets.values())) == 500
    assert all(found == sorted(set(found)) for found in offsets.values())


async def test_an_unplaced_partition_hands_out_nothing(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, str(n).encode(), b"") for n in range(100)])
    reader = await _reader(bus, topic)
    one, *rest = sorted(reader.unplaced())

    assert reader.assigned() == {TopicPartition(topic, p) for p in range(PARTITIONS)}
    assert await reader.read(max_records=100, timeout=AT_ONCE) == {}
    reader.place({one: 0})
    assert set(await reader.read(max_records=100, timeout=SOON)) == {one}
    assert reader.unplaced() == set(rest)


async def test_a_reader_starts_where_it_is_told(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, b"k", str(n).encode()) for n in range(20)])
    place = TopicPartition(topic, partition_of(b"k", PARTITIONS))
    reader = await _reader(bus, topic)

    reader.place({place: 13})

    assert [r.value for r in await read_all(reader, 7)] == [str(n).encode() for n in range(13, 20)]


async def test_a_reader_at_the_end_hands_out_only_what_comes(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, str(n).encode(), b"old") for n in range(50)])
    reader = await _reader(bus, topic)
    reader.place({place: last for place, (_, last) in (await reader.bounds(reader.assigned())).items()})

    assert await reader.read(max_records=10, timeout=AT_ONCE) == {}
    await bus.publish([Message(topic, b"k", b"new")])

    assert [r.value for r in await read_all(reader, 1)] == [b"new"]


async def test_a_displaced_reader_reads_again_from_where_it_is_placed(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, str(n).encode(), b"") for n in range(100)])
    reader = await _reader(bus, topic)
    reader.place(dict.fromkeys(reader.unplaced(), 0))
    await reader.read(max_records=7, timeout=SOON)

    reader.displace()

    assert reader.unplaced() == reader.assigned()
    assert await reader.read(max_records=100, timeout=AT_ONCE) == {}
    reader.place(dict.fromkeys(reader.unplaced(), 0))
    assert len(await read_all(reader, 100)) == 100


async def test_a_read_hands_out_no_more_than_asked_and_leaves_no_partition_behind(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, str(n).encode(), b"") for n in range(1000)])
    reader = await _reader(bus, topic)
    reader.place(dict.fromkeys(reader.unplaced(), 0))
    seen: set[TopicPartition] = set()
    count = 0

    while count < 1000:
        found = await reader.read(max_records=50, timeout=SOON)
        assert sum(map(len, found.values())) <= 50
        count += sum(map(len, found.values()))
        seen |= found.keys()

    assert seen == reader.assigned()


async def test_a_read_of_a_quiet_topic_is_empty_after_its_time(bus: Bus, topic: str) -> None:
    reader = await _reader(bus, topic)
    reader.place(dict.fromkeys(reader.unplaced(), 0))
    await reader.read(max_records=10, timeout=AT_ONCE)
    before = time.monotonic()

    assert await reader.read(max_records=10, timeout=timedelta(milliseconds=300)) == {}
    assert 0.25 < time.monotonic() - before < 5


async def test_a_waiting_read_wakes_for_a_message(bus: Bus, topic: str) -> None:
    reader = await _reader(bus, topic)
    reader.place(dict.fromkeys(reader.unplaced(), 0))
    waiting = asyncio.create_task(reader.read(max_records=10, timeout=timedelta(seconds=30)))

    await bus.publish([Message(topic, b"k", b"v")])

    async with asyncio.timeout(5):
        assert sum(map(len, (await waiting).values())) == 1


async def test_a_position_outside_the_log_is_said(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, b"k", b"v")])
    reader = await _reader(bus, topic)
    place = TopicPartition(topic, partition_of(b"k", PARTITIONS))

    reader.place({place: 1000})

    with pytest.raises(OffsetLost):
        await read_all(reader, 1)


async def test_nothing_is_lost_or_doubled_when_members_come_and_go(bus: Bus, bus_url: str, topic: str) -> None:
    other = connect(bus_url, client_id="other")
    positions = Positions()
    first = await bus.reader(group=topic, topics=[topic])
    second = await other.reader(group=topic, topics=[topic])
    sent = [Message(topic, str(n).encode(), str(n).encode()) for n in range(300)]

    await bus.publish(sent[:100])
    await positions.advance([first, second], to=100)
    shared_out = first.assigned() | second.assigned()
    await first.close()
    await bus.publish(sent[100:200])
    await positions.advance([second], to=200)
    third = await bus.reader(group=topic, topics=[topic])
    await second.close()
    await bus.publish(sent[200:])
    await positions.advance([third], to=300)

    assert not first.assigned()
    assert shared_out == third.assigned() == {TopicPartition(topic, p) for p in range(PARTITIONS)}
    assert sorted(positions.values) == sorted(m.value or b"" for m in sent)
    await other.close()


async def test_two_groups_read_the_same_records(bus: Bus, topic: str) -> None:
    await bus.publish([Message(topic, str(n).encode(), b"") for n in range(50)])

    for group in ("one", "two"):
        reader = await settled(await bus.reader(group=f"{group} {topic}", topics=[topic]))
        reader.place(dict.fromkeys(reader.unplaced(), 0))
        assert len(await read_all(reader, 50)) == 50


async def test_a_partition_given_back_is_unplaced(bus: Bus, topic: str) -> None:
    first = await _reader(bus, topic)
    first.place(dict.fromkeys(first.unplaced(), 0))
    second = await bus.reader(group=f"group of {topic}", topics=[topic])
    await first.close()

    again = await settled(second)

    assert again.unplaced() == {TopicPartition(topic, p) for p in range(PARTITIONS)}


async def test_placing_what_is_not_assigned_is_ignored(bus: Bus, topic: str) -> None:
    reader = await _reader(bus, topic)

    reader.place({TopicPartition("elsewhere", 0): 5})

    assert reader.unplaced() == reader.assigned()


async def test_closing_twice_or_unused_is_fine(bus: Bus, bus_url: str, topic: str) -> None:
    reader = await _reader(bus, topic)
    async with asyncio.timeout(10):
        await reader.close()
        await reader.close()
        await bus.close()
        await bus.close()
        await connect(bus_url, client_id="never used").close()


async def test_closing_the_bus_closes_its_readers(bus: Bus, bus_url: str, topic: str) -> None:
    other = connect(bus_url, client_id="other")
    await _reader(other, topic)
    await other.close()

    async with asyncio.timeout(5):  # less than the session: the other left, it was not waited for
        await _reader(bus, topic)


async def test_a_topic_that_does_not_exist_is_no_place_to_publish(bus_url: str) -> None:
    bus = connect(bus_url, client_id="test")
    with pytest.raises(BusUnavailable):
        await bus.publish([Message("test-nowhere", b"k", b"v")])
    await bus.close()
