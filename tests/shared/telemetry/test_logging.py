"""The log lines of a real process: JSON, one per happening, and never with what a row or a request held."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError
from sqlalchemy.exc import IntegrityError

from shared.errors import Conflict
from shared.telemetry.logging import described

ROOT = Path(__file__).parents[3]
CHILD = "Ada-Lovelace-Doe"


def lines_of(program: str) -> list[dict[str, Any]]:
    """What a process of its own logs: the logging of this one stays as pytest has it."""
    head = (
        "import logging, structlog\nfrom shared.telemetry.logging import configure_logging\n"
        f"configure_logging('referral-api', 'info')\nlog = structlog.get_logger('x')\nCHILD = {CHILD!r}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", head + program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert CHILD not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_line_has_its_event_level_time_and_service() -> None:
    (line,) = lines_of("log.info('migrated', revision='2026_x')")
    assert line.pop("at").endswith("Z")
    assert line == {"event": "migrated", "level": "info", "service": "referral-api", "revision": "2026_x"}


def test_a_librarys_line_has_the_same_form() -> None:
    (line,) = lines_of("logging.getLogger('some.library').warning('took %d s', 5)")
    assert (line["event"], line["level"], line["logger"], line["service"]) == (
        "took 5 s",
        "warning",
        "some.library",
        "referral-api",
    )


def test_less_severe_lines_than_the_level_are_left_out() -> None:
    told = lines_of(
        "for level in ('debug', 'info', 'warning', 'error'):\n"
        "    configure_logging(level, level)\n"
        "    for source in (structlog.get_logger(), logging.getLogger('library')):\n"
        "        source.debug('a'); source.info('b'); source.warning('c'); source.error('d')"
    )
    expected = {"debug": "abcdabcd", "info": "bcdbcd", "warning": "cdcd", "error": "dd"}
    for level, events in expected.items():
        assert "".join(line["event"] for line in told if line["service"] == level) == events


def test_what_is_bound_to_a_request_is_on_its_lines_and_on_those_of_libraries() -> None:
    told = lines_of(
        "structlog.contextvars.bind_contextvars(request_id='r-1')\nlog.info('a')\nlogging.getLogger('b').warning('b')"
    )
    assert [line["request_id"] for line in told] == ["r-1", "r-1"]


def test_an_exception_is_told_by_type_and_place_without_its_words() -> None:
    (line,) = lines_of(
        "def read(row):\n    raise KeyError(row)\n"
        "try:\n    read(CHILD)\nexcept KeyError:\n    log.error('row_failed', exc_info=True)"
    )
    assert line["exception"]["type"] == "KeyError"
    assert [frame.split()[-1] for frame in line["exception"]["frames"]] == ["<module>", "read"]
    assert "message" not in line["exception"]


def test_a_librarys_exception_is_told_the_same_way() -> None:
    (line,) = lines_of(
        "try:\n    int(CHILD)\nexcept ValueError:\n"
        "    logging.getLogger('uvicorn.error').exception('Exception in ASGI application\\n' + CHILD)"
    )
    assert line["event"] == "Exception in ASGI application"
    assert line["exception"]["type"] == "ValueError"


def test_a_task_whose_exception_nobody_fetched_tells_nothing_of_it() -> None:
    (line,) = lines_of(
        "import asyncio, gc\nasync def fail():\n    raise LookupError(CHILD)\n"
        "async def main():\n    asyncio.create_task(fail())\n    await asyncio.sleep(0)\n    gc.collect()\n"
        "asyncio.run(main())"
    )
    assert line["event"] == "Task exception was never retrieved"
    assert line["exception"]["type"] == "LookupError"


def test_an_exception_that_ends_the_program_is_a_line_like_any_other() -> None:
    (line,) = lines_of("raise RuntimeError(CHILD)")
    assert (line["event"], line["level"], line["exception"]["type"]) == ("uncaught", "critical", "RuntimeError")


def test_a_warning_of_python_is_a_line_like_any_other() -> None:
    (line,) = lines_of("import warnings\nwarnings.warn('old')")
    assert line["logger"] == "py.warnings"


def test_a_database_error_tells_neither_statement_nor_parameters() -> None:
    (line,) = lines_of(
        "import sqlalchemy as sa\nengine = sa.create_engine('sqlite://')\n"
        "with engine.connect() as c:\n    c.execute(sa.text('CREATE TABLE s (name TEXT PRIMARY KEY)'))\n"
        "    try:\n        for _ in '12':\n            c.execute(sa.text('INSERT INTO s VALUES (:n)'), {'n': CHILD})\n"
        "    except sa.exc.IntegrityError as e:\n        log.error('insert_failed', exc_info=e)"
    )
    assert line["exception"]["type"] == "sqlalchemy.exc.IntegrityError"
    assert line["exception"]["causes"] == ["sqlite3.IntegrityError"]


class Pupil(BaseModel):
    """Something with a name."""

    name: int


def test_a_validation_error_tells_no_value() -> None:
    with pytest.raises(ValidationError) as failed:
        Pupil.model_validate({"name": CHILD})
    assert CHILD in str(failed.value), "the premise: pydantic does quote it"
    assert CHILD not in json.dumps(described(failed.value))


class _DriversError(Exception):
    sqlstate = "23505"


def test_a_database_error_tells_its_sqlstate() -> None:
    error = IntegrityError(f"INSERT {CHILD}", {"n": CHILD}, _DriversError(f"Key (name)=({CHILD}) exists"))
    assert described(error) == {"type": "sqlalchemy.exc.IntegrityError", "frames": [], "sqlstate": "23505"}


def test_our_own_refusals_and_the_systems_errors_may_speak() -> None:
    assert described(Conflict("The referral is closed."))["message"] == "The referral is closed."
    assert described(FileNotFoundError(2, "No such file", "bus.db"))["message"] == "[Errno 2] No such file: 'bus.db'"


def test_causes_are_told_by_type_also_when_they_go_in_a_circle() -> None:
    first, second = ValueError(CHILD), KeyError(CHILD)
    first.__cause__, second.__cause__ = second, first
    told = described(first)
    assert told["causes"][0] == "KeyError"
    assert CHILD not in json.dumps(told)
