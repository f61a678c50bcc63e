"""Sealed fields: readable at their place with their ring, and nowhere else."""

import json
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.crypto import KeyFileUnusable, KeyRing, SealBroken, UnknownKey, ensure_field_keys, sealed_with

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 10, 5, 9, 0, tzinfo=UTC)
PLACE = {"table": "students", "column": "given_name", "key": "demo/st-1"}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The seconds so far."""
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "field-keys.json"


@pytest.fixture
def ring(path: Path) -> KeyRing:
    return KeyRing.from_file(path)


@pytest.fixture(scope="module")
def lasting_ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    return KeyRing.from_file(tmp_path_factory.mktemp("keys") / "field-keys.json")


@given(text=st.text())
def test_what_was_sealed_opens_again(lasting_ring: KeyRing, text: str) -> None:
    sealed = lasting_ring.seal(text, **PLACE)
    assert lasting_ring.open(sealed, **PLACE) == text
    assert len(text) < 4 or text.encode() not in sealed


def test_the_same_text_looks_different_every_time(ring: KeyRing) -> None:
    assert len({ring.seal("Ada", **PLACE) for _ in range(100)}) == 100


@pytest.mark.parametrize("other", [{"table": "staff"}, {"column": "family_name"}, {"key": "demo/st-2"}, {"key": ""}])
def test_a_value_moved_to_another_place_does_not_open(ring: KeyRing, other: dict[str, str]) -> None:
    sealed = ring.seal("Ada", **PLACE)
    with pytest.raises(SealBroken):
        ring.open(sealed, **(PLACE | other))


def test_a_changed_byte_anywhere_does_not_open(ring: KeyRing) -> None:
    sealed = ring.seal("Ada", **PLACE)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            ring.open(bytes(changed), **PLACE)


def test_a_shortened_value_does_not_open(ring: KeyRing) -> None:
    sealed = ring.seal("Ada", **PLACE)
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            ring.open(sealed[:length], **PLACE)


def test_neither_error_nor_ring_shows_text_or_key(ring: KeyRing, path: Path) -> None:
    sealed = ring.seal("Ada", **PLACE)
    with pytest.raises(SealBroken) as broken:
        ring.open(sealed, **(PLACE | {"key": "elsewhere"}))
    assert str(broken.value) == "students.given_name"
    assert broken.value.__cause__ is None
    assert broken.value.__suppress_context__
    secret = json.loads(path.read_bytes())["keys"][0]["secret"]
    assert secret not in f"{ring!r} {ring.keys!r}"


def test_the_file_is_for_its_owner_only(ring: KeyRing, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_second_start_keeps_the_keys(ring: KeyRing, path: Path) -> None:
    before = path.read_bytes()
    ensure_field_keys(path)
    assert path.read_bytes() == before


def test_processes_that_start_at_once_open_what_each_other_sealed(path: Path) -> None:
    program = (
        "import sys, pathlib\nfrom shared.crypto import KeyRing\n"
        f"ring = KeyRing.from_file(pathlib.Path({str(path)!r}))\n"
        "sys.stdout.buffer.write(ring.seal('Ada', table='t', column='c', key='k'))"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE) for _ in range(6)]
    sealed = [p.communicate(timeout=30)[0] for p in processes]
    ring = KeyRing.from_file(path)
    assert [ring.open(s, table="t", column="c", key="k") for s in sealed] == ["Ada"] * 6


def test_a_new_key_seals_and_the_old_one_still_opens(ring: KeyRing) -> None:
    old = ring.seal("Ada", **PLACE)
    ring.with_new_key(NOW)
    new = ring.seal("Ada", **PLACE)
    assert (sealed_with(old), sealed_with(new), ring.current) == (1, 2, 2)
    assert ring.open(old, **PLACE) == ring.open(new, **PLACE) == "Ada"


def test_many_at_once_are_the_same_as_one_by_one_whatever_key_sealed_them(ring: KeyRing) -> None:
    keys = [f"demo/st-{n}" for n in range(6)]
    column = {"table": "students", "column": "given_name"}
    older = ring.seal_each(("Ada", "Bo"), keys[:2], **column)
    ring.with_new_key(NOW)
    newer = ring.seal_each(("Cy", "Di"), keys[2:4], **column)
    mixed = [newer[0], older[0], None, older[1], newer[1], None]
    of_each = [keys[2], keys[0], keys[4], keys[1], keys[3], keys[5]]
    assert ring.open_each(mixed, of_each, **column) == ["Cy", "Ada", None, "Bo", "Di", None]
    with pytest.raises(SealBroken):
        ring.open_each(mixed, keys, **column)


def test_a_running_process_opens_at_once_what_a_newer_key_sealed(path: Path, ring: KeyRing) -> None:
    other = KeyRing.from_file(path)
    sealed = other.with_new_key(NOW).seal("Ada", **PLACE)
    assert ring.open(sealed, **PLACE) == "Ada"


def test_a_running_process_seals_with_a_new_key_after_two_seconds(path: Path) -> None:
    clock = Clock()
    ensure_field_keys(path)
    ring = KeyRing(path, clock=clock)
    KeyRing.from_file(path).with_new_key(NOW)
    clock.now = 1.9
    assert sealed_with(ring.seal("Ada", **PLACE)) == 1
    clock.now = 2.0
    assert sealed_with(ring.seal("Ada", **PLACE)) == 2


def test_two_that_add_a_key_at_once_lose_none(path: Path, ring: KeyRing) -> None:
    other = KeyRing.from_file(path)
    ring.with_new_key(NOW)
    other.with_new_key(NOW)
    assert sorted(KeyRing.from_file(path).keys) == [1, 2, 3]


def test_a_removed_key_opens_nothing_any_more(ring: KeyRing) -> None:
    old = ring.seal("Ada", **PLACE)
    ring.with_new_key(NOW).without(1)
    with pytest.raises(UnknownKey, match=r"key 1 \(students.given_name\)"):
        ring.open(old, **PLACE)


def test_a_removed_key_is_set_aside_and_can_be_brought_back(ring: KeyRing, path: Path) -> None:
    sealed = [ring.seal("Ada", **PLACE), ring.with_new_key(NOW).seal("Ada", **PLACE)]
    ring.with_new_key(NOW).without(1).without(2)
    assert stat.S_IMODE(ring.retired_path.stat().st_mode) == 0o600
    retired = KeyRing(ring.retired_path)
    assert [retired.open(s, **PLACE) for s in sealed] == ["Ada", "Ada"]


def test_the_key_that_seals_cannot_be_removed(ring: KeyRing) -> None:
    with pytest.raises(ValueError, match="cannot go"):
        ring.without(1)


def test_another_ring_with_the_same_number_opens_nothing(ring: KeyRing, tmp_path: Path) -> None:
    stranger = KeyRing.from_file(tmp_path / "other.json")
    with pytest.raises(SealBroken):
        stranger.open(ring.seal("Ada", **PLACE), **PLACE)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"version": 2, "keys": []}',
        '{"version": 1, "keys": []}',
        '{"version": 1, "keys": [{"number": 1, "made_at": "2026-01-01T00:00:00+00:00", "secret": "c2hvcnQ="}]}',
        '{"version": 1, "keys": [{"number": 1, "made_at": "2026-01-01T00:00:00+00:00", "secret": "!!!"}]}',
    ],
)
def test_a_spoiled_key_file_is_named_and_never_replaced(content: str, tmp_path: Path) -> None:
    path = tmp_path / "field-keys.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(KeyFileUnusable):
        KeyRing.from_file(path)
    assert path.read_text(encoding="utf-8") == content
