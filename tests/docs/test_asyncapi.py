"""The AsyncAPI document, judged by the official parser; without Node.js this says so and skips."""

import copy
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.docs.asyncapi import asyncapi_document
from shared.events.base import Event
from shared.events.catalogue import CATALOGUE, TOPICS

TESTS = Path(__file__).parents[1]
ERROR = 0
"""The parser's severity of what makes a document invalid."""

Document = dict[str, Any]


def _break_a_schema(document: Document) -> None:
    document["components"]["schemas"]["Facets"]["properties"]["english_learner"]["anyOf"] = "boolean"


def _break_a_reference(document: Document) -> None:
    document["operations"]["announce-referrals"]["channel"]["$ref"] = "#/channels/referral"


def _break_a_binding(document: Document) -> None:
    document["channels"]["referrals"]["bindings"]["kafka"]["partitions"] = "six"


BREAKS: tuple[Callable[[Document], None], ...] = (_break_a_schema, _break_a_reference, _break_a_binding)


@pytest.fixture(scope="module")
def reports(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the parser says about the document as it is, then about each broken one."""
    _install_the_parser(request.config)
    sound = json.loads(asyncapi_document())
    paths = []
    for number, break_it in enumerate([lambda document: None, *BREAKS]):
        document = copy.deepcopy(sound)
        break_it(document)
        paths.append(tmp_path_factory.mktemp("asyncapi") / f"{number}.json")
        paths[-1].write_text(json.dumps(document), encoding="utf-8")
    command = ["node", str(TESTS / "docs" / "parse_asyncapi.mjs"), *map(str, paths)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=100).stdout
    answer: list[dict[str, Any]] = json.loads(printed)
    return answer


def _install_the_parser(config: pytest.Config) -> None:
    """`npm ci` beside the tests, where it has not been done for this lock file yet."""
    stamp = TESTS / "node_modules" / ".installed"
    lock = hashlib.sha256((TESTS / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == lock:
        return
    if shutil.which("node") is None or shutil.which("npm") is None:
        _go_without(config, "Node.js and npm are not installed")
    command = ["npm", "ci", "--ignore-scripts"]
    installed = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, timeout=100, check=False)
    if installed.returncode != 0:
        _go_without(config, f"npm ci failed: {installed.stderr.strip()[-300:]}")
    stamp.write_text(lock, encoding="utf-8")


def _go_without(config: pytest.Config, missing: str) -> None:
    reason = f"the AsyncAPI document was not judged by its parser: {missing}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    if (terminal := config.pluginmanager.get_plugin("terminalreporter")) is not None:
        terminal.write_line(f"\nNOT TESTED: {reason}", red=True, bold=True)
    pytest.skip(reason)


@pytest.mark.slow
def test_the_parser_finds_nothing_wrong(reports: list[dict[str, Any]]) -> None:
    complaints = {d["code"]: d["message"] for d in reports[0]["diagnostics"]}
    # The parser would rather see 3.1.0 than the 3.0.0 that most tools read.
    complaints.pop("asyncapi-latest-version", None)

    assert complaints == {}


@pytest.mark.slow
def test_the_parser_finds_every_topic_and_event(reports: list[dict[str, Any]]) -> None:
    assert reports[0]["channels"] == {topic: [e.name for e in CATALOGUE if e.topic == topic] for topic in TOPICS}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(BREAKS)), ids=[break_it.__name__ for break_it in BREAKS])
def test_the_parser_would_have_seen_it(reports: list[dict[str, Any]], number: int) -> None:
    assert any(d["severity"] == ERROR for d in reports[number + 1]["diagnostics"])


@pytest.mark.parametrize("event_class", CATALOGUE, ids=lambda event_class: event_class.name)
def test_the_headers_of_each_example_are_as_the_trait_describes_them(event_class: type[Event]) -> None:
    components = json.loads(asyncapi_document())["components"]
    described = components["messageTraits"]["cloudevent"]["headers"]
    headers = components["messages"][event_class.name]["examples"][0]["headers"]

    assert set(described["required"]) <= headers.keys() <= described["properties"].keys()
    for name, value in headers.items():
        field = described["properties"][name]
        assert value in field.get("enum", [field.get("const", value)])
