"""Looking into a database again and again for what may have come, at next to no cost while nothing does."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.db import Database

Found = TypeVar("Found")


class Lookout:
    """Remembers up to which commit somebody has looked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: object = None

    async def look(self, look: Callable[[], Awaitable[Found]], *, otherwise: Found) -> Found:
        """What the look finds; `otherwise` where nobody has committed anything since the last that ended well.

        Only for looks that find the same in the same database, whatever the time.
        """
        version = self._database.version()  # before the look: what is committed during it is worth another
        if version is not None and version == self._seen:
            return otherwise
        self._seen = None
        found = await look()
        self._seen = version
        return found
