"""How a reader hears of an append by whichever process: a datagram on the loopback, to the port that its lease names.

Only a wake-up, of which any may be lost or come for nothing: what there is to read, the log alone says. So nothing
fails for want of a bell either.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterable

from shared.holders import new_holder

_LOOPBACK = "127.0.0.1"
_RING = b"\0"
_HEARD_AT_ONCE = 64
"""Rings taken together. Whoever floods a bell may not keep the event loop from all else."""

logger = logging.getLogger(__name__)


class Bell:
    """Calls `rung` on the event loop when somebody rings. Closed by `close`."""

    def __init__(self, rung: Callable[[], None]) -> None:
        """Nobody can ring where it gets no port of the loopback."""
        self._rung = rung
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self.holder = new_holder()
        """The name of a lease's holder who hears at this bell."""
        try:
            self._socket = _listening()
        except OSError as error:
            logger.warning("no bell for a reader of the bus, which looks now and then instead: %s", error)
            return
        self._loop.add_reader(self._socket, self._hear, self._socket)
        self.holder += f":{self._socket.getsockname()[1]}"

    def close(self) -> None:
        """Hear no more; a second time, nothing."""
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _hear(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):  # nothing more is there
            for _ in range(_HEARD_AT_ONCE):
                listening.recv(16)
        self._rung()


def ring(holders: Iterable[str]) -> None:
    """Wake these holders of leases; those of another host find what there is when they look."""
    here = socket.gethostname()
    ports = [int(port) for host, port in map(_place, holders) if host == here and port.isdecimal()]
    if not ports:
        return
    # What it is about is stored already: whoever stored it may not be told that this failed.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for port in ports:
            with contextlib.suppress(OSError):  # it has ended, or has so much to hear that it is awake
                sender.sendto(_RING, (_LOOPBACK, port))


def _listening() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.bind((_LOOPBACK, 0))
    except OSError:
        opened.close()
        raise
    return opened


def _place(holder: str) -> tuple[str, str]:
    return holder.partition(":")[0], holder.rpartition(":")[2]
