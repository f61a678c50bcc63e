"""What tests, benches and `make up KAFKA=local POSTGRES=local` share: the real engines, started from code.

Nothing here needs a container. `kafka` runs Apache Kafka from its published jars, `postgres` runs the PostgreSQL that
is installed; both can be killed and started again on their data, as faults do.
"""
