"""Which failures say that the database is away, and not that the statement was wrong.

The server is away, restarts, became a standby, is out of room or took another transaction's side: tried again it may
work, so it must make neither a 500 nor a dead letter.
"""

import sqlite3
import sys
from functools import cache

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

_AWAY = (OSError, TimeoutError, NoConnectionFree)
_SQLITE_AWAY = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
)


def is_away(error: BaseException | None) -> bool:
    """Whether this came of a database that is away, from whichever driver and however it is wrapped."""
    if isinstance(error, DBAPIError):
        # SQLAlchemy wraps what asyncpg raises twice, and what sqlite3 raises once.
        cause = error.orig
        return error.connection_invalidated or is_away(cause) or (cause is not None and is_away(cause.__cause__))
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode & 0xFF in _SQLITE_AWAY  # the upper bits tell the case more exactly
    return isinstance(error, _AWAY) or ("asyncpg" in sys.modules and isinstance(error, _away_in_asyncpg()))


@cache
def _away_in_asyncpg() -> tuple[type[Exception], ...]:
    import asyncpg  # only where it is at work: it takes 3 MB, and on SQLite nobody needs it

    return (
        asyncpg.PostgresConnectionError,
        asyncpg.OperatorInterventionError,
        asyncpg.InsufficientResourcesError,
        asyncpg.TransactionRollbackError,
        asyncpg.ReadOnlySQLTransactionError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,  # what it says of a connection whose end arrived unasked
    )
