"""Writes every generated page: `python -m scripts.docs`; with `--check` says which are stale and writes nothing."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts.docs.asyncapi import asyncapi_document
from scripts.docs.events_page import events_page
from scripts.docs.operations_page import operations_page

DOCS = Path(__file__).parents[2] / "docs"

PAGES: Mapping[str, Callable[[str], str]] = {
    "asyncapi.json": lambda _page: asyncapi_document(),
    "events.md": lambda _page: events_page(),
    "operations.md": operations_page,
}
"""How each page is made from what it holds now: whole, or block by block."""


def stale(docs: Path) -> dict[str, str]:
    """The pages that are not what the code says today, with what they should be."""
    there = {name: _read(docs / name) for name in PAGES}
    fresh = {name: build(there[name]) for name, build in PAGES.items()}
    return {name: text for name, text in fresh.items() if there[name] != text}


def _read(page: Path) -> str:
    return page.read_text(encoding="utf-8") if page.exists() else ""


def main(arguments: list[str], docs: Path = DOCS) -> int:
    """Write or check; 1 when a check found something stale."""
    parser = argparse.ArgumentParser(prog="python -m scripts.docs", description="Write the generated documentation.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page is stale")
    only_check = parser.parse_args(arguments).check
    found = stale(docs)
    for name, text in found.items():
        if only_check:
            print(f"docs/{name} is stale: run `make docs` and commit what it writes")
        else:
            (docs / name).write_text(text, encoding="utf-8")
            print(f"docs/{name} written")
    return 1 if only_check and found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
