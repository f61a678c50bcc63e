"""The bus on Apache Kafka. Only this package imports the Kafka client."""

from shared.bus.kafka.bus import KafkaBus

__all__ = ["KafkaBus"]
