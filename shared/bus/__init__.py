"""The bus: one port (`base`), Apache Kafka (`kafka`) and an append-only SQLite log (`local`) behind it."""
