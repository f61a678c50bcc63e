"""From `EVENT_BUS_URL` to a bus."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from shared.bus.base import Bus


def connect(url: str, *, client_id: str) -> Bus:
    """The bus that the URL names; nothing is opened before its first use.

    `kafka://host:port[,host:port]` is Apache Kafka; `?session_seconds=10` sets after how long a silent reader
    is taken for dead. `sqlite:////absolute/path.db` (or `sqlite:///relative/path.db`) is the embedded bus.
    `client_id` names this process in the broker's logs.

    Raises: ValueError for any other URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1:
        from shared.bus.local import LocalBus

        return LocalBus(Path(parts.path[1:]))
    if parts.scheme == "kafka" and parts.netloc:
        # Here and not above: the client takes 5 MB, and an embedded service is to rest under 90.
        from shared.bus.kafka import KafkaBus

        session = parse_qs(parts.query).get("session_seconds", ["10"])[-1]
        return KafkaBus(
            parts.netloc.split(","),
            client_id=client_id,
            session=timedelta(seconds=float(session)),
        )
    raise ValueError("EVENT_BUS_URL is kafka://host:port[,host:port] or sqlite:////path/of/bus.db")
