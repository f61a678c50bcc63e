"""What a suite was last started with, kept in its home: so a verb works on the data of that suite, and on no other."""

import json
import os
from dataclasses import replace
from pathlib import Path

from scripts.suite.layout import Layout
from scripts.suite.preparation import CannotStart

_FILE = "suite.json"


def remember(layout: Layout) -> None:
    """Note the engines and ports, for the owner alone: an address may hold a password."""
    new = layout.home / f"{_FILE}.new"
    noted = {"base": layout.base, "kafka": layout.kafka, "postgres": layout.postgres}
    with open(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
        json.dump(noted, opened)
    new.replace(layout.home / _FILE)


def started_before(asked: Layout) -> Layout:
    """The suite of this home as it was last started.

    A verb on other engines would count, seal or replay what is not there. Raises: CannotStart.
    """
    last = recall(asked.home)
    if last is None:
        raise CannotStart(f"no suite was ever started on {asked.home}: make up starts one, HOME_DIR=... names another")
    for engine, wanted, there in (("KAFKA", asked.kafka, last.kafka), ("POSTGRES", asked.postgres, last.postgres)):
        if wanted is not None and wanted != there:
            how = f"another {engine}" if there else f"no {engine}"
            raise CannotStart(f"the suite of {asked.home} was last started with {how}; start it with this one first")
    return last


def with_engines_of_before(asked: Layout) -> Layout:
    """What was asked for, on the engines of the last start where none were named."""
    last = recall(asked.home)
    if last is None or asked.kafka is not None or asked.postgres is not None:
        return asked
    return replace(asked, kafka=last.kafka, postgres=last.postgres)


def recall(home: Path) -> Layout | None:
    """How the suite of this home was last started; None: never."""
    try:
        noted = json.loads((home / _FILE).read_bytes())
    except FileNotFoundError:
        return None
    return Layout(home=home, **noted)
