"""A real PostgreSQL of one's own, run from the installed binaries on a free port of 127.0.0.1."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from shared.testing.engine import EngineFailed, EngineMissing, EngineProcess, as_account, free_port

_SUPERUSER = "rapport"
_START_PATIENCE_SECONDS = 60.0
_START_ATTEMPTS = 5
_UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer:
    """One server with its data in `folder`; start it again on the same folder and it has what it had.

    PostgreSQL refuses to run as root, so for root it runs as the account `postgres` (else `nobody`), which must be able
    to reach the folder. The password of its only user, a superuser, is made with the data and kept beside it.
    """

    def __init__(self, folder: Path, *, port: int | None = None, fast: bool = False) -> None:
        """`fast` gives up durability: for data that nobody will miss after a power cut."""
        self.port = port or free_port()
        self.folder = folder.absolute()
        self._data = self.folder / "data"
        self._password_file = self.folder / "password"
        self._settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",  # a socket's path may not exceed 107 characters; the folder's may
            "max_connections": "200",
            "shared_buffers": "256MB",
            "logging_collector": "off",
            **(_UNSAFE_BUT_FAST if fast else {}),
        }
        self._process = EngineProcess(
            "PostgreSQL",
            log=self.folder / "postgres.log",
            stop_signal=signal.SIGINT,  # "fast" in PostgreSQL's words: clients are cut off, data is flushed
            patience_seconds=_START_PATIENCE_SECONDS,
        )

    @property
    def url(self) -> str:
        """The server without a database, as postgresql://user:password@host:port. Raises: OSError before the start."""
        password = self._password_file.read_text(encoding="utf-8")
        return f"postgresql://{_SUPERUSER}:{password}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The postmaster's process. Raises: EngineFailed when it does not run."""
        return self._process.pid

    def start(self) -> None:
        """Come up, with a new cluster when the folder has none, and return when connections are taken.

        Raises: EngineMissing without binaries or an account to run as; EngineFailed when the server does not come up.
        """
        binaries = _binaries()
        account = _account()
        self.folder.mkdir(parents=True, exist_ok=True)
        if account is not None:
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        if not (self._data / "PG_VERSION").exists():
            self._initialise(binaries, account)
        settings = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(binaries / "postgres"), "-D", str(self._data), *settings]
        for attempt in range(_START_ATTEMPTS):
            try:
                self._process.start(command, answers=lambda: self._answers(binaries), account=account)
            except EngineFailed:
                # After a kill the old server's children may still hold the shared memory for a moment.
                if attempt == _START_ATTEMPTS - 1:
                    raise
            else:
                return

    def wait(self, timeout_seconds: float) -> bool:
        """Whether the server has ended, at the latest after the time-out."""
        return self._process.wait(timeout_seconds)

    def stop(self) -> None:
        """End in order, all data flushed, clients cut off. Nothing happens when it does not run."""
        self._process.stop()

    def kill(self) -> None:
        """End at once (`kill -9`)."""
        self._process.kill()

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL. Raises: EngineFailed when it exists."""
        self._administer(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return f"{self.url}/{name}"

    def drop_database(self, name: str) -> None:
        """Remove a database, with whoever is connected to it. Raises: EngineFailed when there is none."""
        self._administer(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _initialise(self, binaries: Path, account: pwd.struct_passwd | None) -> None:
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        if account is not None:
            os.chown(self._password_file, account.pw_uid, account.pw_gid)
        run = subprocess.run(
            [
                *as_account(account),
                *(str(binaries / "initdb"), "-D", str(self._data), "-U", _SUPERUSER, "--encoding=UTF8"),
                *("--locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={self._password_file}", "--no-sync"),
            ],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise EngineFailed(f"PostgreSQL's cluster could not be made in {self._data}:\n{run.stdout}{run.stderr}")

    def _answers(self, binaries: Path) -> bool:
        ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port), "-t", "2"]
        return subprocess.run(ready, stdin=subprocess.DEVNULL, check=False).returncode == 0

    def _administer(self, statement: str, database: str = "postgres") -> None:
        run = subprocess.run(
            [str(_binaries() / "psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, f"{self.url}/{database}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise EngineFailed(run.stderr.strip())


def dump(url: str, *options: str) -> str:
    """What makes a database's tables and rows anew in an empty one of the same server; `options` are pg_dump's.

    Raises: EngineFailed.
    """
    told = [str(_binaries() / "pg_dump"), "--inserts", *options, url]
    run = subprocess.run(told, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise EngineFailed(run.stderr.strip())
    # Lines that begin with a backslash are for psql alone.
    return "\n".join(line for line in run.stdout.splitlines() if not line.startswith("\\"))


def can_hold_data(folder: Path) -> bool:
    """Whether the account that the server would run as can reach the folder, which may not exist yet.

    Raises: EngineMissing without an account to run as.
    """
    account = _account()
    nearest = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    look = [*as_account(account), "test", "-x", str(nearest)]
    return account is None or subprocess.run(look, cwd="/", check=False).returncode == 0


@contextlib.contextmanager
def postgres_server(*, fast: bool = True) -> Iterator[PostgresServer]:
    """A started server in a temporary folder, both gone afterwards. Raises: EngineMissing, EngineFailed."""
    # Not a test's own folder: pytest closes those to the account that the server runs as for root.
    folder = Path(tempfile.mkdtemp(prefix="rapport-postgres-"))
    server = PostgresServer(folder, fast=fast)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    """The folder with `initdb` and `postgres`; Debian keeps it off the PATH, one folder per version."""
    on_path = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: p.parent.name.zfill(4), reverse=True)
    for folder in [*([Path(on_path).resolve().parent] if on_path else []), *_configured_folder(), *versions]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise EngineMissing("no PostgreSQL server binaries: neither `initdb` on the PATH nor /usr/lib/postgresql/*/bin")


def _configured_folder() -> Sequence[Path]:
    pg_config = shutil.which("pg_config")
    if pg_config is None:
        return ()
    told = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
    return (Path(told.stdout.strip()),) if told.returncode == 0 else ()


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as when we are root; None when it can run as we are."""
    if os.geteuid() != 0:
        return None
    if shutil.which("setpriv") is None:
        raise EngineMissing("PostgreSQL does not run as root, and there is no `setpriv` to run it as somebody else")
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EngineMissing("PostgreSQL does not run as root, and there is no account `postgres` or `nobody`")
