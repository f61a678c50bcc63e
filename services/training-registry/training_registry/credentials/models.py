"""The tables of `credentials`: the districts' keys, the lists that say what is revoked, and the credentials."""

from sqlalchemy import Column, Date, Index, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid, text

from shared.db import UtcDateTime
from training_registry.base import metadata

credential_keys = Table(
    "credential_keys",
    metadata,
    # The highest number signs: two who make the same number at once make one key.
    Column("district_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    # Gone once another key signs: what is not kept cannot be stolen.
    Column("private_key", LargeBinary, info={"sealed": True}),
    Column("made_at", UtcDateTime, nullable=False),
    UniqueConstraint("district_id", "key_id"),
)

status_lists = Table(
    "status_lists",
    metadata,
    # Places are given out of the list with the highest number.
    Column("district_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("status_list_id", Uuid, nullable=False, unique=True),
    Column("taken", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("credential_id", Uuid, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("completion_id", Uuid, nullable=False),
    Column("officer_id", Text, nullable=False),
    Column("status_list_id", Uuid, nullable=False),
    Column("status_index", Integer, nullable=False),
    Column("valid_from_on", Date, nullable=False),
    Column("valid_to_on", Date),
    Column("jwt", Text, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
    UniqueConstraint("status_list_id", "status_index"),
    Index(
        "uq_credentials_that_hold",
        "district_id",
        "completion_id",
        unique=True,
        postgresql_where=text("revoked_at IS NULL"),
        sqlite_where=text("revoked_at IS NULL"),
    ),
    # What makes a list need not look at the many that hold.
    Index(
        "ix_credentials_revoked",
        "status_list_id",
        "status_index",
        postgresql_where=text("revoked_at IS NOT NULL"),
        sqlite_where=text("revoked_at IS NOT NULL"),
    ),
)
