"""What the terminal hears of a running suite: that it is ready and where, what died and comes again, that it ends.

It is a process of its own, forked before the supervisor takes over, and ends when the supervisor does.
"""

import contextlib
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from scripts.suite.layout import SERVICES, Layout, SuiteService

_EXITED = re.compile(r"exited: (\S+) \(([^;)]*)")
_NOT_SPAWNED = re.compile(r"(spawnerr: .*)")
_ENDING = re.compile(r"received \S+ indicating exit request")
_IMPATIENT_SECONDS = 10.0
_LOADER_ENDS_SECONDS = 3.0
INTERRUPTED = 130
"""How a program ends that somebody stopped with Ctrl-C; shells say it so."""


@dataclass(slots=True)
class Announcer:
    """Looks after one suite; `loader` is run once when everything is ready."""

    layout: Layout
    supervisor_pid: int
    loader: Sequence[str] | None
    waiting: list[SuiteService] = field(default_factory=lambda: list(SERVICES))
    loading: subprocess.Popen[bytes] | None = None
    ending: bool = False

    def run(self, log: IO[str]) -> None:
        """Tell until the supervisor is gone."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor's business; its log tells us
        started = told = time.monotonic()
        while os.getppid() == self.supervisor_pid:
            for line in log:
                self._tell(line)
            if self.waiting and not self.ending:
                self._look()
                if self.waiting and time.monotonic() - told > _IMPATIENT_SECONDS:
                    told = time.monotonic()
                    self._tell_what_is_missing(told - started)
            self._mind_loader()
            time.sleep(0.1 if self.waiting else 0.5)
        self._end_loader()
        if not self.ending:
            say("the supervisor is gone: every service ends itself")

    def _tell(self, line: str) -> None:
        if _ENDING.search(line):
            self.ending = True
            say("stopping")
            self._end_loader()
        elif (exited := _EXITED.search(line)) and not self.ending:
            name, how = exited.groups()
            say(f"{name} ended ({how}) and is started again; see {self.layout.logs / name}.log")
        elif failed := _NOT_SPAWNED.search(line):
            say(failed.group(1))

    def _look(self) -> None:
        self.waiting = [s for s in self.waiting if _readiness(self.layout.url(s)) != "200"]
        if self.waiting:
            return
        say("ready")
        width = max(len(s.name) for s in SERVICES)
        for service in SERVICES:
            say(f"{service.name:<{width}}  {self.layout.url(service)}")
        if self.loader is not None:
            self.loading = subprocess.Popen(self.loader)

    def _tell_what_is_missing(self, seconds: float) -> None:
        for service in self.waiting:
            url = self.layout.url(service)
            say(f"after {seconds:.0f} s {service.name} is not up: {url}/readyz says {_readiness(url)}")

    def _mind_loader(self) -> None:
        if self.loading is None or (status := self.loading.poll()) is None:
            return
        self.loading = None
        if not self.ending:
            ended = {
                0: "Ctrl-C stops the suite",
                1: "the counts differ, see above; the suite runs on",
                INTERRUPTED: "loading was stopped",
            }
            say(ended.get(status, f"loading failed ({status}); the suite runs on"))

    def _end_loader(self) -> None:
        """It notes how far it came, which takes a moment; the services are stopped meanwhile."""
        if self.loading is not None:
            self.loading.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.loading.wait(_LOADER_ENDS_SECONDS)
            self.loading = None


def fork_announcer(layout: Layout, loader: Sequence[str] | None) -> None:
    """Begin to tell about the suite whose supervisor this process becomes."""
    supervisor_pid = os.getpid()
    log = _open_at_end(layout.supervisor_log)
    if os.fork() == 0:
        status = 1
        try:
            Announcer(layout, supervisor_pid, loader).run(log)
            status = 0
        finally:
            os._exit(status)  # we are a copy: what the original registered for its end is not ours to run


def is_running(layout: Layout) -> bool:
    """Whether a suite answers on these ports, ready."""
    return all(_readiness(layout.url(s)) == "200" for s in SERVICES)


def say(words: str) -> None:
    """One line on the terminal, at once."""
    print(words, flush=True)


def _open_at_end(file: Path) -> IO[str]:
    file.touch()
    opened = file.open(encoding="utf-8", errors="replace")
    opened.seek(0, os.SEEK_END)
    return opened


def _readiness(url: str) -> str:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
            return str(answer.status)
    except urllib.error.HTTPError as refusal:
        return f"{refusal.code}: {refusal.read(500).decode(errors='replace')}"
    except OSError:
        return "nothing"
