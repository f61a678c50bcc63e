"""The table of `comments`. It knows no time but a review's day, and no order."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, Table, Text, Uuid

from climate_survey_api.base import metadata

comments = Table(
    "comments",
    metadata,
    # By chance, never by time: the order of ids is the order in which comments are shown.
    Column("comment_id", Uuid, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("administration_id", Uuid, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("respondent_group", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("written", LargeBinary, nullable=False, info={"sealed": True}),
    Column("is_suppressed", Boolean, nullable=False),  # too few wrote: decided by the count, for good
    Column("status", Text, nullable=False),
    Column("redacted", LargeBinary, info={"sealed": True}),  # what is shown instead; null: what was written
    Column("note", LargeBinary, info={"sealed": True}),
    Column("reviewed_by", Text),
    Column("reviewed_on", Date),
    Column("version", Integer, nullable=False),
    Index("ix_comments_of_survey", "district_id", "administration_id", "comment_id"),
    sqlite_with_rowid=False,
)
"""One row per comment, with nothing that leads to the other answers of whoever wrote it."""
