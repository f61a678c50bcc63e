"""What must be there before services start: folders, keys, free ports, and on PostgreSQL migrated databases."""

import asyncio
import fcntl
import os
import socket
import subprocess
import time
from typing import IO
from urllib.parse import urlsplit

from scripts.suite.layout import SERVICES, Layout, program
from shared.testing.engine import EngineFailed, EngineMissing
from shared.testing.kafka import fetch_jars

_LAST_SUITE_LEAVES_SECONDS = 3.0


class CannotStart(Exception):
    """The suite cannot start here; the message says why and what helps."""


def claim(layout: Layout) -> IO[str]:
    """Make the folders and lock them for one suite; the lock lasts as long as the file is open in some process.

    Raises: CannotStart when a suite runs on these folders.
    """
    for folder in (layout.home, layout.logs, layout.home / "imports"):
        folder.mkdir(parents=True, exist_ok=True)
    lock = _lock_file(layout)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CannotStart(
            f"a suite runs on {layout.home}: make down stops it, HOME_DIR=... gives a second one its own"
        ) from None
    return lock


def is_claimed(layout: Layout) -> bool:
    """Whether some process of a suite still holds these folders."""
    with _lock_file(layout) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _lock_file(layout: Layout) -> IO[str]:
    return (layout.home / "suite.lock").open("w", encoding="utf-8")


def ensure_ports_free(layout: Layout) -> None:
    """Services of a suite that was killed need a moment to notice; beyond that a taken port is somebody else's.

    Raises: CannotStart naming each port that is taken.
    """
    deadline = time.monotonic() + _LAST_SUITE_LEAVES_SECONDS
    while taken := {port: whose for port, whose in layout.ports().items() if not _is_free(port)}:
        if time.monotonic() > deadline:
            list_of_them = ", ".join(f"{port} ({whose})" for port, whose in taken.items())
            raise CannotStart(f"something else listens on {list_of_them}; PORT_BASE=... moves all ports")
        time.sleep(0.1)


def prepare(layout: Layout, *, embedded_too: bool = False) -> None:
    """Keys, and on PostgreSQL the databases, migrated. Embedded services migrate themselves as they start.

    Raises: CannotStart.
    """
    _ensure_keys(layout)
    try:
        if layout.local_kafka() is not None:
            fetch_jars()
        server = layout.local_postgres()
        if server is None:
            _migrate(layout, embedded_too=embedded_too)
            return
        server.start()
        try:
            _migrate(layout, embedded_too=embedded_too)
        finally:
            server.stop()
    except (EngineMissing, EngineFailed) as problem:
        raise CannotStart(str(problem)) from None


def _ensure_keys(layout: Layout) -> None:
    """Token and field keys, made once, readable by their owner alone."""
    from shared.auth.local_keys import ensure_keys as ensure_token_keys
    from shared.crypto import ensure_field_keys, field_keys_path

    layout.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    ensure_token_keys(layout.keys)
    for service in SERVICES:
        ensure_field_keys(field_keys_path(layout.keys, service.package))


def _migrate(layout: Layout, *, embedded_too: bool) -> None:
    server = layout.server_url()
    if server is not None:
        _make_databases(server)
    elif not embedded_too:
        return
    log = layout.logs / "migrate.log"
    with log.open("a", encoding="utf-8") as output:
        running = {
            service: subprocess.Popen(
                program(service.package, "migrate"),
                env=os.environ | layout.environment(service),
                stdout=output,
                stderr=output,
            )
            for service in SERVICES
        }
        failed = [service.name for service, process in running.items() if process.wait() != 0]
    if failed:
        raise CannotStart(f"the database of {', '.join(failed)} could not be migrated; see {log}")


def _make_databases(server: str) -> None:
    import asyncpg

    async def make_missing() -> None:
        connection = await asyncpg.connect(f"{server}/postgres", timeout=10)
        try:
            there = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
            for service in SERVICES:
                if service.package not in there:
                    await connection.execute(f'CREATE DATABASE "{service.package}"')
        finally:
            await connection.close()

    try:
        asyncio.run(make_missing())
    except (OSError, TimeoutError, asyncpg.PostgresError) as problem:
        raise CannotStart(f"PostgreSQL at {_without_password(server)} refuses: {problem}") from None


def _without_password(server: str) -> str:
    return urlsplit(server).netloc.rpartition("@")[2]


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
