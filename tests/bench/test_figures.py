"""The median turn decides, and the table keeps the lines of benches that did not run."""

from pathlib import Path

import pytest

from bench import figures
from bench.figures import Figure, Turn, at_least, at_most, write_results


def test_a_rate_passes_when_the_median_turn_reaches_its_share() -> None:
    turns = [Turn(100, 10), Turn(100, 60), Turn(200, 180)]

    assert at_least("relay", turns, 0.6, unit="events/s").passed
    assert not at_least("relay", turns, 0.61, unit="events/s").passed


def test_a_duration_passes_when_the_median_turn_is_short_enough() -> None:
    turns = [Turn(2.0, 5.9), Turn(2.0, 6.0), Turn(2.0, 90.0)]

    assert at_most("visible", turns, 3, unit="ms").passed
    assert not at_most("visible", turns, 2.9, unit="ms").passed


def test_a_line_is_replaced_and_the_others_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "RESULTS", tmp_path / "results.md")
    monkeypatch.setattr(figures, "README", tmp_path / "README.md")
    figures.README.write_text(
        "before\n<!-- written by make bench -->\nold\n<!-- until here -->\nafter\n", encoding="utf-8"
    )
    write_results([_figure("relay", "1"), _figure("rest", "2")], "make bench")

    write_results([_figure("relay", "3")], "make bench")

    table = [line for line in figures.RESULTS.read_text(encoding="utf-8").splitlines() if line.startswith("| re")]
    assert [line.split("|")[3].strip() for line in table] == ["3", "2"]
    readme = figures.README.read_text(encoding="utf-8")
    assert readme.startswith("before\n")
    assert readme.endswith("\nafter\n")
    assert "old" not in readme
    assert _table(figures.RESULTS) == _table(figures.README)


def test_the_readme_quotes_the_last_run() -> None:
    assert _table(figures.RESULTS)[2:]
    assert [line for line in _table(figures.README) if line in _table(figures.RESULTS)] == _table(figures.RESULTS)


def _table(page: Path) -> list[str]:
    return [line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("|")]


def _figure(bench: str, ours: str) -> Figure:
    return Figure(bench, "-", ours, "-", "-", passed=True)
