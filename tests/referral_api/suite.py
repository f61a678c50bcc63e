"""referral-api in a test, with a small roster in its database."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert

from referral_api.app import SERVICE
from referral_api.settings import Settings
from referral_api.students.models import orgs, student_schools, students
from shared.db import Session
from shared.http.runtime import utc_now
from shared.testing.service import DISTRICT, ServiceInTest, in_test

STUDENTS = {"st-1": "s-1", "st-2": "s-2", "st-3": "s-1"}


@asynccontextmanager
async def referral_api(
    database_url: str, folder: Path, *, clock: Callable[[], datetime] = utc_now
) -> AsyncIterator[ServiceInTest[Settings]]:
    """The service with two schools and three students of the district `demo`."""
    settings = Settings(
        database_url=database_url,
        event_bus_url=f"sqlite:///{folder / 'bus.db'}",
        keys_dir=folder / "keys",
        import_dir=folder / "imports",
    )
    async with in_test(SERVICE, settings, clock=clock) as service:
        async with service.process.database.write(DISTRICT) as session:
            await add_roster(session, service)
        yield service


async def add_roster(session: Session, service: ServiceInTest[Settings], district: str = DISTRICT) -> None:
    """Put the roster in, as an import would have."""
    ring = service.process.ring
    for school in ("s-1", "s-2"):
        await session.execute(
            insert(orgs).values(district_id=district, org_id=school, name=school, kind="school", active=True)
        )
    for student, school in STUDENTS.items():
        key = f"{district}/{student}"
        await session.execute(
            insert(students).values(
                district_id=district,
                student_id=student,
                given_name=ring.seal("Ana", table="students", column="given_name", key=key),
                family_name=ring.seal("Field", table="students", column="family_name", key=key),
                grade="07",
                race_ethnicity="asian",
                sex="female",
                disability="none",
                english_learner=False,
                active=True,
            )
        )
        await session.execute(
            insert(student_schools).values(district_id=district, student_id=student, school_id=school)
        )
