"""The key pair on disk: made once, by whoever comes first, for its owner's eyes only."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from joserfc.jwk import JWKRegistry, KeySet

from shared.auth.local_keys import NoSigningKey, ensure_keys, read_signing_key

ROOT = Path(__file__).parents[3]
SIGNING, VERIFYING = "token-signing.json", "token-verifying.json"


def test_the_files_and_their_folder_are_for_the_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "keys"
    ensure_keys(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {f.name: stat.S_IMODE(f.stat().st_mode) for f in folder.iterdir()} == {SIGNING: 0o600, VERIFYING: 0o600}


def test_a_second_start_keeps_the_keys(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    before = {f.name: f.read_bytes() for f in tmp_path.iterdir()}
    ensure_keys(tmp_path)
    assert {f.name: f.read_bytes() for f in tmp_path.iterdir()} == before


def test_the_public_file_holds_the_public_half_alone(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    private = json.loads((tmp_path / SIGNING).read_bytes())
    public = json.loads((tmp_path / VERIFYING).read_bytes())
    assert private["d"]
    assert public == {"keys": [{name: value for name, value in private.items() if name != "d"}]}


def test_the_library_reads_both_files_and_agrees_on_the_key_id(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    private = JWKRegistry.import_key(json.loads((tmp_path / SIGNING).read_bytes()))
    (public,) = KeySet.import_key_set(json.loads((tmp_path / VERIFYING).read_bytes())).keys
    assert private.thumbprint() == private.kid == public.kid == public.thumbprint()
    assert private.as_dict(private=False)["x"] == public.as_dict()["x"]


@pytest.mark.slow
def test_processes_that_start_at_once_end_with_one_pair(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    program = f"import pathlib, shared.auth.local_keys as k; k.ensure_keys(pathlib.Path({str(folder)!r}))"
    processes = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) for _ in range(8)]
    assert [p.wait(30) for p in processes] == [0] * 8
    private = json.loads((folder / SIGNING).read_bytes())
    public = json.loads((folder / VERIFYING).read_bytes())
    assert public["keys"][0]["x"] == private["x"]
    assert {f.name for f in folder.iterdir()} == {SIGNING, VERIFYING}, "a temporary file was left behind"


def test_a_lost_public_file_is_made_again_from_the_private_one(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    before = (tmp_path / VERIFYING).read_bytes()
    (tmp_path / VERIFYING).unlink()
    ensure_keys(tmp_path)
    assert (tmp_path / VERIFYING).read_bytes() == before


def test_where_only_public_keys_are_kept_no_private_one_is_made(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    (tmp_path / SIGNING).unlink()
    before = (tmp_path / VERIFYING).read_bytes()
    with pytest.raises(NoSigningKey):
        read_signing_key(tmp_path)
    assert not (tmp_path / SIGNING).exists()
    assert (tmp_path / VERIFYING).read_bytes() == before


def test_a_key_is_not_shown_when_it_is_printed(tmp_path: Path) -> None:
    key = read_signing_key(tmp_path)
    assert json.loads((tmp_path / SIGNING).read_bytes())["d"] not in repr(key)
