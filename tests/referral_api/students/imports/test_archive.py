"""Zips that are refused as a whole, each for its own reason."""

import io
import struct
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from referral_api.students.imports.archive import open_archive
from referral_api.students.imports.errors import RosterRefused
from referral_api.students.imports.files import USED
from tests.referral_api.students.rosters import Roster, a_manifest, a_zip

pytestmark = pytest.mark.slow

GOOD = Roster().files()
USERS = GOOD["users.csv"]
ONE = a_manifest({"users": "bulk"})
SMALL = a_zip({"manifest.csv": ONE, "users.csv": "sourcedId,givenName\r\nst-1,Zoë\r\n"})


def read_all(body: bytes, folder: Path) -> str:
    """Everything that the archive lets one read."""
    path = folder / "roster.zip"
    path.write_bytes(body)
    with open_archive(path, wanted=USED) as archive:
        text = ""
        for kind in archive.manifest.modes:
            with archive.text(kind) as lines:
                text += lines.read()
        return text


def encrypted(body: bytes) -> bytes:
    """The same zip with the encryption flag set on every entry of its directory."""
    changed = bytearray(body)
    at = changed.find(b"PK\x01\x02")
    while at >= 0:
        changed[at + 8] |= 1
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


def with_forged_size(body: bytes) -> bytes:
    """The same zip, whose list of files says that the last one is packed into sixteen times as much as the zip holds.

    Measured by that, it would unpack to little.
    """
    at = body.rfind(b"PK\x01\x02") + 20
    return body[:at] + struct.pack("<I", 16 * len(body)) + body[at + 4 :]


def damaged(body: bytes) -> bytes:
    """The same zip with one byte of its first file's data changed."""
    name_bytes, extra_bytes = struct.unpack("<HH", body[26:30])
    at = 30 + name_bytes + extra_bytes + 5
    return body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :]


def twice() -> bytes:
    """A zip with one name twice, once in capitals."""
    return a_zip({"manifest.csv": ONE, "users.csv": USERS, "USERS.csv": USERS})


