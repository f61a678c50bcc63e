"""Encrypts single fields (AES-256-GCM) so that a copy of the database, or of a row in another place, tells nothing.

A sealed value is: version 1 (one byte), key number (four bytes), nonce (twelve), ciphertext with its tag. It opens
only at the table, column and primary key that it was sealed for. What is sealed is declared on the column with
`info={"sealed": True}`; `shared.key_rotation` walks those columns when the key changes.
"""

import base64
import json
import os
import struct
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.secret_files import create_once, locked, replace

_HEAD = struct.Struct(">BI")
_VERSION = 1
_NONCE_BYTES = 12
_TEXT_BEGINS = _HEAD.size + _NONCE_BYTES
_KEY_BYTES = 32
_LOOK_SECONDS = 2.0
"""How often a running process looks whether another one has added a key, at most."""


class SealBroken(Exception):
    """The value was not sealed by this ring for this place, or was changed since."""


class UnknownKey(SealBroken):
    """The value was sealed with a key that the ring does not hold."""


class KeyFileUnusable(Exception):
    """The key file is not one; the message says why, never what it holds."""


@dataclass(frozen=True, slots=True, repr=False)
class FieldKey:
    """One key of the ring."""

    number: int
    made_at: datetime
    secret: bytes


class KeyRing:
    """The keys of one key file: the newest seals, each opens what it sealed.

    A running process notices by itself when the file gets another key: at once when it meets the key's number, else
    when it seals, within two seconds.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._looked_at = clock()
        self._file_state: tuple[int, int, int] = (0, 0, 0)
        self._keys: Mapping[int, FieldKey] = {}
        self._ciphers: Mapping[int, AESGCM] = {}
        self._current = 0
        self._reload()

    def __repr__(self) -> str:
        return f"<KeyRing {sorted(self._keys)}>"

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """The ring of this file, made with one key if there is none. Raises: KeyFileUnusable."""
        ensure_field_keys(path)
        return cls(path)

    @property
    def current(self) -> int:
        """The number of the key that seals."""
        return self._current

    @property
    def keys(self) -> Mapping[int, FieldKey]:
        """Every key by its number."""
        return self._keys

    def seal(self, text: str, *, table: str, column: str, key: str) -> bytes:
        """The text, readable with this ring only, and only as this column of the row with this primary key.

        A primary key of several columns is joined with `/` in the order of the table.
        """
        self._look()
        number = self._current
        nonce = os.urandom(_NONCE_BYTES)
        head = _HEAD.pack(_VERSION, number)
        return head + nonce + self._ciphers[number].encrypt(nonce, text.encode(), _place(head, table, column, key))

    def seal_each(self, texts: Iterable[str], keys: Sequence[str], *, table: str, column: str) -> list[bytes]:
        """Each text sealed for this column of the row with the key beside it: half the time of one by one."""
        self._look()
        head = _HEAD.pack(_VERSION, self._current)
        encrypt, place = self._ciphers[self._current].encrypt, _place(head, table, column, "")
        nonces = os.urandom(_NONCE_BYTES * len(keys))
        starts = range(0, len(nonces), _NONCE_BYTES)
        return [
            head + (nonce := nonces[start : start + _NONCE_BYTES]) + encrypt(nonce, text.encode(), place + key.encode())
            for start, text, key in zip(starts, texts, keys, strict=True)
        ]

    def open(self, sealed: bytes, *, table: str, column: str, key: str) -> str:
        """The text that was sealed. Raises: SealBroken, UnknownKey."""
        (text,) = self.open_each((sealed,), (key,), table=table, column=column)
        assert text is not None
        return text

    def open_each(
        self, values: Iterable[bytes | None], keys: Iterable[str], *, table: str, column: str
    ) -> list[str | None]:
        """The texts that were sealed for this column of the rows with the keys beside them; what is null stays so.

        Half the time of one by one. Raises: SealBroken, UnknownKey.
        """
        opened: list[str | None] = []
        head, place, decrypt = b"", b"", None
        for sealed, key in zip(values, keys, strict=True):
            if sealed is None:
                opened.append(None)
                continue
            if decrypt is None or sealed[: _HEAD.size] != head:
                decrypt = self._cipher_of(sealed, f"{table}.{column}").decrypt
                head = sealed[: _HEAD.size]
                place = _place(head, table, column, "")
            try:
                plain = decrypt(sealed[_HEAD.size : _TEXT_BEGINS], sealed[_TEXT_BEGINS:], place + key.encode())
            except (InvalidTag, ValueError):
                # Without its cause: nothing of the value may reach a log.
                raise SealBroken(f"{table}.{column}") from None
            opened.append(plain.decode())
        return opened

    def _cipher_of(self, sealed: bytes, name: str) -> AESGCM:
        number = sealed_with(sealed)
        cipher = self._ciphers.get(number)
        if cipher is None:
            self._reload_if_changed()
            cipher = self._ciphers.get(number)
        if cipher is None:
            raise UnknownKey(f"key {number} ({name})")
        return cipher

    def with_new_key(self, now: datetime) -> Self:
        """This ring with one more key, which seals from now on; written to the file, so that every process follows."""
        with locked(self._path):
            self._reload()
            number = max(self._keys) + 1
            self._write({**self._keys, number: FieldKey(number, now, os.urandom(_KEY_BYTES))})
        return self

    @property
    def retired_path(self) -> Path:
        """Where keys taken out of use lie until somebody deletes the file."""
        return self._path.with_stem(f"{self._path.stem}-retired")

    def without(self, number: int) -> Self:
        """This ring without a key that no longer seals: what it sealed cannot be read any more.

        The key is set aside, not destroyed: another service's database may turn out to need it, and lost is lost.
        """
        with locked(self._path):
            self._reload()
            if number == self._current:
                raise ValueError("the key that seals cannot go")
            aside = _from_json(self.retired_path.read_bytes()) if self.retired_path.exists() else {}
            replace(self.retired_path, _as_json({**aside, number: self._keys[number]}))
            self._write({n: k for n, k in self._keys.items() if n != number})
        return self

    def _write(self, keys: Mapping[int, FieldKey]) -> None:
        replace(self._path, _as_json(keys))
        self._reload()

    def _look(self) -> None:
        now = self._clock()
        if now - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = now
            self._reload_if_changed()

    def _reload_if_changed(self) -> None:
        if _state_of(self._path) != self._file_state:
            self._reload()

    def _reload(self) -> None:
        # The state first: a change between the two is then noticed at the next look.
        state = _state_of(self._path)
        keys = _from_json(self._path.read_bytes())
        self._keys, self._current, self._file_state = keys, max(keys), state
        self._ciphers = {number: AESGCM(key.secret) for number, key in keys.items()}


def field_keys_path(keys_dir: Path, package: str) -> Path:
    """Where one service's ring lies. Each has its own: none can retire a key that another still needs."""
    return keys_dir / f"field-keys-{package}.json"


