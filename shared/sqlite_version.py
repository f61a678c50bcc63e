"""A number that tells whether anybody committed to a SQLite file: asked in microseconds, without a transaction."""

import os
import sqlite3
from pathlib import Path
from typing import NamedTuple


class Version(NamedTuple):
    """Equal only where nothing was committed in between."""

    connection: int
    commits: int


class VersionOf:
    """The version of one file. It opens a connection of its own, for a connection does not count its own commits."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._connections = 0

    def now(self) -> Version | None:
        """None where it cannot be told: then a look must tell what is wrong with the file.

        Waits for nobody, so it may be asked on the event loop.
        """
        try:
            found = os.stat(self._path)  # first: to open one that is not there would make it
            if self._opened is None or self._file != (found.st_dev, found.st_ino):  # another was put in its place
                self.close()
                self._file = found.st_dev, found.st_ino
                self._opened = sqlite3.connect(self._path, timeout=0, check_same_thread=False)
                self._connections += 1
            (commits,) = self._opened.execute("PRAGMA data_version").fetchone()
        except (sqlite3.Error, OSError):
            self.close()
            return None
        return Version(self._connections, commits)

    def close(self) -> None:
        """Let the file go."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
