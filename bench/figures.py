"""What a bench found, what was asked for, and the table that the README quotes."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil

RESULTS = Path(__file__).with_name("results.md")
README = Path(__file__).parents[1] / "README.md"
_BEGINS, _ENDS = "<!-- written by make bench -->", "<!-- until here -->"

_HEADINGS = ("bench", "reference", "ours", "ratio", "asked for", "", "measured on")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: a measurement beside what it is held against."""

    bench: str
    reference: str
    ours: str
    ratio: str
    asked: str
    passed: bool

    def cells(self, day: str) -> list[str]:
        """The line's cells, with the day it was measured on."""
        return [self.bench, self.reference, self.ours, self.ratio, self.asked, "pass" if self.passed else "FAIL", day]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of both sides: the same measure of the reference and of ours."""

    reference: float
    ours: float

    @property
    def ratio(self) -> float:
        """Ours as a share of the reference."""
        return self.ours / self.reference


def at_least(bench: str, turns: Sequence[Turn], share: float, *, unit: str) -> Figure:
    """A rate must reach this share of the reference's in the median turn."""
    ratio = median(t.ratio for t in turns)
    return Figure(
        bench,
        f"{median(t.reference for t in turns):,.0f} {unit}",
        f"{median(t.ours for t in turns):,.0f} {unit}",
        _spread(turns, ratio),
        f"≥ {share}",
        ratio >= share,
    )


def at_most(bench: str, turns: Sequence[Turn], times: float, *, unit: str, remark: str = "") -> Figure:
    """A duration may be this many times the reference's in the median turn."""
    ratio = median(t.ratio for t in turns)
    return Figure(
        bench,
        f"{median(t.reference for t in turns):.2f} {unit}",
        f"{median(t.ours for t in turns):.2f} {unit}{remark}",
        _spread(turns, ratio),
        f"≤ {times:g}",
        ratio <= times,
    )


def _spread(turns: Sequence[Turn], middle: float) -> str:
    ratios = sorted(t.ratio for t in turns)
    return f"{middle:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}, {len(ratios)} turns)"


def write_results(figures: Sequence[Figure], command: str) -> None:
    """Put these lines into the table, here and in the README; those of benches that did not run stay as they are."""
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = {_name_of(line): line for line in _lines_there()}
    lines |= {figure.bench: _line(figure.cells(day)) for figure in figures}
    head = [
        "# Bench results",
        "",
        f"Written by `{command}` on {machine()}.",
        "Each reference was measured in the same run, turn by turn; the figure is the median turn (lowest to highest).",
        "",
    ]
    table = "\n".join([_line(_HEADINGS), _line(["---"] * len(_HEADINGS)), *lines.values()])
    RESULTS.write_text("\n".join([*head, table]) + "\n", encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    before, _, rest = readme.partition(_BEGINS)
    _, _, after = rest.partition(_ENDS)
    README.write_text(f"{before}{_BEGINS}\n\n{table}\n\n{_ENDS}{after}", encoding="utf-8")


def _lines_there() -> list[str]:
    if not RESULTS.exists():
        return []
    table = [line for line in RESULTS.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    return table[2:]


def _name_of(line: str) -> str:
    return line.split("|")[1].strip()


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def machine() -> str:
    """The class of machine, as somebody would compare it with his own."""
    memory = round(psutil.virtual_memory().total / (1 << 30))
    return f"{os.cpu_count()} x {_processor()}, {memory} GiB, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
