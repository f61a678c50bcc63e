"""Run a real single-node Apache Kafka until stopped: python -m scripts.kafka_broker --port 19092 --data DIR."""

import argparse
import sys
import tempfile
from pathlib import Path

from scripts.engine_program import serve_until_stopped
from shared.testing.kafka import KafkaBroker


def main() -> int:
    """Start the broker, say where it is, stop it on Ctrl-C, SIGTERM or the death of PARENT_PID."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, help="where clients connect on 127.0.0.1 (default: a free one)")
    parser.add_argument("--controller-port", type=int, help="where it talks to itself (default: a free one)")
    parser.add_argument("--data", type=Path, help="where its data stays (default: temporary, gone at the end)")
    parser.add_argument("--heap-mb", type=int, default=384)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rapport-kafka-", ignore_cleanup_errors=True) as temporary:
        broker = KafkaBroker(
            arguments.data or Path(temporary),
            port=arguments.port,
            controller_port=arguments.controller_port,
            heap_mb=arguments.heap_mb,
        )
        return serve_until_stopped(broker, lambda: f"Kafka is ready at {broker.address}")


if __name__ == "__main__":
    sys.exit(main())
