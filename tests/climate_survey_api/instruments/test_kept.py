"""Versions that were read are kept, so many and no more, and each database has its own."""

from pathlib import Path

import pytest

from climate_survey_api.instruments.errors import InstrumentNotFound
from climate_survey_api.instruments.kept import Kept
from climate_survey_api.instruments.models import instrument_versions
from climate_survey_api.instruments.views import items_of, read_instrument
from climate_survey_api.settings import Settings
from shared.db import Database
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.instruments.builders import PATH, an_instrument


async def test_the_one_not_asked_for_the_longest_is_let_go(tmp_path: Path) -> None:
    database, kept = Database(f"sqlite:///{tmp_path / 'one.db'}"), Kept[str](2)
    async with database.read("demo") as session:
        for name in ("a", "b"):
            kept.keep(session, ("demo", name, 1), name)
        assert kept.find(session, ("demo", "a", 1)) == "a"
        kept.keep(session, ("demo", "c", 1), "c")
        assert [kept.find(session, ("demo", name, 1)) for name in "abc"] == ["a", None, "c"]
        assert kept.find(session, ("elsewhere", "a", 1)) is None
    await database.close()


async def test_another_database_has_its_own(tmp_path: Path) -> None:
    kept = Kept[str](2)
    for name in ("one", "two"):
        database = Database(f"sqlite:///{tmp_path / name}.db")
        async with database.read("demo") as session:
            assert kept.find(session, ("demo", "a", 1)) is None
            kept.keep(session, ("demo", "a", 1), name)
            assert kept.find(session, ("demo", "a", 1)) == name
        await database.close()


async def test_a_version_is_read_from_the_database_once(surveys: ServiceInTest[Settings]) -> None:
    async with surveys.client("district_admin") as admin:
        assert (await admin.post(PATH, json=an_instrument())).status_code == 201
    database = surveys.process.database
    async with database.read(DISTRICT) as session:
        first = await read_instrument(session, DISTRICT, "hallways", 1)
    async with database.write(DISTRICT) as writing:
        await writing.execute(instrument_versions.delete())
    async with database.read(DISTRICT) as session:
        assert await read_instrument(session, DISTRICT, "hallways", 1) is first
        assert items_of(first) is items_of(first)
        with pytest.raises(InstrumentNotFound):
            await read_instrument(session, "elsewhere", "hallways", 1)
