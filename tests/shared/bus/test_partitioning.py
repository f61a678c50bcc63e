"""The key's partition, held against the Kafka client's own."""

from aiokafka.partitioner import murmur2 as murmur2_of_the_client
from hypothesis import given
from hypothesis import strategies as st

from shared.bus.base import PARTITIONS
from shared.bus.partitioning import murmur2, partition_of


@given(st.binary(max_size=80))
def test_any_key_has_the_hash_that_the_kafka_client_gives_it(key: bytes) -> None:
    assert murmur2(key) == murmur2_of_the_client(key)


@given(st.uuids())
def test_a_partition_is_one_of_the_topics(key: object) -> None:
    assert 0 <= partition_of(str(key).encode(), PARTITIONS) < PARTITIONS
