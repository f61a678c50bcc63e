"""A progress bar per step where there is a terminal, plain lines where there is none, and how long each step took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm

from demo.client import Client

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
    _bar: "tqdm[Any] | None" = None
    _told_at: float = field(default_factory=time.monotonic)

    def advance_to(self, done: int) -> None:
        """Say how much is done."""
        if self._bar is not None:
            self._bar.update(done - self.done)
        elif time.monotonic() - self._told_at > _TELL_EVERY_SECONDS:
            self._told_at = time.monotonic()
            print(f"  {self.title}: {done:,} of {self.total:,} {self.unit}", flush=True)
        self.done = done

    def advance(self) -> None:
        """Say that one more is done."""
        self.advance_to(self.done + 1)

    def took(self) -> str:
        """What it took, in words."""
        rate = f", {self.requests:,} requests, {self.requests / self.seconds:,.0f} a second" if self.requests else ""
        return f"{self.title}: {self.done:,} {self.unit} in {self.seconds:.1f} s{rate}"


class Progress:
    """The steps of a run."""

    def __init__(self, client: Client | None = None) -> None:
        self.client = client
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
        self.steps.append(step)
        if not self._has_terminal:
            print(step.took(), flush=True)

    def _requests(self) -> int:
        return self.client.requests if self.client is not None else 0
