"""Alembic's entry: `shared.migrations` hands the connection and the tables in."""

from alembic import context

from shared.migrations import run_environment

run_environment(context)
