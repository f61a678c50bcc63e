"""Run a real PostgreSQL until stopped: python -m scripts.postgres_server --port 15432 --data DIR."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from scripts.engine_program import serve_until_stopped
from shared.testing.postgres import PostgresServer


def main() -> int:
    """Start the server, say where it is, stop it on Ctrl-C, SIGTERM or the death of PARENT_PID."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, help="where clients connect on 127.0.0.1 (default: a free one)")
    parser.add_argument("--data", type=Path, help="where its data stays (default: temporary, gone at the end)")
    parser.add_argument("--fast", action="store_true", help="no fsync: quick, and gone after a power cut")
    arguments = parser.parse_args()
    folder = arguments.data or Path(tempfile.mkdtemp(prefix="rapport-postgres-"))
    server = PostgresServer(folder, port=arguments.port, fast=arguments.fast)
    try:
        return serve_until_stopped(server, lambda: f"PostgreSQL is ready at {server.url}")
    finally:
        if arguments.data is None:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
