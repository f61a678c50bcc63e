"""The verbs of a service: understood or refused, a fresh database migrated, a process that ends with its parent."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from referral_api.app import SERVICE as REFERRAL_API
from reporting.app import SERVICE as REPORTING
from shared.auth.local_keys import ensure_keys
from shared.cli import run
from shared.crypto import ensure_field_keys, field_keys_path
from shared.db import Database
from shared.migrations import current_revision
from shared.testing.engine import free_port

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0


def environment(folder: Path, database_url: str, **more: str) -> dict[str, str]:
    """What a service is told, with everything in a folder of its own."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT), *map(str, (ROOT / "services").iterdir())]),
        "DATABASE_URL": database_url,
        "EVENT_BUS_URL": f"sqlite:///{folder / 'bus.db'}",
        "KEYS_DIR": str(folder / "keys"),
        "IMPORT_DIR": str(folder / "imports"),
        **more,
    }


def begin(package: str, verb: str, told: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", package, verb], env=told, stderr=subprocess.PIPE)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("dance",),
        ("rebuild",),  # referral-api has no views
        ("dlq",),
        ("dlq", "burn"),
        ("dlq", "list", "--offset", "x"),
        ("dlq", "replay", "--offset", "3"),
        ("keys", "lose"),
        ("serve", "--fast"),
    ],
    ids=" ".join,
)
def test_what_no_verb_says_is_refused_before_anything_is_read(
    words: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(REFERRAL_API, words)
    assert ended.value.code == 2
    assert "usage: python -m referral_api" in capsys.readouterr().err


def test_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(REPORTING, ["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    verbs = ["serve", "api", "relay", "consume", "migrate", "rebuild", "dlq", "keys"]
    assert [verb for verb in verbs if verb not in told] == []


@pytest.mark.slow
async def test_migrate_makes_a_fresh_database_ready_and_again_changes_nothing(
    database_url: str, tmp_path: Path
) -> None:
    told = environment(tmp_path, database_url)
    for _ in range(2):
        migrating = begin("reporting", "migrate", told)
        _, complaint = migrating.communicate(timeout=PATIENCE_SECONDS)
        assert migrating.returncode == 0, complaint.decode()
        database = Database(database_url, pool_size=1)
        assert await current_revision(database) == REPORTING.migrations.head()
        await database.close()


@pytest.mark.slow
@pytest.mark.parametrize("words", [("migrate",), ("keys", "list"), ("rebuild",), ("dlq", "list")], ids=" ".join)
def test_a_verb_says_in_a_sentence_that_an_engine_is_away(
    words: Sequence[str], sqlite_url: str, tmp_path: Path
) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    told = environment(tmp_path, f"postgresql://rapport:secret@{nobody}/reporting")
    if words[0] == "dlq":
        told |= {"DATABASE_URL": sqlite_url, "EVENT_BUS_URL": f"kafka://{nobody}"}
    ensure_field_keys(field_keys_path(tmp_path / "keys", "reporting"))
    ensure_keys(tmp_path / "keys")

    asked = subprocess.run(
        [sys.executable, "-m", "reporting", *words], env=told, capture_output=True, text=True, check=False
    )

    assert asked.returncode == 1
    assert asked.stderr.splitlines()[-1].startswith("the bus (" if words[0] == "dlq" else "the database (")
    assert "Traceback" not in asked.stderr
    assert "uncaught" not in asked.stderr + asked.stdout
    assert "secret" not in asked.stderr + asked.stdout


@pytest.mark.slow
def test_serve_ends_when_its_parent_is_gone(sqlite_url: str, tmp_path: Path) -> None:
    port = free_port()
    told = environment(tmp_path, sqlite_url, PORT=str(port))
    # A parent that begins the service, tells its number and is killed: the service is then another's child.
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import os, subprocess, sys, time\n"
            "told = {**os.environ, 'PARENT_PID': str(os.getpid())}\n"
            "print(subprocess.Popen([sys.executable, '-m', 'reporting', 'serve'], env=told).pid, flush=True)\n"
            "time.sleep(600)\n",
        ],
        env=told,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/readyz"))
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        parent.stdout.close()
    until(lambda: not lives(pid))


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what a process of its own tells nobody."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def lives(pid: int) -> bool:
    """Whether the process runs; one that ended and that nobody has asked about does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.slow
def test_a_service_that_cannot_listen_ends_with_a_failure(sqlite_url: str, tmp_path: Path) -> None:
    taken = free_port()
    with socket.create_server(("127.0.0.1", taken)):
        serving = begin("reporting", "serve", environment(tmp_path, sqlite_url, PORT=str(taken)))
        serving.communicate(timeout=PATIENCE_SECONDS)
    assert serving.returncode != 0


_WITHOUT_CHILDREN = """
import signal
from reporting.app import SERVICE
from shared import cli
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
cli._serve = lambda *_: 0
cli.run(SERVICE, ["serve"])
"""
_KILLED = """
import os, signal
from reporting.app import SERVICE
from shared import cli
cli.current_revision = lambda _: os.kill(os.getpid(), signal.SIGKILL)
cli.run(SERVICE, ["serve"])
"""


@pytest.mark.slow
def test_a_service_starts_also_where_it_is_begun_by_one_who_is_told_of_no_child(
    sqlite_url: str, tmp_path: Path
) -> None:
    begun = program(_WITHOUT_CHILDREN, environment(tmp_path, sqlite_url))
    assert (begun.returncode, "migrated" in begun.stdout) == (0, True), begun.stdout


@pytest.mark.slow
def test_a_service_whose_migration_is_killed_says_so_and_ends(sqlite_url: str, tmp_path: Path) -> None:
    ended = program(_KILLED, environment(tmp_path, sqlite_url))
    assert ended.returncode == 1
    told = json.loads(ended.stdout)
    assert (told["event"], told["signal"]) == ("migration_killed", signal.SIGKILL)


def program(words: str, told: Mapping[str, str]) -> "subprocess.CompletedProcess[str]":
    """Python at work on these words, to its end."""
    return subprocess.run([sys.executable, "-c", words], env=told, capture_output=True, text=True, check=False)
