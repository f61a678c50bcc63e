"""The tables of `administrations`: the plan and where it stands, whom it asks, and what parents decided."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, LargeBinary, Table, Text, Uuid

from climate_survey_api.base import metadata
from shared.db import UtcDateTime

administrations = Table(
    "administrations",
    metadata,
    # Alone: a form is found by it before anybody knows the district.
    Column("administration_id", Uuid, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("instrument_id", Text, nullable=False),
    Column("instrument_version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("opens_at", UtcDateTime, nullable=False),
    Column("closes_at", UtcDateTime, nullable=False),
    Column("mode", Text, nullable=False),
    Column("languages", Text, nullable=False),  # JSON, in the order in which they are offered
    Column("facets", Text, nullable=False),  # JSON, likewise
    Column("free_text", Boolean, nullable=False),
    Column("ppra", Text),  # JSON; null: nothing was said
    Column("consent_mode", Text, nullable=False),  # what the items ask for; they never change
    Column("units_id", Uuid, nullable=False),  # new whenever the units are
    Column("has_codes", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("opened_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("counted_at", UtcDateTime),
    Column("progress_through", Date),  # the last day whose end was told of; null before it opens
    Column("choices_key", LargeBinary, info={"sealed": True}),  # of the digests below; destroyed when it closes
    Column("made_from", LargeBinary, nullable=False),  # SHA-256 of the plan as it was first sent
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", Text, nullable=False),
    Index("ix_administrations_newest", "district_id", "opens_at", "administration_id"),
    Index("ix_administrations_to_move", "status", "opens_at"),
)
"""One row per administration: locked by whoever opens, closes or changes it, and shared by those who answer."""

administration_units = Table(
    "administration_units",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("administration_id", Uuid, primary_key=True),
    Column("school_id", Text, primary_key=True),
    Column("respondent_group", Text, primary_key=True),
    Column("invited", Integer, nullable=False),
    Column("school_name", Text),
    Column("frame", Text, nullable=False),  # JSON: {facet: {value: people}}
    Column("announced_used", Integer, nullable=False),  # of the codes, by the end of the last day told of
)
"""One row per school and group asked."""

parental_choices = Table(
    "parental_choices",
    metadata,
    Column("district_id", Text, primary_key=True),
    Column("administration_id", Uuid, primary_key=True),
    Column("student_digest", LargeBinary, primary_key=True),
    Column("school_id", Text, nullable=False),
    Column("choice", Text, nullable=False),
)
"""What parents decided, one row per student, who stands there as a keyed digest: the list cannot be read."""

destroyed_keys = Table(
    "destroyed_keys",
    metadata,
    Column("note_id", Uuid, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("held_in", Text, nullable=False),
    Column("not_before", UtcDateTime),  # null: nobody was in the way yet
)
"""One row per key that was destroyed and still lies in the database's files, struck out when it is wiped."""
