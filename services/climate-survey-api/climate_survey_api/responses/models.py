"""The tables of `responses`: ballots nobody can open without the key beside them, and that key, sealed itself."""

from sqlalchemy import Column, LargeBinary, Table, Text, Uuid

from climate_survey_api.base import metadata

ballots = Table(
    "ballots",
    metadata,
    # A random id, and nothing else by which ballots could be put in order: no time, no number, on SQLite no rowid.
    Column("administration_id", Uuid, primary_key=True),
    Column("ballot_id", Uuid, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("school_id", Text, nullable=False),
    Column("respondent_group", Text, nullable=False),
    # Under the administration's ballot key, not under the ring: it is destroyed with that key.
    Column("sealed", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

ballot_keys = Table(
    "ballot_keys",
    metadata,
    # Its row is gone once the ballots are counted.
    Column("administration_id", Uuid, primary_key=True),
    Column("district_id", Text, nullable=False),
    Column("key", LargeBinary, nullable=False, info={"sealed": True}),
)
