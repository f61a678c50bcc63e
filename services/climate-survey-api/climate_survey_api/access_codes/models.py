"""The tables of `access_codes`: batches that were made, codes as digests, and the pepper these are keyed with."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, Uuid, text

from climate_survey_api.base import metadata
from shared.db import UtcDateTime

LIVE = text("NOT is_voided")
"""As an index says it: either database uses that for a query that says it in the same words."""
_OF_SOMEBODY = text("recipient_digest IS NOT NULL AND NOT is_voided")

code_batches = Table(
    "code_batches",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("batch_id", Uuid, primary_key=True),
    Column("administration_id", Uuid, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("respondent_group", Text, nullable=False),
    Column("made", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", Text, nullable=False),
    # When; not how many were left: of a batch of one that would tell who had answered.
    Column("voided_at", UtcDateTime),
    Index("ix_code_batches_of_administration", "district_id", "administration_id", "made_at", "batch_id"),
)

code_requests = Table(
    "code_requests",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("made_by", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("batch_id", Uuid, nullable=False),
)
"""Which batch was made under a caller's key. The answer itself is remembered nowhere: it held the codes."""

access_codes = Table(
    "access_codes",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("administration_id", Uuid, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("respondent_group", Text, nullable=False),
    Column("batch_id", Uuid, nullable=False),
    Column("is_used", Boolean, nullable=False),
    Column("is_voided", Boolean, nullable=False),
    # Both are of confidential surveys alone. The digest, keyed like that of a code, keeps anybody from having two.
    Column("recipient", LargeBinary, info={"sealed": True}),
    Column("recipient_digest", LargeBinary),
    # What is counted stands in the index as a whole, so that counting half a million codes opens no row.
    Index(
        "ix_access_codes_of_unit",
        "district_id",
        "administration_id",
        "school_id",
        "respondent_group",
        "is_used",
        "is_voided",
    ),
    Index(
        "uq_access_codes_of_recipient",
        "recipient_digest",
        unique=True,
        postgresql_where=_OF_SOMEBODY,
        sqlite_where=_OF_SOMEBODY,
    ),
)
"""A code itself stands nowhere. Rows hold no instant and no running number: nothing tells which was made first."""

code_pepper = Table(
    "code_pepper",
    metadata,
    # One row: a digest is looked up before anybody knows whose district it belongs to.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("secret", LargeBinary, nullable=False, info={"sealed": True}),
)
"""What digests are keyed with. Without it no digest can be tried out, however few codes there are."""
