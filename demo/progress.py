"""A progress bar per step where there is a terminal, plain lines where there is none, and what each step took."""

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tqdm import tqdm

from demo.client import Client
from demo.watching import Watch

_TELL_EVERY_SECONDS = 10.0


@dataclass(slots=True)
class Step:
    """One step while it runs, and afterwards what it took."""

    title: str
    unit: str
    total: int
    done: int = 0
    seconds: float = 0.0
    requests: int = 0
    memory: Mapping[str, int] = field(default_factory=dict)
    """The most bytes of each program that were seen; empty where nobody watched."""
    passing: int = 0
    """The most bytes of files that were seen and are gone again."""
    _bar: "tqdm[Any] | None" = None
    _told_at: float = field(default_factory=time.monotonic)

    def advance_to(self, done: int) -> None:
        """Say how much is done.

        Raises: CancelledError when the run was stopped; a step that only computes never waits, so nobody else tells it.
        """
        if self._bar is not None:
            self._bar.update(done - self.done)
        elif time.monotonic() - self._told_at > _TELL_EVERY_SECONDS:
            self._told_at = time.monotonic()
            print(f"  {self.title}: {done:,} of {self.total:,} {self.unit}", flush=True)
        self.done = done
        running = asyncio.current_task()
        if running is not None and running.cancelling():
            raise asyncio.CancelledError

    def advance(self) -> None:
        """Say that one more is done. Raises: CancelledError."""
        self.advance_to(self.done + 1)

    def took(self) -> str:
        """What it took, in words."""
        rate = f", {self.done / self.seconds:,.0f} a second" if self.seconds else ""
        requests = f", {self.requests:,} requests" if self.requests else ""
        return f"{self.title}: {self.done:,} {self.unit} in {self.seconds:.1f} s{rate}{requests}"


class Progress:
    """The steps of a run."""

    def __init__(self, client: Client | None = None, watch: Watch | None = None) -> None:
        self.client = client
        self.watch = watch
        self.steps: list[Step] = []
        self._has_terminal = sys.stderr.isatty()

    @contextmanager
    def step(self, title: str, total: int, unit: str) -> Iterator[Step]:
        """A step, from its begin to its end."""
        step = Step(title, unit, total)
        started, requests_before = time.monotonic(), self._requests()
        with tqdm(total=total, desc=title, unit=f" {unit}", disable=not self._has_terminal) as bar:
            step._bar = bar if self._has_terminal else None
            yield step
        step._bar = None
        step.seconds, step.requests = time.monotonic() - started, self._requests() - requests_before
        if self.watch is not None:
            peaks = self.watch.peaks()
            step.memory, step.passing = peaks.memory, peaks.passing
        self.steps.append(step)
        if not self._has_terminal:
            print(step.took(), flush=True)

    def watch_folder(self, folder: Path) -> None:
        """Count what lies in a folder that goes again."""
        if self.watch is not None:
            self.watch.look_into(folder)

    def _requests(self) -> int:
        return self.client.requests if self.client is not None else 0
