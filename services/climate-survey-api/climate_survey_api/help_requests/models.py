"""The table of `help_requests`: no code, no answer, no survey, no address, and of the asking only its day."""

from sqlalchemy import Column, Date, Index, Integer, LargeBinary, Table, Text, Uuid

from climate_survey_api.base import metadata
from shared.db import UtcDateTime

help_requests = Table(
    "help_requests",
    metadata,
    # By chance: an id that sorts by time would tell the minute.
    Column("help_request_id", Uuid, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("contact", LargeBinary, nullable=False, info={"sealed": True}),
    Column("message", LargeBinary, info={"sealed": True}),
    Column("language", Text),
    Column("requested_on", Date, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_by", Text),
    Column("opened_at", UtcDateTime),
    Column("taken_up_by", Text),
    Column("taken_up_at", UtcDateTime),
    Column("closed_by", Text),
    Column("closed_at", UtcDateTime),
    Column("outcome", Text),
    Column("note", LargeBinary, info={"sealed": True}),
    Column("version", Integer, nullable=False),
    Index("ix_help_requests_oldest", "district_id", "requested_on", "help_request_id"),
    sqlite_with_rowid=False,  # a running number would tell who asked first
)
"""One row per request; none is removed before it has been closed for as long as the operator keeps words."""
