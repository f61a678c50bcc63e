"""What the embedded suite costs while nobody uses it."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from bench.engines import Engines
from bench.figures import Figure
from bench.served import answers, running
from scripts.suite.layout import SERVICES, Layout
from shared.testing.suite import free_base

WATCHED_SECONDS = 30.0
SETTLING_SECONDS = 15.0
MOST_MB = 90
MOST_PERCENT = 3


def rest(_engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """The suite as `make up` starts it, supervisor included."""
    watched, settling = (1.0, 0.0) if quick else (WATCHED_SECONDS, SETTLING_SECONDS)
    with TemporaryDirectory(prefix="rapport-bench-") as folder:
        layout = Layout(home=Path(folder), base=free_base(), kafka=None, postgres=None)
        ready = [f"{layout.url(service)}/readyz" for service in SERVICES]
        words = ("scripts.suite", "--home", folder, "--base", str(layout.base))
        with running(words, {}, ready_at=ready[0]) as supervisor:
            while not all(map(answers, ready)):
                time.sleep(0.1)
            time.sleep(settling)
            processes = [psutil.Process(supervisor), *psutil.Process(supervisor).children(recursive=True)]
            before = _cpu_seconds(processes)
            time.sleep(watched)
            percent = (_cpu_seconds(processes) - before) / watched * 100
            sizes = _megabytes_of_services(processes)
    told = ", ".join(f"{name} {own:.0f} of its own, {resident:.0f} resident" for name, (own, resident) in sizes.items())
    largest = max(own for own, _ in sizes.values())
    name = "embedded suite at rest"
    return [
        Figure(f"{name}, memory per service (MB)", "-", told, "-", f"< {MOST_MB}", largest < MOST_MB),
        Figure(
            f"{name}, CPU of all {len(processes)} processes",
            "-",
            f"{percent:.1f} % of a core",
            "-",
            f"< {MOST_PERCENT} %",
            percent < MOST_PERCENT,
        ),
    ]


def _cpu_seconds(processes: Sequence[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return float(sum(t.user + t.system for t in times))


def _megabytes_of_services(processes: Sequence[psutil.Process]) -> Mapping[str, tuple[float, float]]:
    """Of each service: its proportional share of the machine's memory (PSS), and what is mapped into it (RSS)."""
    sizes = {}
    for process in processes:
        words = process.cmdline()
        for service in SERVICES:
            if words[1:3] == ["-m", service.package]:
                memory = process.memory_full_info()
                sizes[service.name] = (memory.pss / 1e6, memory.rss / 1e6)
    return sizes