def ensure_field_keys(path: Path) -> None:
    """Make the key file with one key if there is none; of several processes at once, one does."""
    if not path.exists():
        first = FieldKey(1, datetime.now(UTC), os.urandom(_KEY_BYTES))
        create_once(path, _as_json({1: first}))


def sealed_with(sealed: bytes) -> int:
    """The number of the key that sealed the value. Raises: SealBroken when it is no sealed value."""
    if len(sealed) < _HEAD.size + _NONCE_BYTES or sealed[0] != _VERSION:
        raise SealBroken("not a sealed value")
    number: int = _HEAD.unpack_from(sealed)[1]
    return number


def _place(head: bytes, table: str, column: str, key: str) -> bytes:
    """What a value is bound to. Names hold no NUL, and the key comes last, so no two places read the same."""
    return head + f"{table}\0{column}\0{key}".encode()


def _state_of(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size


def _as_json(keys: Mapping[int, FieldKey]) -> bytes:
    listed = [
        {"number": k.number, "made_at": k.made_at.isoformat(), "secret": base64.b64encode(k.secret).decode("ascii")}
        for k in keys.values()
    ]
    return json.dumps({"version": _VERSION, "keys": listed}, indent=2).encode()


def _from_json(content: bytes) -> dict[int, FieldKey]:
    try:
        document = json.loads(content)
        if document["version"] != _VERSION:
            raise KeyFileUnusable("its version is not known here")
        keys = [
            FieldKey(
                int(k["number"]), datetime.fromisoformat(k["made_at"]), base64.b64decode(k["secret"], validate=True)
            )
            for k in document["keys"]
        ]
    except (ValueError, KeyError, TypeError):
        raise KeyFileUnusable("it is not a key file") from None
    if not keys or any(len(k.secret) != _KEY_BYTES or k.number < 1 for k in keys):
        raise KeyFileUnusable("it holds no usable key")
    return {k.number: k for k in keys}
