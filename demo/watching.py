"""What the run costs this machine while it runs: the memory of every process, and how much lies on disk.

A thread looks twice a second, so that a step which computes for long is watched too. Where the suite runs elsewhere it
sees the demo's own memory and nothing else; where the system tells nothing (macOS), not even that.
"""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts.suite.footprint import highest_resident, memory, room, room_on_disk, running_programs
from scripts.suite.layout import Layout

OWN = "demo"
"""What this very process is called among the programs."""
_LOOK_EVERY_SECONDS = 0.5

Bytes = Mapping[str, int]
"""By the name of a program, or of what lies on disk."""


@dataclass(slots=True)
class Peaks:
    """The most that was seen since somebody last asked."""

    memory: dict[str, int] = field(default_factory=dict)
    passing: int = 0
    """Of files that go again: the roster, before it is sent and while the service works on it."""

    def raise_to(self, memory: Bytes, passing: int) -> None:
        """Take one look into account."""
        for name, size in memory.items():
            self.memory[name] = max(size, self.memory.get(name, 0))
        self.passing = max(self.passing, passing)


class Watch:
    """Looks at the suite of one home, and at this process."""

    def __init__(self, home: Path, base: int) -> None:
        self._layout = Layout(home.absolute(), base, kafka=None, postgres=None)
        self._peaks = Peaks()
        self._changing = threading.Lock()
        self._passing_folder: Path | None = None

    def sees_suite(self) -> bool:
        """Whether the suite's processes are on this machine."""
        return bool(running_programs(self._layout))

    def look_into(self, folder: Path) -> None:
        """Count what lies in a folder of ours that goes again."""
        self._passing_folder = folder

    def look(self) -> None:
        """Note what is taken now where it is more than before."""
        taken = {OWN: memory((os.getpid(),))} | {
            program.name: memory(program.processes) for program in running_programs(self._layout)
        }
        folders = [self._layout.home / "imports", *([self._passing_folder] if self._passing_folder else [])]
        passing = sum(map(room, folders))
        with self._changing:
            self._peaks.raise_to({name: size for name, size in taken.items() if size is not None}, passing)

    def peaks(self) -> Peaks:
        """The most since this was last asked."""
        self.look()
        with self._changing:
            peaks, self._peaks = self._peaks, Peaks()
        return peaks

    def highest(self) -> Bytes:
        """The most that each program ever had mapped; absent where several processes share what is mapped."""
        alone = {p.name: p.processes[0] for p in running_programs(self._layout) if len(p.processes) == 1}
        marks = {name: highest_resident(process) for name, process in ({OWN: os.getpid()} | alone).items()}
        return {name: mark for name, mark in marks.items() if mark is not None}

    def on_disk(self) -> Bytes:
        """What the suite keeps on this machine's disk."""
        return room_on_disk(self._layout) if self.sees_suite() else {}


@contextmanager
def watching(home: Path, base: int) -> Iterator[Watch]:
    """A watch that looks by itself until the block ends."""
    watch, ended = Watch(home, base), threading.Event()

    def look_on() -> None:
        while not ended.wait(_LOOK_EVERY_SECONDS):
            watch.look()

    looking = threading.Thread(target=look_on, name="watch", daemon=True)
    looking.start()
    try:
        yield watch
    finally:
        ended.set()
        looking.join()
