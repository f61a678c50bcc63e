"""Starts processes of the services off one that has imported them all: of a start, the import is nine tenths.

That one is this file, run as a program: it forks whatever is asked of it on standard input. What it forks is a process
as any other, which runs `python -m <package> <verb>` to its end, is killed alone, and ends where the test run does.
"""

import atexit
import functools
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

ROOT = Path(__file__).parents[2]
PACKAGES = ("referral_api", "climate_survey_api", "training_registry", "reporting")
_IMPORTED_LATE = ("alembic.command", "shared.bus.kafka", "shared.bus.local", "uvicorn.lifespan.on")
"""What a service does not import before it needs it."""
_LOOK_AGAIN_SECONDS = 0.01


class Start(TypedDict):
    """A process that is asked for."""

    package: str
    words: Sequence[str]
    environment: Mapping[str, str]
    log: str


class Forked:
    """A process that was forked for us; it is asked for its end, since it is not our own child."""

    def __init__(self, server: "ForkServer", pid: int) -> None:
        self.pid = pid
        self._server = server
        self._status: int | None = None

    def poll(self) -> int | None:
        """How it ended, a signal as a negative number; None while it runs."""
        if self._status is None:
            self._status = self._server.ask({"ended": self.pid})
        return self._status

    def wait(self, seconds: float) -> int:
        """How it ended. Raises: TimeoutError."""
        deadline = time.monotonic() + seconds
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise TimeoutError
            time.sleep(_LOOK_AGAIN_SECONDS)
        return status

    def send_signal(self, number: signal.Signals) -> None:
        """Signal it; nothing happens when it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


class ForkServer:
    """The process that forks; several threads may ask."""

    def __init__(self) -> None:
        folders = [str(ROOT), *(str(ROOT / "services" / package.replace("_", "-")) for package in PACKAGES)]
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(folders)},
            text=True,
        )
        self._asking = threading.Lock()

    def start(self, package: str, *words: str, environment: Mapping[str, str], log: Path) -> Forked:
        """Begin `python -m package *words`, which writes to the end of the log."""
        start = Start(package=package, words=words, environment=environment, log=str(log))
        return Forked(self, self.ask({"start": start}))

    def ask(self, question: Mapping[str, Any]) -> Any:
        """What it answers."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._asking:
            print(json.dumps(question), file=self._process.stdin, flush=True)
            return json.loads(self._process.stdout.readline())

    def end(self) -> None:
        """End it, and with it what it forked."""
        self._process.communicate()


@functools.cache
def fork_server() -> ForkServer:
    """The only one of this test process."""
    server = ForkServer()
    atexit.register(server.end)
    return server


def _next_to_start() -> Start | None:
    """In a process just forked: what it is to run. In the one that forks: None, once nobody can ask any more."""
    ended: dict[int, int] = {}
    for line in sys.stdin:
        question = json.loads(line)
        if "start" in question:
            pid = os.fork()
            ended.pop(pid, None)  # another had its number
            if pid == 0:
                start: Start = question["start"]
                return start
            answer: int | None = pid
        else:
            asked = question["ended"]
            if asked not in ended:  # the system tells of an end once
                pid, status = os.waitpid(asked, os.WNOHANG)
                if pid:
                    ended[pid] = os.waitstatus_to_exitcode(status)
            answer = ended.get(asked)
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()
    return None


def _become(start: Start) -> None:
    """Be that process from here on."""
    for number, place, how in ((0, os.devnull, os.O_RDONLY), (1, start["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)):
        opened = os.open(place, how)
        os.dup2(opened, number)
        os.close(opened)
    os.dup2(1, 2)
    os.environ.clear()
    os.environ.update(start["environment"], PARENT_PID=str(os.getppid()))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[1:] = start["words"]
    runpy.run_module(start["package"], run_name="__main__", alter_sys=True)


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the test run's business, which ends us
    for module in (*(f"{package}.app" for package in PACKAGES), "shared.cli", *_IMPORTED_LATE):
        importlib.import_module(module)
    start = _next_to_start()
    if start is not None:
        _become(start)


if __name__ == "__main__":
    _main()
