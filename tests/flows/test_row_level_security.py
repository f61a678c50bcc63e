"""On PostgreSQL every table that holds a district's rows hides them from every other district."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import text

from shared.db import EVERY_DISTRICT
from tests.flows.suite import suite

# None tells of anybody: events and offsets of all districts, who leads, how changes are numbered, and a sealed secret.
OF_NO_DISTRICT = {"outbox", "inbox", "consumer_offsets", "leases", "alembic_version"}
BESIDES = {"referral-api": {"change_clock", "change_eras"}, "climate-survey-api": {"code_pepper"}}

_PROTECTED = """
SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity
    AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polwithcheck IS NOT NULL AND p.polcmd = '*')
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
"""


async def test_every_table_of_every_service_is_protected_or_known_to_be_of_no_district(
    new_postgresql_url: Callable[[], str], tmp_path: Path
) -> None:
    async with suite(tmp_path, new_postgresql_url) as services:
        for name, made in services.services.items():
            service, besides = made.process.service, BESIDES.get(name, set())
            async with made.process.database.read(EVERY_DISTRICT) as session:
                protected = {name: bool(is_so) for name, is_so in await session.execute(text(_PROTECTED))}
            declared = {table.name for metadata in service.migrations.metadatas for table in metadata.sorted_tables}
            assert declared <= protected.keys()
            assert {name for name, is_so in protected.items() if not is_so} == OF_NO_DISTRICT | besides


async def test_a_district_sees_none_of_anothers_rows_even_without_a_condition(
    new_postgresql_url: Callable[[], str], tmp_path: Path
) -> None:
    async with suite(tmp_path, new_postgresql_url) as services:
        database = services.referral_api.process.database
        for district, n in (("demo", 3), ("elsewhere", 3), ("nowhere", 0)):
            async with database.read(district) as session:
                rows = (await session.execute(text("SELECT district_id FROM students"))).scalars().all()
            assert list(rows) == [district] * n
