"""The engines that tests stand on: they keep what they were given, over a stop and over a kill."""

import uuid
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shared.testing.engine import EngineFailed, EngineMissing, free_port
from shared.testing.kafka import KafkaBroker, kafka_broker
from shared.testing.postgres import PostgresServer, postgres_server


@pytest.mark.slow
@pytest.mark.kafka
async def test_a_broker_that_was_killed_comes_back_with_what_it_acknowledged() -> None:
    with kafka_broker(fast=True) as own:
        admin = AIOKafkaAdminClient(bootstrap_servers=own.address)
        await admin.start()
        await admin.create_topics([NewTopic("facts", 1, 1)])
        await admin.close()
        producer = AIOKafkaProducer(bootstrap_servers=own.address, acks="all")
        await producer.start()
        await producer.send_and_wait("facts", b"kept")
        await producer.stop()

        own.kill()
        with pytest.raises(EngineFailed):
            _ = own.pid
        own.start()

        consumer = AIOKafkaConsumer(bootstrap_servers=own.address, enable_auto_commit=False)
        await consumer.start()
        consumer.assign([TopicPartition("facts", 0)])
        await consumer.seek_to_beginning()
        assert (await consumer.getone()).value == b"kept"
        await consumer.stop()


@pytest.mark.postgresql
async def test_a_server_that_was_killed_comes_back_with_what_was_committed() -> None:
    with postgres_server(fast=False) as own:
        url = own.create_database("facts")
        await _execute(url, "CREATE TABLE kept (n INT)")
        await _execute(url, "INSERT INTO kept VALUES (7)")

        own.kill()
        own.start()

        assert await _value(url, "SELECT n FROM kept") == 7


async def test_every_test_has_an_empty_database_of_its_own(postgresql: PostgresServer, postgresql_url: str) -> None:
    other = postgresql.create_database(f"test_{uuid.uuid4().hex}")

    await _execute(postgresql_url, "CREATE TABLE mine (n INT)")

    assert await _value(other, "SELECT count(*) FROM pg_tables WHERE tablename = 'mine'") == 0
    postgresql.drop_database(other.rpartition("/")[2])


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(EngineMissing, match="Java"):
        KafkaBroker(tmp_path / "kafka").start()

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\n", encoding="utf-8")
    java.chmod(0o755)
    with pytest.raises(EngineMissing, match="Maven"):
        KafkaBroker(tmp_path / "kafka", port=free_port()).start()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def _value(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    value: object = await connection.fetchval(query)
    await connection.close()
    return value
