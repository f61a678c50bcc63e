"""The keys that districts sign with, their credentials, and the lists that say which of these are revoked."""

import sqlalchemy as sa
from alembic import op

from shared.db import UtcDateTime
from shared.migrations import protect

revision = "20261126_04"
down_revision = "20261126_03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Three tables."""
    op.create_table(
        "credential_keys",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("private_key", sa.LargeBinary()),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "number", name="pk_credential_keys"),
        sa.UniqueConstraint("district_id", "key_id", name="uq_credential_keys_district_id_key_id"),
    )
    op.create_table(
        "status_lists",
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status_list_id", sa.Uuid(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("district_id", "number", name="pk_status_lists"),
        sa.UniqueConstraint("status_list_id", name="uq_status_lists_status_list_id"),
    )
    op.create_table(
        "credentials",
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("district_id", sa.Text(), nullable=False),
        sa.Column("completion_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Text(), nullable=False),
        sa.Column("status_list_id", sa.Uuid(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("valid_from_on", sa.Date(), nullable=False),
        sa.Column("valid_to_on", sa.Date()),
        sa.Column("jwt", sa.Text(), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime()),
        sa.PrimaryKeyConstraint("credential_id", name="pk_credentials"),
        sa.UniqueConstraint("status_list_id", "status_index", name="uq_credentials_status_list_id_status_index"),
    )
    holds, is_revoked = sa.text("revoked_at IS NULL"), sa.text("revoked_at IS NOT NULL")
    op.create_index(
        "uq_credentials_that_hold",
        "credentials",
        ["district_id", "completion_id"],
        unique=True,
        postgresql_where=holds,
        sqlite_where=holds,
    )
    op.create_index(
        "ix_credentials_revoked",
        "credentials",
        ["status_list_id", "status_index"],
        postgresql_where=is_revoked,
        sqlite_where=is_revoked,
    )
    for table in ("credential_keys", "status_lists", "credentials"):
        protect(op, table)
