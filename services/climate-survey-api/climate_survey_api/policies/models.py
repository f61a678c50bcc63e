"""The tables of `policies`: one row that is locked, and a history of every change."""

from sqlalchemy import Column, Integer, Table, Text

from climate_survey_api.base import metadata
from shared.db import UtcDateTime

survey_policies = Table(
    "survey_policies",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("version", Integer, nullable=False),
)
"""Every district that has set its rules, once."""

survey_policy_versions = Table(
    "survey_policy_versions",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("policy", Text, nullable=False),  # JSON, the body of `PUT /v1/survey-policy`
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("recorded_by", Text, nullable=False),
)
"""The whole policy after each change. Rows are added, never changed."""
