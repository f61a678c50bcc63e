"""The program behind `make token`: one token on stdout, nothing else, and quickly."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from shared.auth import Caller, Role
from shared.auth.local_keys import ensure_keys
from shared.auth.token import main
from shared.auth.tokens import LocalVerifier

ROOT = Path(__file__).parents[3]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "shared.auth.token", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)


async def test_it_prints_one_token_that_lets_its_caller_in(tmp_path: Path) -> None:
    done = run("--role", "provider", "--sub", "p", "--district", "demo", "--schools", "s-1,s-2", "--provider", "p-1",
               "--keys", str(tmp_path))  # fmt: skip
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert "had no keys" in done.stderr
    assert run("--role", "staff", "--sub", "s", "--district", "demo", "--keys", str(tmp_path)).stderr == ""
    caller = await LocalVerifier(tmp_path).verify(done.stdout.strip())
    assert caller == Caller("p", "demo", Role.PROVIDER, frozenset({"s-1", "s-2"}), "p-1")


async def test_empty_options_count_as_left_out_since_make_passes_them_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--role", "staff", "--sub", "t-1", "--district", "demo", "--schools", "", "--provider", ""]
    assert main([*asked, "--keys", str(tmp_path)]) == 0
    caller = await LocalVerifier(tmp_path).verify(capsys.readouterr().out.strip())
    assert (caller.school_ids, caller.provider_id) == (None, None)


async def test_the_time_to_live_is_in_seconds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--role", "staff", "--sub", "t-1", "--district", "demo", "--keys", str(tmp_path), "--ttl", "60"])
    token = capsys.readouterr().out.strip()
    await LocalVerifier(tmp_path).verify(token)
    later = time.time() + timedelta(seconds=91).total_seconds()
    with pytest.raises(Exception, match="has expired"):
        await LocalVerifier(tmp_path, clock=lambda: later).verify(token)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--role", "king", "--sub", "x", "--district", "demo"],
        ["--sub", "x", "--district", "demo"],
        ["--role", "provider", "--sub", "x", "--district", "demo"],
    ],
)
def test_what_cannot_be_issued_ends_with_status_2_and_no_token(arguments: list[str], tmp_path: Path) -> None:
    done = run(*arguments, "--keys", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_where_only_public_keys_are_kept_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ensure_keys(tmp_path)
    (tmp_path / "token-signing.json").unlink()
    assert main(["--role", "staff", "--sub", "x", "--district", "demo", "--keys", str(tmp_path)]) == 2
    assert "issued elsewhere" in capsys.readouterr().err


def test_it_imports_nothing_heavy() -> None:
    program = (
        "import sys, shared.auth.token; "
        "print([m for m in ('pydantic','sqlalchemy','fastapi','joserfc','aiohttp','structlog') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
