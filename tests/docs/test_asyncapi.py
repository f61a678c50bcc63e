"""The AsyncAPI document, judged by the official parser; without Node.js this says so and skips."""

import copy
import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from scripts.docs.asyncapi import asyncapi_document
from shared.events.base import Event
from shared.events.catalogue import CATALOGUE, TOPICS
from tests.npm import TESTS, what_npm_lacks

ERROR = 0
"""The parser's severity of what makes a document invalid."""

Document = dict[str, Any]


def slow(test: Callable[..., None]) -> Callable[..., None]:
    """The parser takes seconds a document, and its first installation may take a minute."""
    marked: Callable[..., None] = pytest.mark.slow(pytest.mark.timeout(300)(test))
    return marked


def _break_a_schema(document: Document) -> None:
    document["components"]["schemas"]["Facets"]["properties"]["english_learner"]["anyOf"] = "boolean"


def _break_a_reference(document: Document) -> None:
    document["operations"]["announce-referrals"]["channel"]["$ref"] = "#/channels/referral"


def _break_a_binding(document: Document) -> None:
    document["channels"]["referrals"]["bindings"]["kafka"]["partitions"] = "six"


BREAKS: tuple[Callable[[Document], None], ...] = (_break_a_schema, _break_a_reference, _break_a_binding)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, go_without: Callable[[str], None]) -> list[dict[str, Any]]:
    """What the parser says about the document as it is, then about each broken one."""
    if missing := what_npm_lacks():
        go_without(f"the AsyncAPI document, for want of its parser: {missing}")
    sound = json.loads(asyncapi_document())
    paths = []
    for number, break_it in enumerate([lambda document: None, *BREAKS]):
        document = copy.deepcopy(sound)
        break_it(document)
        paths.append(tmp_path_factory.mktemp("asyncapi") / f"{number}.json")
        paths[-1].write_text(json.dumps(document), encoding="utf-8")
    command = ["node", str(TESTS / "docs" / "parse_asyncapi.mjs"), *map(str, paths)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    answer: list[dict[str, Any]] = json.loads(printed)
    return answer


@slow
def test_the_parser_finds_nothing_wrong(reports: list[dict[str, Any]]) -> None:
    complaints = {d["code"]: d["message"] for d in reports[0]["diagnostics"]}
    # The parser would rather see 3.1.0 than the 3.0.0 that most tools read.
    complaints.pop("asyncapi-latest-version", None)

    assert complaints == {}


@slow
def test_the_parser_finds_every_topic_and_event(reports: list[dict[str, Any]]) -> None:
    assert reports[0]["channels"] == {topic: [e.name for e in CATALOGUE if e.topic == topic] for topic in TOPICS}


@slow
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
