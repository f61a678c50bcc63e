"""The embedded bus: one SQLite file that several processes of one machine append to and read from."""

from shared.bus.local.bus import LocalBus

__all__ = ["LocalBus"]
