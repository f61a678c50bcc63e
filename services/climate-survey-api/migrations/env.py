"""Alembic's entry: the environment is the same for every service."""

from alembic import context

from shared.migrations import run_environment

run_environment(context)
