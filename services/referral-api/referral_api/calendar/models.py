"""The district's calendar as it is stored."""

from sqlalchemy import Column, Integer, Table, Text

from referral_api.base import metadata
from shared.db import UtcDateTime

calendars = Table(
    "calendars",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("calendar", Text, nullable=False),  # JSON, the body of `PUT /v1/calendar`
    Column("version", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