def a_link() -> bytes:
    """A zip whose users.csv is a symbolic link."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("manifest.csv", ONE)
        link = zipfile.ZipInfo("users.csv")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    return out.getvalue()


def a_bomb(compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Thirty-two MiB of zeros in a few KiB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as packed:
        packed.writestr("manifest.csv", ONE)
        packed.writestr("users.csv", b"0" * (32 << 20))
    return out.getvalue()


def an_endless_line() -> bytes:
    """A file that holds no line break and does not compress."""
    return a_zip({"manifest.csv": ONE, "users.csv": random_letters(2 << 20)})


def many_columns() -> bytes:
    """A row of twenty thousand columns, each with a line break in its quotes: no line of it is long."""
    letters = random_letters(2 << 20)
    row = ",".join(f'"{letters[at : at + 100]}\n"' for at in range(0, len(letters), 100))
    return a_zip({"manifest.csv": ONE + row, "users.csv": USERS})


def many_files() -> bytes:
    """Sixty thousand empty files: the list of them alone is larger than what is read of a list."""
    return a_zip({"manifest.csv": ONE, **{f"{number}{'-' * 60}": "" for number in range(60_000)}})


def random_letters(size: int) -> str:
    """Letters without a pattern, the same each time."""
    import random

    return "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOP", k=size))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no zip"),
        (b"hello", "no zip"),
        (Roster().zip()[:-40], "no zip"),
        (a_zip({"users.csv": USERS}), "manifest.csv is not at the top"),
        (a_zip({"inside/manifest.csv": ONE, "inside/users.csv": USERS}), "manifest.csv lies in a folder"),
        (a_zip({"manifest.csv": ONE, "inside/users.csv": USERS}), "users.csv lies in a folder"),
        (a_zip({"Manifest.csv": ONE, "users.csv": USERS}), "manifest.csv is in the zip with other capitals"),
        (a_zip({"manifest.csv": ONE, "Users.csv": USERS}), "users.csv is in the zip with other capitals"),
        (a_zip({"manifest.csv": ONE, "users.csv": USERS, "../../outside.csv": "x"}), "leads out"),
        (a_zip({"manifest.csv": ONE, "users.csv": USERS, "/etc/x.csv": "x"}), "leads out"),
        (a_zip({"manifest.csv": ONE, "users.csv": USERS, "C:\\x.csv": "x"}), "leads out"),
        (twice(), "a file twice"),
        (a_link(), "a link"),
        (encrypted(Roster().zip()), "encrypted"),
        (damaged(a_zip({"users.csv": USERS, "manifest.csv": ONE})), "damaged"),
        (a_bomb, "far more than a roster"),
        (lambda: with_forged_size(a_bomb()), "promises more than it holds"),
        (lambda: a_bomb(zipfile.ZIP_BZIP2), "packed in a way"),
        (an_endless_line, "a line of more than"),
        (many_files, "more than 200 files"),
        (a_zip({"manifest.csv": ONE, **{f"{number}.csv": "" for number in range(200)}}), "more than 200 files"),
        (
            a_zip({"manifest.csv": a_manifest({"users": "bulk", "roles": "bulk"}), "users.csv": USERS}),
            "names roles.csv",
        ),
        (a_zip({"manifest.csv": a_manifest({"classes": "bulk"}), "users.csv": USERS}), "names classes.csv"),
        (a_zip({"manifest.csv": a_manifest({"users": "absent"}), "users.csv": USERS}), "says that it is absent"),
        (a_zip({"manifest.csv": a_manifest({"classes": "bulk"}), "classes.csv": "a"}), "no file that is used"),
        (a_zip({"manifest.csv": a_manifest({"users": "whole"}), "users.csv": USERS}), "line 4: each file is"),
        (a_zip({"manifest.csv": a_manifest({"users": "bulk"}, "1.0"), "users.csv": USERS}), "1.1 or 1.2"),
        (a_zip({"manifest.csv": ONE.replace("manifest.version,1.0", "x,y"), "users.csv": USERS}), "manifest.version"),
        (a_zip({"manifest.csv": ONE + "file.users,bulk\r\n", "users.csv": USERS}), "line 5: a property is there"),
        (a_zip({"manifest.csv": ONE.replace("propertyName", "name"), "users.csv": USERS}), "the header must be"),
        (a_zip({"manifest.csv": ONE + '"open\r\n', "users.csv": USERS}), "cannot be read as CSV"),
        (a_zip({"manifest.csv": ONE + "lonely\r\n", "users.csv": USERS}), "line 5: every line has"),
        (a_zip({"manifest.csv": ONE + "\n" * 500, "users.csv": USERS}), "more than 500 lines"),
        (many_columns, "line 5 has more than 1048576"),
        (a_zip({"manifest.csv": ONE, "users.csv": "José".encode("latin-1")}), "line 1 looks like Latin-1"),
        (a_zip({"manifest.csv": ONE, "users.csv": "sourcedId".encode("utf-16")}), "looks like UTF-16"),
    ],
    ids=lambda value: value if isinstance(value, str) else "zip",
)
def test_an_unusable_zip_is_refused_with_its_reason(
    body: bytes | Callable[[], bytes], said: str, tmp_path: Path
) -> None:
    with pytest.raises(RosterRefused, match=said):  # large ones are made here, and not by every process that looks
        read_all(body() if callable(body) else body, tmp_path)


def test_a_usable_zip_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    plain = read_all(a_zip({"manifest.csv": ONE, "users.csv": USERS}), tmp_path)
    marked = read_all(a_zip({"manifest.csv": "\ufeff" + ONE, "users.csv": "\ufeff" + str(USERS)}), tmp_path)
    assert plain == marked == USERS


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("lines", [1, 2, 40_000])
def test_the_first_line_that_is_not_utf_8_is_named(lines: int, end: str, tmp_path: Path) -> None:
    # Two bytes for an accented letter, so that the pieces in which it is read end in the middle of some.
    good = f"Zoë,é{end}".encode() * (lines - 1)
    body = a_zip({"manifest.csv": ONE, "users.csv": good + f"José,x{end}Zoë{end}".encode("latin-1")})
    with pytest.raises(RosterRefused, match=f"line {lines} looks like Latin-1"):
        read_all(body, tmp_path)


@example([(len(SMALL) - 5, 1)])  # the list of files then seems to begin later, and so each file before the zip
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_zip_with_any_bytes_changed_is_read_or_refused_and_nothing_else(
    tmp_path: Path, changes: list[tuple[int, int]]
) -> None:
    body = bytearray(SMALL)
    for at, byte in changes:
        body[at] = byte
    with suppress(RosterRefused):
        read_all(bytes(body), tmp_path)


@pytest.mark.parametrize("end", range(0, len(SMALL), 7))
def test_a_zip_cut_off_anywhere_is_refused(end: int, tmp_path: Path) -> None:
    with pytest.raises(RosterRefused, match="no zip"):
        read_all(SMALL[:end], tmp_path)
