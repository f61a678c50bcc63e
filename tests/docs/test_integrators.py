"""docs/integrators.md is true: its commands, run one after the other against a real suite, print what it says."""

import json
import os
import re
import subprocess
from typing import NamedTuple

import pytest

from scripts.docs.__main__ import DOCS
from shared.auth import Role
from shared.auth.claims import caller_of, ensure_meant_for_us
from shared.testing.suite import running_suite
from tests.docs.walkthrough import Step, steps_of

PAGE = (DOCS / "integrators.md").read_text(encoding="utf-8")
STEPS = steps_of(PAGE)
END_OF_STEP = "<end of step>"


class Walk(NamedTuple):
    """What each step printed, in one shell: fewer than there are steps where one of them failed, and why."""

    outputs: list[str]
    complaints: str


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """The page, walked from its top to its end."""
    script = "".join(f"{step.commands}\necho\necho '{END_OF_STEP}'\n" for step in STEPS)
    with running_suite(tmp_path_factory.mktemp("integrators") / "home") as suite:
        ran = subprocess.run(
            ["bash", "-eu", "-c", script],
            cwd=DOCS.parent,
            env=os.environ | {"PORT_BASE": str(suite.base), "HOME_DIR": str(suite.home)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    return Walk(ran.stdout.split(f"{END_OF_STEP}\n")[:-1], ran.stderr)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("number", range(len(STEPS)), ids=lambda number: f"line {STEPS[number].line}")
def test_a_step_prints_what_the_page_says(walk: Walk, number: int) -> None:
    assert number < len(walk.outputs), walk.complaints
    printed, output = STEPS[number].printed, walk.outputs[number]
    assert STEPS[number].explains(output), f"{printed}\n--- but it was\n{output}\n{walk.complaints}"


def test_the_page_is_walked_from_token_to_view() -> None:
    assert len(STEPS) >= 15
    commands = "".join(step.commands for step in STEPS)
    for way in (
        "token",
        "/v1/roster/imports",
        "/errors.csv",
        "/v1/calendar",
        "/v1/referrals",
        "changed_since",
        "/v1/views",
        "Purpose-Of-Use",
        "/verification",
        "/v1/activities",
        "/access-codes",
        "/v1/responses",
        "/v1/help-requests",
    ):
        assert way in commands


def test_the_claims_that_it_asks_for_make_a_caller() -> None:
    (block,) = re.findall(r'^```json\n(\{\n  "iss".*?)^```', PAGE, flags=re.MULTILINE | re.DOTALL)
    claims = json.loads(block)

    ensure_meant_for_us(claims, issuer="https://login.lakeside.example", audiences={"rapport"})
    caller = caller_of(claims)
    assert (caller.sub, caller.district_id, caller.role) == ("c-1", "lakeside", Role.COUNSELOR)
    assert caller.sees_school("s-1")
    assert not caller.sees_school("s-2")


@pytest.mark.parametrize(
    ("printed", "output", "is_it"),
    [
        ('{"a":1}\n', '{"a":1}', True),
        ('{"a":1}\n', '{"a":2}', False),
        ("", "", True),
        ("", "oops\n", False),
        ('{"id":"…","a":1}\n', '{"id":"x-1","a":1}\n', True),
        ('{"id":"…","a":1}\n', '{"id":"x-1","a":12}\n', False),
        ("HTTP 200\n…\nend\n", "HTTP 200\r\ndate: x\r\n\r\nend\n", True),
        ("HTTP 200\n…\nend\n", "HTTP 200\r\nend", True),
        ("HTTP 200\n…\nend\n", "HTTP 500\r\nend", False),
        ("one\n", "one\ntwo\n", False),
        ("one\ntwo\n", "one\n", False),
    ],
)
def test_the_comparison_bites(printed: str, output: str, is_it: bool) -> None:
    assert Step(1, "", printed).explains(output) is is_it


def test_a_block_that_follows_at_once_is_what_is_printed_and_one_after_words_is_none() -> None:
    page = "```sh\na\n```\n\n```json\n1\n```\n\n```sh\nb\n```\n\nWords.\n\n```json\n2\n```\n"

    assert steps_of(page) == [Step(1, "a\n", "1\n"), Step(9, "b\n", "")]
