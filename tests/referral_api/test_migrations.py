"""The tables as migrations make them are those of the models, and what stood in older ones is taken along."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, bindparam, text

from referral_api.app import MIGRATIONS
from shared.db import EVERY_DISTRICT, Database, Session, UtcDateTime
from shared.migrations import current_revision, migrate
from shared.testing.tables import differences

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


async def test_migrations_end_up_with_the_tables_of_the_models(database_url: str) -> None:
    database = Database(database_url, pool_size=4)
    await migrate(database, MIGRATIONS)
    assert await differences(database, MIGRATIONS) == []
    assert await current_revision(database) == MIGRATIONS.head()
    await database.close()


async def test_referrals_of_the_first_release_keep_their_clock_and_their_secrets(database_url: str) -> None:
    database = Database(database_url, pool_size=4)
    async with database.write(EVERY_DISTRICT) as session:
        await session.run_sync(_upgrade_to("20261122_01"))
        for student_id, status, sent, contacted, agreed in (
            ("open", "requested", True, False, None),
            ("reached", "accepted", True, True, True),
            ("ended", "rejected", True, False, False),
            ("draft", "draft", False, False, True),
        ):
            await _insert(session, student_id, status, sent=sent, contacted=contacted, agreed=agreed)
    await migrate(database, MIGRATIONS)
    async with database.read(EVERY_DISTRICT) as session:
        rows = await session.execute(
            text("SELECT student_id, alarm_at IS NOT NULL, was_shared, change_no FROM referrals ORDER BY 1")
        )
        found = {student_id: (bool(rings), bool(shared), number) for student_id, rings, shared, number in rows}
    assert found == {
        "draft": (False, False, 0),
        "ended": (False, False, 0),
        "open": (True, False, 0),
        "reached": (False, True, 0),
    }
    await database.close()


async def test_changes_after_the_upgrade_are_numbered_above_all_that_were_numbered_before(database_url: str) -> None:
    database = Database(database_url, pool_size=4)
    async with database.write(EVERY_DISTRICT) as session:
        await session.run_sync(_upgrade_to("20261125_04"))
    before: list[int] = []
    for district_id, n in (("demo", 3), ("large", 5)):
        for _ in range(n):
            async with database.write(EVERY_DISTRICT) as session:
                await _insert(session, "before", "requested", district_id=district_id)
    await migrate(database, MIGRATIONS)
    async with database.write(EVERY_DISTRICT) as session:
        before += (await session.execute(text("SELECT change_no FROM referrals"))).scalars()
        await _insert(session, "after", "requested")
    async with database.read(EVERY_DISTRICT) as session:
        after = (await session.execute(text("SELECT change_no FROM referrals WHERE student_id = 'after'"))).scalar_one()
    assert len(before) == 8
    assert after > max(before) > 0
    await database.close()


async def _insert(
    session: Session,
    student_id: str,
    status: str,
    *,
    district_id: str = "demo",
    sent: bool = True,
    contacted: bool = False,
    agreed: bool | None = None,
) -> None:
    """A referral as the first release wrote it."""
    on_sqlite = session.dialect.name == "sqlite"
    await session.execute(
        text(
            "INSERT INTO referrals (district_id, referral_id, student_id, school_id, need, urgency, summary, status,"
            " provider_id, consent_agreed, submitted_by, submitter_role, created_at, submitted_at, due_at,"
            " contacted_at, facets, updated_at, reached, version) VALUES (:district, :id, :student, 's-1', 'grief',"
            " 'soon', :summary, :status, 'p-1', :agreed, 'o-1', 'officer', :at, :sent, :sent, :contacted, '{}', :at,"
            " '', 1)"
        ).bindparams(bindparam("at", type_=UtcDateTime()), bindparam("sent", type_=UtcDateTime())),
        {
            "district": district_id,
            "id": uuid4().hex if on_sqlite else uuid4(),
            "student": student_id,
            "summary": b"sealed",
            "status": status,
            "agreed": agreed,
            "at": NOON,
            "sent": NOON if sent else None,
            "contacted": ("2026-11-02" if on_sqlite else NOON) if contacted else None,
        },
    )


def _upgrade_to(revision: str) -> Callable[[Connection], None]:
    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS.folder))
        config.attributes.update(connection=connection, metadatas=MIGRATIONS.metadatas)
        command.upgrade(config, revision)

    return upgrade
