"""Opens a roster zip and refuses what could harm or mislead, before a row is read."""

import codecs
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TextIO

from referral_api.students.imports.errors import RosterRefused
from referral_api.students.imports.manifest import Manifest, Mode, read_manifest

MOST_FILES = 200
MOST_BYTES = 16 << 30
"""Of all files, unpacked: a million students with ten enrolments each are under 3 GiB."""
MOST_RATIO = 200
"""Unpacked to packed, for files over 1 MiB. Real rosters reach 10 to 30; deflate ends at 1,032."""
RATIO_FROM_BYTES = 1 << 20
MOST_LINE_BYTES = 1 << 20
MANIFEST = "manifest.csv"
_BUFFER_BYTES = 1 << 16
_MOST_DIRECTORY_BYTES = 4 << 20
"""Of the list of files at a zip's end, which is read as one piece."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_LINE_BREAK = re.compile(rb"\r\n|\r|\n")
_ENCRYPTED = 0x1
_LINK = 0o120000
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """A roster zip whose names, sizes and manifest hold together."""

    def __init__(self, opened: zipfile.ZipFile, manifest: Manifest) -> None:
        self._opened = opened
        self.manifest = manifest

    @contextmanager
    def text(self, kind: str) -> Iterator[TextIO]:
        """One file's text, as it is unpacked. Raises: RosterRefused, also in the middle of reading."""
        with _text(self._opened, f"{kind}.csv") as text:
            yield text


@contextmanager
def open_archive(path: Path, *, wanted: frozenset[str]) -> Iterator[Archive]:
    """The zip at a path; `wanted` are the kinds of file that are used. Raises: RosterRefused."""
    with _File(path) as file, _opened(file) as opened:
        names = _checked_names(opened, path.stat().st_size)
        _ensure_there(names, MANIFEST, "manifest.csv is not at the top of the zip.")
        with _text(opened, MANIFEST) as text:
            manifest = read_manifest(text)
        for kind in sorted(set(manifest.modes) | wanted):
            there, named = f"{kind}.csv" in names, manifest.mode(kind) is not Mode.ABSENT
            if named:
                _ensure_there(names, f"{kind}.csv", f"manifest.csv names {kind}.csv, but it is not in the zip.")
            if there and not named and kind in wanted:
                raise RosterRefused(f"{kind}.csv is in the zip, but manifest.csv says that it is absent.")
        if all(manifest.mode(kind) is Mode.ABSENT for kind in wanted):
            raise RosterRefused("manifest.csv names no file that is used here.")
        yield Archive(opened, manifest)


def _ensure_there(names: frozenset[str], name: str, otherwise: str) -> None:
    if name in names:
        return
    if any(n.endswith(f"/{name}") for n in names):
        raise RosterRefused(f"{name} lies in a folder of the zip; pack the files without their folder.")
    if any(n.casefold() == name.casefold() for n in names):
        raise RosterRefused(f"{name} is in the zip with other capitals; its name must be exactly as here.")
    raise RosterRefused(otherwise)


class _File(io.FileIO):
    """A zip on disk. A list of ten million empty files would fill the memory before anybody could count them."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go there. Raises: BadZipFile, where a forged list of files leads before the beginning."""
        if whence == io.SEEK_SET and offset < 0:
            raise zipfile.BadZipFile
        return super().seek(offset, whence)

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes. Raises: RosterRefused."""
        too_many = _MOST_DIRECTORY_BYTES + 1
        data = super().read(too_many if size is None or size < 0 else min(size, too_many)) or b""
        if len(data) == too_many:
            raise RosterRefused(f"The zip holds more than {MOST_FILES} files.")
        return data


def _opened(file: _File) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, OSError):
        raise RosterRefused("The file is no zip, or a part of it is missing.") from None


def _checked_names(opened: zipfile.ZipFile, size_bytes: int) -> frozenset[str]:
    entries = opened.infolist()
    if len(entries) > MOST_FILES:
        raise RosterRefused(f"The zip holds more than {MOST_FILES} files.")
    names = [e.filename for e in entries]
    if len({n.casefold() for n in names}) < len(names):
        raise RosterRefused("The zip holds a file twice.")
    if any(n.startswith("/") or "\\" in n or ":" in n or ".." in n.split("/") for n in names):
        raise RosterRefused("The zip holds a name that leads out of its folder.")
    if any((e.external_attr >> 16) & 0o170000 == _LINK for e in entries):
        raise RosterRefused("The zip holds a link.")
    if any(e.flag_bits & _ENCRYPTED for e in entries):
        raise RosterRefused("The zip is encrypted.")
    if any(e.compress_type not in _READABLE for e in entries):
        raise RosterRefused("The zip is packed in a way that is not read here; use deflate.")
    if sum(e.compress_size for e in entries) > size_bytes:  # else a forged size would hide how far a bomb unpacks
        raise RosterRefused("The zip is damaged: its list of files promises more than it holds.")
    if sum(e.file_size for e in entries) > MOST_BYTES or any(map(_is_bomb, entries)):
        raise RosterRefused("The zip unpacks to far more than a roster could be.")
    return frozenset(names)


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > RATIO_FROM_BYTES and entry.file_size > MOST_RATIO * entry.compress_size


@contextmanager
def _text(opened: zipfile.ZipFile, name: str) -> Iterator[TextIO]:
    """A file's text: UTF-8, with or without a byte order mark; line breaks as they are."""
    try:
        with (
            opened.open(name) as unpacked,
            io.BufferedReader(_Lines(unpacked, name), _BUFFER_BYTES) as raw,
            io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as text,
        ):
            yield text
    except UnicodeDecodeError:
        with opened.open(name) as unpacked:
            raise RosterRefused(_not_utf_8(name, unpacked)) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise RosterRefused(f"{name} is damaged inside the zip.") from None


class _Lines(io.RawIOBase):
    """Unpacked bytes, none of whose lines is endless: one without line breaks would be read into memory whole."""

    def __init__(self, unpacked: IO[bytes], name: str) -> None:
        super().__init__()
        self._unpacked = unpacked
        self._name = name
        self._line_bytes = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer. Raises: RosterRefused."""
        data = self._unpacked.read(len(buffer))
        buffer[: len(data)] = data
        last = max(data.rfind(b"\n"), data.rfind(b"\r"))
        self._line_bytes = len(data) - last if last >= 0 else self._line_bytes + len(data)
        if self._line_bytes > MOST_LINE_BYTES:
            raise RosterRefused(f"{self._name} has a line of more than {MOST_LINE_BYTES >> 20} MiB.")
        return len(data)


def _not_utf_8(name: str, unpacked: IO[bytes]) -> str:
    """What a file is instead, and the first line that tells: it is read once more for that."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, ends_in_return, piece = 1, False, unpacked.read(_BUFFER_BYTES)
    if piece[:2] in _UTF_16:
        return f"{name} is not UTF-8; it looks like UTF-16."
    try:
        while piece:
            decoder.decode(piece)
            line += _line_breaks(piece, ends_in_return)
            ends_in_return, piece = piece.endswith(b"\r"), unpacked.read(_BUFFER_BYTES)
    except UnicodeDecodeError as error:
        # Its object begins with what the piece before had left over of a character, in which there is no line break.
        line += _line_breaks(error.object[: error.start], ends_in_return)
    return f"{name} is not UTF-8; line {line} looks like Latin-1 (Windows-1252)."


def _line_breaks(data: bytes, ends_in_return: bool) -> int:
    """How many line breaks there are, but one that began with the return before."""
    return len(_LINE_BREAK.findall(data)) - (ends_in_return and data.startswith(b"\n"))
