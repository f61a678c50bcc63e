"""How a database answers among many referrals: by which index."""

from collections.abc import Awaitable
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, event, text

from referral_api.referrals.models import referrals
from referral_api.referrals.operations.storing import COLUMNS, row_of
from shared.bulk import bulk_upsert
from shared.db import EVERY_DISTRICT, Database
from shared.testing.service import DISTRICT
from tests.referral_api.referrals.test_rules import NOW, a_referral


async def among_many_others(database: Database) -> None:
    """There are 3,000 more referrals, of which the database knows that they are many."""
    others = [a_referral(referral_id=uuid4(), submitted_on=NOW.date()) for _ in range(3000)]
    async with database.write(DISTRICT) as session:
        rows = [row_of(one) for one in others]
        await bulk_upsert(session, referrals, COLUMNS, rows, on_conflict="ignore")
    if database.dialect == "postgresql":
        async with database.dedicated() as connection:
            await connection.execute(text("VACUUM ANALYZE referrals"))


async def plan_of(database: Database, asking: Awaitable[object], *, holding: str) -> str:
    """The plan of the one statement with these words in it that is sent while this is asked."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if holding in statement:
            sent.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        await asking
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    ((statement, parameters),) = sent
    explain = "EXPLAIN" if database.dialect == "postgresql" else "EXPLAIN QUERY PLAN"
    async with database.read(EVERY_DISTRICT) as reading:
        return f"{(await reading.exec_driver_sql(f'{explain} {statement}', parameters)).all()} "
