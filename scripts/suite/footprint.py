"""What a running suite takes of this machine: the memory of each program and the room of its data. Linux tells it.

A process alone says too little, because PostgreSQL is dozens of them. So a program counts with all processes below it,
each with its proportional share (PSS) of what several have mapped: shares can be added up.
"""

import re
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping
from configparser import RawConfigParser
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from scripts.suite.layout import LOCAL, Layout

_PROC = Path("/proc")
_BLOCK_BYTES = 512
"""In which the system counts a file's room, whatever the disk's own blocks are."""
_PARENT = re.compile(r"\) \S (\d+) ")  # behind the name, which may hold anything, brackets too
_GONE = (FileNotFoundError, ProcessLookupError, PermissionError, NotADirectoryError)


@dataclass(frozen=True, slots=True)
class Program:
    """One program of a suite, with the process that the supervisor started and all below it."""

    name: str
    processes: tuple[int, ...]


def running_programs(layout: Layout) -> list[Program]:
    """The programs of the suite on these folders; none when it runs on another machine, or not at all."""
    supervisor = _supervisor(layout)
    if supervisor is None:
        return []
    below = defaultdict[int, list[int]](list)
    for process, parent in _parents():
        below[parent].append(process)
    names = _names_by_command(layout)
    return [
        Program(names[command], tuple(_tree(process, below)))
        for process in below[supervisor]
        if (command := _command(process)) in names
    ]


def memory(processes: tuple[int, ...]) -> int | None:
    """The bytes that these processes take now; None where the system does not tell."""
    shares = [share for process in processes if (share := _kilobytes("smaps_rollup", process, "Pss")) is not None]
    return 1024 * sum(shares) if shares else None


def highest_resident(process: int) -> int | None:
    """The most bytes that a process ever had mapped, by the system's own mark: no look came too late for it."""
    kilobytes = _kilobytes("status", process, "VmHWM")
    return None if kilobytes is None else 1024 * kilobytes


def room_on_disk(layout: Layout) -> Mapping[str, int]:
    """The bytes of each database and of waiting rosters, by what lies there; engines elsewhere keep theirs."""
    places = {file.name: [file, *layout.home.glob(f"{file.name}-*")] for file in sorted(layout.home.glob("*.db"))}
    engines = Layout(layout.home, layout.base, kafka=LOCAL, postgres=LOCAL)
    broker, server = engines.local_kafka(), engines.local_postgres()
    assert broker is not None
    assert server is not None
    places |= {"kafka": [broker.folder], "postgresql": [server.folder], "imports": [layout.home / "imports"]}
    rooms = {name: sum(room(place) for place in these) for name, these in places.items()}
    return {name: size for name, size in rooms.items() if size}


def room(place: Path) -> int:
    """The bytes that a file takes on disk, or everything in a folder; files that vanish meanwhile take none."""
    if not place.is_dir():
        return _room_of_file(place)
    return sum(_room_of_file(file) for file in place.rglob("*") if file.is_file())


def _room_of_file(file: Path) -> int:
    with suppress(OSError):
        return file.stat().st_blocks * _BLOCK_BYTES
    return 0


def _supervisor(layout: Layout) -> int | None:
    """Its process, if it is one: after a crash the file may name a stranger that got the same number."""
    with suppress(OSError, ValueError):
        process = int(layout.supervisor_pid.read_text(encoding="utf-8"))
        if str(layout.supervisor_configuration) in _command(process):
            return process
    return None


def _names_by_command(layout: Layout) -> dict[tuple[str, ...], str]:
    configuration = RawConfigParser()
    configuration.read(layout.supervisor_configuration, encoding="utf-8")
    return {
        tuple(shlex.split(configuration[section]["command"].replace("%%", "%"))): section.removeprefix("program:")
        for section in configuration.sections()
        if section.startswith("program:")
    }


def _parents() -> Iterator[tuple[int, int]]:
    """Every process of this machine with its parent."""
    for folder in _PROC.iterdir() if _PROC.is_dir() else ():
        with suppress(*_GONE):
            if folder.name.isdigit() and (found := _PARENT.search((folder / "stat").read_text(errors="replace"))):
                yield int(folder.name), int(found.group(1))


def _tree(process: int, below: Mapping[int, list[int]]) -> Iterator[int]:
    yield process
    for child in below.get(process, ()):
        yield from _tree(child, below)


def _command(process: int) -> tuple[str, ...]:
    with suppress(*_GONE):
        return tuple((_PROC / str(process) / "cmdline").read_text(errors="replace").split("\0")[:-1])
    return ()


def _kilobytes(file: str, process: int, name: str) -> int | None:
    with suppress(*_GONE):
        told = (_PROC / str(process) / file).read_text(encoding="utf-8")
        if found := re.search(rf"^{name}:\s+(\d+) kB$", told, re.MULTILINE):
            return int(found.group(1))
    return None
