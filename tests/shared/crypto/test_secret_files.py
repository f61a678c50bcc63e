"""Files that hold keys: made once, replaced whole, changed by one at a time."""

import stat
import threading
from pathlib import Path

from shared.secret_files import create_once, locked, replace


def test_a_file_that_is_there_is_never_made_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key.json"
    assert create_once(path, b"first") is True
    assert create_once(path, b"second") is False
    assert path.read_bytes() == b"first"
    assert [f.name for f in path.parent.iterdir()] == ["key.json"]


def test_a_replaced_file_stays_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_bytes(b"old")
    path.chmod(0o644)
    replace(path, b"new")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"new", 0o600)


def test_a_reader_that_holds_the_old_file_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    create_once(path, b"old")
    with path.open("rb") as reader:
        replace(path, b"newer")
        assert reader.read() == b"old"


def test_who_changes_a_file_waits_for_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    create_once(path, b"")
    entered = []

    def enter() -> None:
        with locked(path):
            entered.append("second")

    second = threading.Thread(target=enter)
    with locked(path):
        second.start()
        second.join(0.05)
        assert second.is_alive()
        entered.append("first")
    second.join(10)
    assert entered == ["first", "second"]
