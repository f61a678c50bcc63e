"""Hand over to supervisord: what it shall run, and a start of it that takes SIGHUP for an end.

supervisord starts again what ends: at once when it had been up for a while, after 1 s, 2 s, 3 s ... when it never came
up, without giving up. It listens nowhere; signals are all it hears.
"""

import os
import shlex
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

from scripts.suite.layout import SERVICES, Layout, program

_HEAD = """
[supervisord]
nodaemon=true
silent=true
logfile={log}
logfile_maxbytes=5MB
logfile_backups=1
pidfile={pid}
directory={here}
"""
# startretries: supervisord gives up after so many starts in a row that came to nothing, and there is no "never".
_PROGRAM = """
[program:{name}]
command={command}
environment={environment}
priority={priority}
autorestart=true
startsecs=3
startretries=1000000
stopsignal=TERM
stopwaitsecs=8
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=2
"""
_ENGINES_FIRST = 10  # lower starts earlier and stops later
_SERVICES_NEXT = 20


def write_configuration(layout: Layout) -> Path:
    """The supervisor's configuration for a suite, readable by its owner alone: it holds the databases' password."""
    # The supervisor is going to be this very process.
    parent = {"PARENT_PID": str(os.getpid())}
    head = _HEAD.format(log=layout.supervisor_log, pid=layout.supervisor_pid, here=Path.cwd()).replace("%", "%%")
    parts = [head + ("user=root\n" if os.geteuid() == 0 else "")]
    broker, server = layout.local_kafka(), layout.local_postgres()
    if broker is not None:
        places = ("--port", str(broker.port), "--controller-port", str(broker.controller_port))
        command = program("scripts.kafka_broker", *places, "--data", str(broker.folder))
        parts.append(_program(layout, "kafka", command, parent, _ENGINES_FIRST))
    if server is not None:
        command = program("scripts.postgres_server", "--port", str(server.port), "--data", str(server.folder))
        parts.append(_program(layout, "postgresql", command, parent, _ENGINES_FIRST))
    for service in SERVICES:
        environment = layout.environment(service) | parent
        parts.append(_program(layout, service.name, program(service.package, "serve"), environment, _SERVICES_NEXT))
    file = layout.supervisor_configuration
    file.unlink(missing_ok=True)
    with open(os.open(file, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
        opened.write("".join(parts))
    return file


def _program(layout: Layout, name: str, command: list[str], environment: dict[str, str], priority: int) -> str:
    return _PROGRAM.format(
        name=name,
        command=shlex.join(command),
        environment=",".join(f'{key}="{value}"' for key, value in environment.items()),
        priority=priority,
        log=layout.logs / f"{name}.log",
    ).replace("%", "%%")


def become_supervisor(configuration: Path) -> NoReturn:
    """Replace this process; its number stays, so that children know their parent by it."""
    os.umask(0o077)  # logs and data are their owner's alone
    command = program("scripts.suite.supervision", str(configuration))
    os.execv(command[0], command)


def _supervise(configuration: str) -> None:
    """Run supervisord. Its own answer to SIGHUP is a restart, but to a person whose terminal closed it is the end."""
    from supervisor.options import ServerOptions
    from supervisor.supervisord import go

    class Options(ServerOptions):  # type: ignore[misc]  # the library has no types
        def setsignals(self) -> None:
            super().setsignals()
            signal.signal(signal.SIGHUP, self._end)

        def _end(self, _number: int, frame: FrameType | None) -> None:
            self.signal_receiver.receive(signal.SIGTERM, frame)

    options = Options()
    options.realize(["-n", "-c", configuration])
    wait = options.poller.poll

    def look_at_once(_timeout: float) -> object:
        options.poller.poll = wait
        return wait(0)

    options.poller.poll = look_at_once  # else it waits a second before it starts anything
    options.first = True
    options.test = False
    go(options)
    options.close_logger()


if __name__ == "__main__":
    _supervise(sys.argv[1])
