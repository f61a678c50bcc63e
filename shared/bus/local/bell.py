"""How a reader hears of an append by whichever process: a datagram on the loopback, to the port that its lease names.

Only a wake-up, of which any may be lost or come for nothing: what there is to read, the log alone says.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterable

from shared.bus.base import BusUnavailable
from shared.holders import new_holder

_LOOPBACK = "127.0.0.1"
_RING = b"\0"


class Bell:
    """Calls `rung` on the event loop when somebody rings. Closed by `close`."""

    def __init__(self, rung: Callable[[], None]) -> None:
        """Raises: BusUnavailable."""
        self._rung = rung
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.bind((_LOOPBACK, 0))
            self._loop.add_reader(self._socket, self._hear)
        except OSError as error:
            self._socket.close()
            raise BusUnavailable(f"no bell: {error}") from error
        self.holder = f"{new_holder()}:{self._socket.getsockname()[1]}"
        """The name of a lease's holder who hears at this bell."""

    def close(self) -> None:
        """Hear no more; a second time, nothing."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _hear(self) -> None:
        with contextlib.suppress(OSError):  # nothing more is there
            while self._socket.recv(16):
                pass
        self._rung()


def ring(holders: Iterable[str]) -> None:
    """Wake these holders of leases; those of another host find what there is when they look."""
    here = socket.gethostname()
    ports = [int(port) for host, port in map(_place, holders) if host == here and port.isdecimal()]
    if not ports:
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for port in ports:
            with contextlib.suppress(OSError):  # it has ended, or has so much to hear that it is awake
                sender.sendto(_RING, (_LOOPBACK, port))


def _place(holder: str) -> tuple[str, str]:
    return holder.partition(":")[0], holder.rpartition(":")[2]
