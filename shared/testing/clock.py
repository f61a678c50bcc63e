"""A clock that a test puts on: it stands still until it is moved."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 25, 17, tzinfo=UTC)
"""Noon in New York, where a service's day begins in tests."""


class Clock:
    """A clock that a test puts on: noon, unless it says otherwise."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """What it shows."""
        return self.now

    def move(self, by: timedelta) -> datetime:
        """Let so much time go by."""
        self.now += by
        return self.now
