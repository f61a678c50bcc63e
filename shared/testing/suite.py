"""The whole suite as a user starts it, in processes of its own, looked at from outside."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil

_ROOT = Path(__file__).parents[2]
_OFFSETS = {"referral-api": 1, "climate-survey-api": 2, "training-registry": 3, "reporting": 4}
_START_PATIENCE_SECONDS = 90.0
_LOOK_AGAIN_SECONDS = 0.1


class SuiteInTest:
    """One suite on a folder and ports of its own; `said` is what it told the terminal so far."""

    def __init__(self, home: Path, options: Sequence[str] = ()) -> None:
        self.home = home
        self.base = free_base()
        self._terminal = home.parent / f"{home.name}.terminal"
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> str:
        """Everything that was printed, standard error included."""
        return self._terminal.read_text(encoding="utf-8")

    @property
    def supervisor(self) -> psutil.Process:
        """The supervisor's process."""
        return psutil.Process(int((self.home / "supervisord.pid").read_text(encoding="utf-8")))

    def url(self, service: str) -> str:
        """Where a service of the suite listens."""
        return f"http://127.0.0.1:{self.base + _OFFSETS[service]}"

    def begin(self) -> "subprocess.Popen[bytes]":
        """Start it and do not wait."""
        command = [sys.executable, "-m", "scripts.suite", "--home", str(self.home), "--base", str(self.base)]
        with self._terminal.open("wb") as terminal:
            self._process = subprocess.Popen(
                [*command, *self._options],
                cwd=_ROOT,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [_ROOT, *_ROOT.glob("services/*")]))},
                stdin=subprocess.DEVNULL,
                stdout=terminal,
                stderr=terminal,
                start_new_session=True,  # Ctrl-C at the tests is not Ctrl-C at the suite
            )
        return self._process

    def start(self) -> None:
        """Start it and return when it says that it is ready. Raises: AssertionError when it does not."""
        process = self.begin()
        with contextlib.suppress(AssertionError):  # what it said tells more than that it was late
            until(lambda: "\nready\n" in self.said or process.poll() is not None, _START_PATIENCE_SECONDS)
        assert "\nready\n" in self.said, self.said

    def process_of(self, service: str) -> psutil.Process:
        """The process that listens as this service now. Raises: LookupError."""
        package = service.replace("-", "_")
        for child in self.supervisor.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.cmdline()[-2:] == [package, "serve"]:
                    return child
        raise LookupError(service)

    def processes(self) -> list[psutil.Process]:
        """The supervisor and everything below it."""
        return [self.supervisor, *self.supervisor.children(recursive=True)]

    def answers(self, service: str) -> bool:
        """Whether a service says that it is ready."""
        try:
            with urllib.request.urlopen(f"{self.url(service)}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.HTTPError):
            return False

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> int:
        """Signal everybody in front of the terminal, as Ctrl-C does; the exit status."""
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        return self._process.wait(30)


@contextlib.contextmanager
def running_suite(home: Path, options: Sequence[str] = ()) -> Iterator[SuiteInTest]:
    """A ready suite, stopped afterwards. `options` are those of `python -m scripts.suite`."""
    suite = SuiteInTest(home, options)
    try:
        suite.start()
        yield suite
    finally:
        suite.interrupt(signal.SIGTERM)


def until(holds: Callable[[], bool], seconds: float) -> None:
    """Look again until it holds. Raises: AssertionError when it does not in that time."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s"
        time.sleep(_LOOK_AGAIN_SECONDS)


def free_base() -> int:
    """A port base whose ports nobody listens on just now, below those that connections are given."""
    while True:
        base = 20_000 + secrets.randbelow(12_000)
        with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
            for offset in (*_OFFSETS.values(), 32, 92, 93):
                opened.enter_context(socket.create_server(("127.0.0.1", base + offset)))
            return base
