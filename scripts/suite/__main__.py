"""Start, load, stop or mend a suite: python -m scripts.suite --home var --base 8000 [--kafka ...] [--postgres ...]."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from scripts.suite.announcer import fork_announcer, is_running, say
from scripts.suite.layout import SERVICES, Layout, program
from scripts.suite.preparation import CannotStart, claim, ensure_ports_free, is_claimed, prepare
from scripts.suite.remembered import remember, started_before, with_engines_of_before
from scripts.suite.supervision import become_supervisor, write_configuration

_STOP_PATIENCE_SECONDS = 30.0
_LAST_BASE = 65_500
"""The suite's engines and services take the ports behind it."""


def main() -> int:
    """Do what the command line asks for; a start does not come back, because the supervisor takes this process."""
    parser = _parser()
    asked = parser.parse_args()
    if not 1 <= asked.base <= _LAST_BASE:
        parser.error(f"--base (PORT_BASE) must be a port from 1 to {_LAST_BASE}")
    layout = Layout(home=Path(asked.home).absolute(), base=asked.base, kafka=asked.kafka, postgres=asked.postgres)
    if asked.down:
        return _stop(layout)
    loader = _loader(asked) if asked.demo else None
    try:
        if asked.run is not None:
            return _run(started_before(layout), *asked.run)
        if loader is not None and is_running(layout):
            say(f"a suite runs on port {layout.base} already: only loading")
            os.execv(loader[0], loader)  # so that Ctrl-C is the loader's own business
        lock = claim(layout)
        if asked.migrate:
            prepare(with_engines_of_before(layout), embedded_too=True)
            return 0
        ensure_ports_free(layout)
        say(f"starting {', '.join(s.name for s in SERVICES)}; logs in {layout.logs}; Ctrl-C stops everything")
        prepare(layout)
        remember(layout)
        configuration = write_configuration(layout)
        fork_announcer(layout, loader)  # it keeps the lock, which ours closes with
        lock.close()
        become_supervisor(configuration)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.suite", description=__doc__)
    parser.add_argument("--home", default="var", help="the folder of data, keys and logs")
    parser.add_argument("--base", type=int, default=8000, help="services listen on base + 1 to base + 5")
    parser.add_argument("--kafka", help="host:port of a broker, or local (default: the embedded bus)")
    parser.add_argument("--postgres", help="postgresql://user:password@host:port, or local (default: SQLite)")
    parser.add_argument("--demo", action="store_true", help="load a synthetic district when all is ready")
    parser.add_argument("--size", choices=("small", "large"), help="how large a district --demo loads")
    parser.add_argument("--seed", help="which district --demo makes up")
    parser.add_argument("--district", help="the id under which --demo loads it")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--down", action="store_true", help="stop the suite of this home instead")
    other.add_argument("--migrate", action="store_true", help="bring the databases to the newest revision instead")
    other.add_argument(
        "--run", nargs=argparse.REMAINDER, metavar="WORD", help="run a verb of a service instead: reporting rebuild"
    )
    return parser


def _loader(asked: argparse.Namespace) -> list[str]:
    words = ("size", "seed", "district")
    options = [word for name in words if (value := getattr(asked, name)) for word in (f"--{name}", value)]
    return program("demo", "--base", str(asked.base), "--home", str(asked.home), *options)


def _run(layout: Layout, name: str = "", *verb: str) -> int:
    services = {s.name: s for s in SERVICES}
    service = services.get(name.replace("_", "-"))
    if service is None:
        raise CannotStart(
            f"RUN names a service and its verb: there is no {name or 'name'}; there are {', '.join(services)}"
        )
    environment = os.environ | layout.environment(service)
    return subprocess.run(program(service.package, *verb), env=environment, check=False).returncode


def _stop(layout: Layout) -> int:
    try:
        supervisor = int(layout.supervisor_pid.read_text(encoding="utf-8"))
        os.kill(supervisor, signal.SIGTERM)
    except (OSError, ValueError):
        say(f"no suite runs on {layout.home}")
        return 0
    deadline = time.monotonic() + _STOP_PATIENCE_SECONDS
    # The supervisor removes its file as the last thing it does; who told the terminal of it ends a moment later.
    while layout.supervisor_pid.exists() or is_claimed(layout):
        if time.monotonic() > deadline:
            print(f"the supervisor (process {supervisor}) does not end", file=sys.stderr)
            return 1
        time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
