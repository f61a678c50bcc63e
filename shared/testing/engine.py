"""The process of one engine: begun, waited for, stopped, killed, begun again."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

_LOOK_AGAIN_SECONDS = 0.05
_LOG_TAIL_BYTES = 2000


class EngineMissing(Exception):
    """What the engine needs is not installed here; the message names it."""


class EngineFailed(Exception):
    """The engine did not come up, or went down while coming up; the message ends with the tail of its log."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on just now; somebody may take it before it is used."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def as_account(account: pwd.struct_passwd | None, *more: str) -> list[str]:
    """The words before a command that make it run as the account, and whatever `more` asks of `setpriv`.

    In one call, because the kernel forgets a death signal when a process changes its account after asking for one.
    """
    if account is not None:
        more = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", *more)
    return ["setpriv", *more, "--"] if more else []


class EngineProcess:
    """At most one running process of an engine; its output is appended to `log`.

    It dies with the program that started it, where the system can arrange that, so that a test run that is killed
    leaves no server behind.
    """

    def __init__(self, name: str, *, log: Path, stop_signal: signal.Signals, patience_seconds: float) -> None:
        self._name = name
        self._log = log
        self._stop_signal = stop_signal
        self._patience_seconds = patience_seconds
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that runs now. Raises: EngineFailed when none does."""
        if self._process is None or self._process.poll() is not None:
            raise EngineFailed(f"{self._name} is not running")
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives; it may still be coming up."""
        return self._process is not None and self._process.poll() is None

    def start(
        self, command: Sequence[str], *, answers: Callable[[], bool], account: pwd.struct_passwd | None = None
    ) -> None:
        """Begin the process, as `account` if given, and return when it `answers`.

        Raises: EngineFailed when it ends before that or takes longer than its patience.
        """
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*as_account(account, *self._dying_with_us()), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",  # as root, the engine runs as an account that may not enter this program's folder
                start_new_session=True,  # Ctrl-C is for whoever started us; we stop the engine ourselves
            )
        deadline = time.monotonic() + self._patience_seconds
        while not answers():
            if not self.is_running:
                raise EngineFailed(f"{self._name} ended while starting:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                self.kill()
                raise EngineFailed(f"{self._name} was not ready in {self._patience_seconds:.0f} s:\n{self._log_tail()}")
            time.sleep(_LOOK_AGAIN_SECONDS)

    def wait(self, timeout_seconds: float) -> bool:
        """Whether the process has ended, at the latest after the time-out."""
        try:
            if self._process is not None:
                self._process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End it in order; by force when that takes longer than its patience. Nothing happens when it does not run."""
        self._signal(self._stop_signal)
        if not self.wait(self._patience_seconds):
            self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would (`kill -9`)."""
        self._signal(signal.SIGKILL)
        self.wait(self._patience_seconds)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            os.kill(self._process.pid, number)

    def _dying_with_us(self) -> list[str]:
        """The kernel means the *thread* that began the process, and only the main one lives as long as we do."""
        if sys.platform != "linux" or threading.current_thread() is not threading.main_thread():
            return []
        return ["--pdeathsig", self._stop_signal.name.removeprefix("SIG")] if shutil.which("setpriv") else []

    def _log_tail(self) -> str:
        with self._log.open("rb") as log:
            return _tail(log).decode(errors="replace")


def _tail(file: IO[bytes]) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LOG_TAIL_BYTES))
    return file.read()
