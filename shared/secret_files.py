"""Files that hold keys: readable by their owner only, never half written, and never made twice by two processes."""

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def create_once(path: Path, content: bytes) -> bool:
    """Write the file unless it is there; whether this call wrote it. Of several processes at once exactly one does."""
    return _write(path, content, replaces=False)


def replace(path: Path, content: bytes) -> None:
    """Write the file over what is there; a reader sees the old or the new content, never a mixture."""
    _write(path, content, replaces=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out while a file is read, changed and replaced. The lock lies beside it."""
    with path.with_suffix(".lock").open("a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, content: bytes, *, replaces: bool) -> bool:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # In the same folder, since a rename or a link cannot leave its file system; mkstemp gives mode 0600.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if replaces:
            Path(name).replace(path)
        else:
            os.link(name, path)  # unlike a rename, it fails when somebody else was first
    except FileExistsError:
        return False
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
    _settle(path.parent)
    return True


def _settle(folder: Path) -> None:
    """Make the new name survive a power cut: a key that was used must be there afterwards."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
