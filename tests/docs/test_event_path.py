"""The walk through the code names files and functions that are there, each file once, in the order of the way."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from scripts.docs.__main__ import DOCS

PAGE = DOCS / "event-path.md"
ROW = re.compile(r"^\| (?P<number>\d+) \| \[[^\]]+\]\((?P<path>[^)]+)\) \| (?P<names>[^|]+) \|", flags=re.MULTILINE)
MOST_FILES = 24
"""A way that needs more files than this is not one that a newcomer walks."""


class Step(NamedTuple):
    """One line of the walk: a file to open and what to look for in it."""

    number: int
    file: Path
    names: frozenset[str]


def steps() -> list[Step]:
    """The walk, from top to bottom."""
    return [
        Step(int(row["number"]), (DOCS / row["path"]).resolve(), frozenset(re.findall(r"`([A-Za-z_]+)`", row["names"])))
        for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))
    ]


def names_in(file: Path) -> set[str]:
    """Everything that is defined in a file: functions, classes, names given a value."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    defined = {n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    return defined | {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def test_the_walk_is_numbered_through_and_opens_each_file_once() -> None:
    walk = steps()

    assert [step.number for step in walk] == list(range(1, len(walk) + 1))
    assert len({step.file for step in walk}) == len(walk)
    assert 15 <= len(walk) <= MOST_FILES


@pytest.mark.parametrize("step", steps(), ids=lambda step: f"{step.number}-{step.file.stem}")
def test_what_is_to_be_looked_for_is_there(step: Step) -> None:
    assert step.names
    assert step.names - names_in(step.file) == set()


def test_the_walk_crosses_from_the_announcing_service_over_shared_to_the_reading_one() -> None:
    folders = [step.file.relative_to(DOCS.parent).parts[:2] for step in steps()]
    first_reading = folders.index(("services", "reporting"))

    assert folders[0] == ("services", "referral-api")
    assert folders[-1] == ("services", "reporting")
    assert ("services", "referral-api") not in folders[first_reading:]
