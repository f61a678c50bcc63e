"""The house rules see what they are for: each has good lines that pass, bad ones that do not, and excuses in use."""

from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest

from scripts.check_style import ROOT, faults, files_of, main, sources
from scripts.style.rules import RULES, Rule
from scripts.style.source import Source


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_good_lines_pass(rule: Rule) -> None:
    assert [source for source in rule.good if rule.faults(source)] == []


@pytest.mark.parametrize(
    ("rule", "source"),
    [pytest.param(rule, source, id=f"{rule.name}-{n}") for rule in RULES for n, source in enumerate(rule.bad)],
)
def test_bad_lines_are_seen(rule: Rule, source: Source) -> None:
    assert rule.faults(source)


@pytest.mark.parametrize(
    ("rule", "pattern"),
    [pytest.param(rule, pattern, id=f"{rule.name}-{pattern}") for rule in RULES for pattern in rule.excuses],
)
def test_an_excuse_that_nobody_needs_any_more_is_withdrawn(rule: Rule, pattern: str) -> None:
    strict = replace(rule, excuses={})
    excused = [name for name in files_of(ROOT) if fnmatch(name, pattern)]

    assert any(strict.faults(source) for source in sources(ROOT, excused))


def test_a_fault_is_told_with_its_file_line_and_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "services" / "a"
    folder.mkdir(parents=True)
    (folder / "rules.py").write_text('"""Rules."""\n\nimport time\n', encoding="utf-8")
    (folder / "views.py").write_text('"""Views."""\n', encoding="utf-8")

    assert main(["services/a/rules.py", "services/a/views.py", "services/a/gone.py"], root=tmp_path) == 1
    assert capsys.readouterr().out.startswith("services/a/rules.py:3: decisions-are-pure: Rules, measures")
    assert main(["services/a/views.py"], root=tmp_path) == 0


def test_files_that_hold_no_text_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\xff")

    assert list(faults(sources(tmp_path, ["picture.png"]))) == []
