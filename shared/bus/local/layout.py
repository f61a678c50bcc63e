"""The tables of the embedded bus, and how its file is opened."""

import sqlite3
import time
from pathlib import Path

from shared.bus.base import BusUnavailable

LAYOUT = 1
BUSY_TIMEOUT_S = 10.0

_TABLES = """
CREATE TABLE IF NOT EXISTS logs (
    log_id      INTEGER PRIMARY KEY,
    topic       TEXT NOT NULL,
    partition   INTEGER NOT NULL,
    next_offset INTEGER NOT NULL DEFAULT 0,
    UNIQUE (topic, partition)
);
CREATE TABLE IF NOT EXISTS records (
    log_id    INTEGER NOT NULL,
    "offset"  INTEGER NOT NULL,
    key       BLOB,
    value     BLOB,
    headers   BLOB NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (log_id, "offset")
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS leases (
    group_name TEXT PRIMARY KEY,
    holder     TEXT NOT NULL,
    expires_at REAL NOT NULL
);
"""


def open_log(path: Path, *, durable: bool) -> sqlite3.Connection:
    """A connection to the file, made with its folder when missing. `durable` commits survive a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        _into_wal(connection)
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        connection.execute("PRAGMA journal_size_limit = 16777216")
        (layout,) = connection.execute("PRAGMA user_version").fetchone()
        if layout > LAYOUT:
            raise BusUnavailable(f"{path.name} was written by a newer version (layout {layout})")
        if layout < LAYOUT:
            connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {LAYOUT}; COMMIT;")
    except BaseException:
        connection.close()
        raise
    return connection


def _into_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging, once in its life.

    SQLite does not wait for a lock in this one statement, so when several processes start at once we do.
    """
    give_up = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
