"""Brings the committed schemas up to date: `python -m scripts.contracts [--accept EVENT_NAME ...]`.

Writes what keeps the version. What breaks a reader is written only for the events named with `--accept`, so that
nobody does it unawares; the reviewer sees the golden file change.
"""

import argparse
import sys

from scripts.contracts.compatibility import Verdict
from scripts.contracts.golden import commit_schema, is_fresh, schema_changes, schema_path
from shared.events.base import Event
from shared.events.catalogue import CATALOGUE


def main(arguments: list[str]) -> int:
    """Write what may be written and say what was not; 1 when something was refused."""
    parser = argparse.ArgumentParser(prog="python -m scripts.contracts", description="Update the committed schemas.")
    parser.add_argument("--accept", action="append", default=[], metavar="EVENT_NAME", help="write it all the same")
    accepted = frozenset(parser.parse_args(arguments).accept)
    return max(_bring_up_to_date(event_class, accepted) for event_class in CATALOGUE)


def _bring_up_to_date(event_class: type[Event], accepted: frozenset[str]) -> int:
    if is_fresh(event_class):
        return 0
    breaks = []
    if schema_path(event_class).exists():
        breaks = [change for change in schema_changes(event_class) if change.verdict is not Verdict.ALLOWED]
    for change in breaks:
        print(f"{event_class.name}: {change}")
    if breaks and event_class.name not in accepted:
        print(f"{event_class.name}: not written. Make a new version, or repeat with --accept {event_class.name}")
        return 1
    commit_schema(event_class)
    print(f"{event_class.name}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
