"""Versions of instruments that were read already: they never change, and every respondent's request needs one."""

from collections import OrderedDict
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from shared.db import ReadSession

Version = tuple[str, str, int]
"""District, instrument, version."""
Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The versions read last, of each database; beyond `most` the one that was not asked for the longest is let go.

    Only committed versions are to be put in: what a transaction wrote and took back never was.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_database: WeakKeyDictionary[Engine, OrderedDict[Version, Value]] = WeakKeyDictionary()

    def find(self, session: ReadSession, version: Version) -> Value | None:
        """It, if it is kept."""
        kept = self._of(session)
        if version in kept:
            kept.move_to_end(version)
        return kept.get(version)

    def keep(self, session: ReadSession, version: Version, value: Value) -> None:
        """Keep it."""
        kept = self._of(session)
        kept[version] = value
        kept.move_to_end(version)
        if len(kept) > self._most:
            kept.popitem(last=False)

    def _of(self, session: ReadSession) -> OrderedDict[Version, Value]:
        return self._by_database.setdefault(session.engine.sync_engine, OrderedDict())
