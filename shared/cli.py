"""The verbs of every service: `python -m <package> serve|api|relay|consume|migrate|rebuild|dlq|keys`."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Coroutine, Sequence

import structlog
import uvicorn
import uvloop
from sqlalchemy.exc import DBAPIError

from shared.auth.verifiers import verifier_for
from shared.away import is_away
from shared.bus.base import BusUnavailable
from shared.crypto import KeyRing, field_keys_path
from shared.db import Database
from shared.dead_letter_tool import list_dead_letters, replay_dead_letters
from shared.errors import DatabaseUnavailable
from shared.garbage import collect_seldom
from shared.http.server import Server
from shared.key_tool import run_key_tool
from shared.migrations import current_revision, migrate
from shared.service import Parts, Process, Service, SettingsT, open_process
from shared.settings import read_settings
from shared.telemetry.logging import configure_logging
from shared.telemetry.tracing import configure_tracing

log = structlog.get_logger(__name__)

PARTS = {
    "serve": Parts(api=True, relay=True, consume=True),
    "api": Parts(api=True),
    "relay": Parts(relay=True),
    "consume": Parts(consume=True),
}


def run(service: Service[SettingsT], arguments: Sequence[str] | None = None) -> None:
    """Do what the command line asks for. Exits with 0 when it was done, 1 when it failed, 2 when misunderstood."""
    parser = _parser(service)
    asked = parser.parse_args(arguments)
    if asked.verb == "dlq" and asked.offset is not None and asked.topic is None:
        parser.error("--offset needs --topic: every dead letter topic has offsets of its own")
    settings = read_settings(service.settings)
    configure_logging(service.name, settings.log_level)
    if asked.verb in PARTS:
        if settings.database_url.startswith("sqlite"):
            _migrate_apart(service, settings)  # first of all, since a fork takes no thread along
        configure_tracing(service.name, settings)
        sys.exit(_serve(service, settings, PARTS[asked.verb]))
    elif asked.verb == "migrate":
        _do(_migrate(service, settings))
    elif asked.verb == "keys":
        _do(run_key_tool(asked.action, service, settings))
    else:
        _do(_with_process(service, settings, asked))


def _do(verb: Coroutine[None, None, None]) -> None:
    """See a verb through to its end. Exits with 1 and one sentence where an engine is away."""
    try:
        asyncio.run(verb)
    except BusUnavailable:
        sys.exit("the bus (EVENT_BUS_URL) cannot be reached just now; once it can, do this again")
    except (DatabaseUnavailable, DBAPIError) as error:
        if isinstance(error, DatabaseUnavailable) or is_away(error):
            sys.exit("the database (DATABASE_URL) cannot be reached just now; once it can, do this again")
        raise


def _parser(service: Service[SettingsT]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {service.package}", description=service.title)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    verbs.add_parser("serve", help="API, relay and consumer in one process")
    verbs.add_parser("api", help="the API alone")
    verbs.add_parser("relay", help="the relay alone: outbox to bus")
    verbs.add_parser("consume", help="the consumer alone: bus to database")
    verbs.add_parser("migrate", help="bring the database to the newest revision")
    if service.rebuild is not None:
        verbs.add_parser("rebuild", help="build every view anew from the log while the old ones serve, then swap")
    letters = verbs.add_parser("dlq", help="dead letters: records that could not be read or applied")
    letters.add_argument("action", choices=("list", "replay"))
    letters.add_argument("--topic", help="only letters that came from this topic")
    letters.add_argument("--offset", type=int, help="only the letter with this offset of its dead letter topic")
    keys = verbs.add_parser("keys", help="the keys that encrypt fields")
    keys.add_argument("action", choices=("list", "rotate", "retire"))
    return parser


def _serve(service: Service[SettingsT], settings: SettingsT, parts: Parts) -> int:
    """Serve until told to stop; 1 when a part died and the supervisor should start the process anew."""
    ring = KeyRing.from_file(field_keys_path(settings.keys_dir, service.package))
    died = False

    async def serve() -> None:
        process = open_process(service, settings, parts, verifier_for(settings), ring)
        server = Server(
            uvicorn.Config(
                process.app(),
                host=settings.host,
                port=settings.port,
                http="httptools",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # whom a request came from is not asked for, so nobody is to be believed
                # Slow requests get this long to end before they are cut off.
                timeout_graceful_shutdown=5,
            ),
            parent_pid=settings.parent_pid,
        )

        def fail() -> None:
            nonlocal died
            died = True
            server.end()

        process.failed = fail
        await server.serve()
        if not server.started:
            fail()

    collect_seldom()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
    return 1 if died else 0


def _migrate_apart(service: Service[SettingsT], settings: SettingsT) -> None:
    """Migrate an embedded database that needs it, in a fork of this process: Alembic's memory is not kept at rest.

    A program of its own would import the service anew first, which takes longer than all migrations. Ends this process
    with 1 where the database cannot be migrated; the fork has said why, unless it was killed.
    """

    async def migrate_what_is_behind() -> None:
        database = Database(settings.database_url)
        try:
            if await current_revision(database) != service.migrations.head():
                await migrate(database, service.migrations)
                log.info("migrated", revision=await current_revision(database))
        finally:
            await database.close()

    # Whoever started us may have left it ignored: then nobody is told how a child ended.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    fork = os.fork()
    if fork == 0:
        _do(migrate_what_is_behind())
        sys.exit()
    ended = os.waitstatus_to_exitcode(os.waitpid(fork, 0)[1])
    if ended < 0:
        log.error("migration_killed", signal=-ended)
    if ended != 0:
        sys.exit(1)


async def _migrate(service: Service[SettingsT], settings: SettingsT) -> None:
    database = Database(settings.database_url)
    try:
        await migrate(database, service.migrations)
        log.info("migrated", revision=await current_revision(database))
    finally:
        await database.close()


async def _with_process(service: Service[SettingsT], settings: SettingsT, asked: argparse.Namespace) -> None:
    ring = KeyRing.from_file(field_keys_path(settings.keys_dir, service.package))
    process = open_process(service, settings, Parts(), verifier_for(settings), ring)
    try:
        if asked.verb == "dlq":
            await _dead_letters(process, asked)
        elif service.rebuild is not None:
            await service.rebuild(process)
    finally:
        await process.bus.close()
        await process.database.close()


async def _dead_letters(process: Process[SettingsT], asked: argparse.Namespace) -> None:
    topics = [asked.topic] if asked.topic else list(process.service.hears)
    if asked.action == "list":
        await list_dead_letters(process, topics, sys.stdout)
    else:
        await replay_dead_letters(process, topics, asked.offset, sys.stdout)
