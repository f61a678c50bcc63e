"""What the programs that run one engine have in common: up, said, watched, down."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn, Protocol

from shared.testing.engine import EngineFailed, EngineMissing

_LOOK_AGAIN_SECONDS = 0.5


class Engine(Protocol):
    """A server that runs as one process."""

    def start(self) -> None:
        """Come up and return when it answers."""

    def wait(self, timeout_seconds: float) -> bool:
        """Whether it has ended, at the latest after the time-out."""

    def stop(self) -> None:
        """End in order."""


def serve_until_stopped(engine: Engine, ready: Callable[[], str]) -> int:
    """Run the engine until a signal, its own end, or the death of PARENT_PID; the exit status to end with."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    parent = os.environ.get("PARENT_PID")
    try:
        engine.start()
        print(ready(), flush=True)
        while not engine.wait(_LOOK_AGAIN_SECONDS):
            if parent and os.getppid() != int(parent):
                return 0
    except (EngineMissing, EngineFailed) as problem:
        print(problem, file=sys.stderr)
        return 1
    except SystemExit:
        return 0
    finally:
        engine.stop()
    print("the engine ended by itself", file=sys.stderr)
    return 1


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
