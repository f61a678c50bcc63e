"""Migrations: one Alembic environment per service, what every service's tables share, and who may see which rows.

Alembic is imported only while migrating: a resting service does not pay for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, text

from shared.db import Database, UtcDateTime

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_CREATE_ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'rapport_app')
     AND (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
    CREATE ROLE rapport_app NOLOGIN;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
_GRANT = """
DO $$ BEGIN
  IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'rapport_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO rapport_app;
  END IF;
END $$
"""
OWN_DISTRICT = (
    "district_id = current_setting('rapport.district_id', true) OR current_setting('rapport.district_id', true) = '*'"
)


@dataclass(frozen=True, slots=True)
class Migrations:
    """A service's migrations: their folder, and the tables they must end up with."""

    folder: Path
    metadatas: Sequence[MetaData]

    def head(self) -> str:
        """The newest revision: each file's name begins with its revision, and revisions sort by date."""
        newest = max(p.name for p in (self.folder / "versions").glob("2*.py"))
        return "_".join(newest.removesuffix(".py").split("_")[:2])


async def current_revision(database: Database) -> str | None:
    """The revision a database is at; None when it was never migrated. Raises: DatabaseUnavailable."""
    async with database.read("*") as session:
        if database.dialect == "sqlite":
            known = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
        else:
            known = "SELECT 1 FROM pg_tables WHERE tablename = 'alembic_version' AND schemaname = current_schema()"
        if (await session.execute(text(known))).first() is None:
            return None
        found = (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar()
        return str(found) if found else None


async def migrate(database: Database, migrations: Migrations) -> None:
    """Bring a database to the newest revision, in one transaction, while nobody else migrates it."""
    from alembic import command
    from alembic.config import Config

    def upgrade(connection: "Connection") -> None:
        config = Config()
        config.set_main_option("script_location", str(migrations.folder))
        config.attributes.update(connection=connection, metadatas=migrations.metadatas)
        command.upgrade(config, "head")

    async with database.write("*") as session:
        if database.dialect == "postgresql":
            await session.execute(text("SELECT pg_advisory_xact_lock(7215031)"))
        await session.run_sync(upgrade)


def run_environment(context: Any) -> None:
    """The body of every service's `env.py`: migrate on the connection that `migrate` handed in."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=list(attributes["metadatas"]),
        render_as_batch=attributes["connection"].dialect.name == "sqlite",
        transactional_ddl=True,  # and never begun: the transaction around it is ours
        compare_type=True,
    )
    context.run_migrations()


def protect(op: Any, table: str, using: str = OWN_DISTRICT) -> None:
    """Row-level security on PostgreSQL: a district's transaction sees and writes only the rows that `using` allows."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_district ON {table} USING ({using}) WITH CHECK ({using})")
    grant(op, table)


def grant(op: Any, table: str) -> None:
    """Let district transactions use a table (PostgreSQL)."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_GRANT.format(table=table))


def create_plumbing_20261122(op: Any, sa: Any) -> None:
    """The tables that every service has, as they were on that day; a later change is a later function."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_CREATE_ROLE)
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "outbox",
        sa.Column("seq", big, sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary()),
        sa.Column("value", sa.LargeBinary()),
        sa.Column("headers", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_inbox"),
    )
    op.create_table(
        "consumer_offsets",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("consumer", "topic", "partition", name="pk_consumer_offsets"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("sub", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "sub", "key", name="pk_idempotency_keys"),
    )
    op.create_index("ix_idempotency_keys_stored_at", "idempotency_keys", ["stored_at"])
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    for table in ("outbox", "inbox", "consumer_offsets", "leases"):
        grant(op, table)
    protect(op, "idempotency_keys")
    if op.get_bind().dialect.name == "postgresql":
        # Rows live for milliseconds: without this, vacuum waits for a fifth of the table to be dead.
        op.execute("ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)")
