"""Work on many districts' referrals at once, of which one that cannot be worked on holds no other up."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from sqlalchemy import Row

from referral_api.referrals.models import referrals
from shared.bulk import bulk_update
from shared.db import Session

ASIDE = timedelta(minutes=10)
"""How long what could not be worked on is left alone: it is tried again, and stands in nobody's way meanwhile."""

_WRONG_WITH_A_ROW = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What values raise that nobody expected. A database that is away concerns all rows, and is none of it."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


def each_alone(rows: Iterable[Row[Any]], work: Callable[[Row[Any]], T]) -> tuple[list[T], list[Row[Any]]]:
    """What the work makes of each row, and the rows on which it failed; these are logged, by their ids alone."""
    made: list[T] = []
    failed: list[Row[Any]] = []
    for row in rows:
        try:
            made.append(work(row))
        except _WRONG_WITH_A_ROW as error:
            # Its words may quote the row.
            kind = type(error).__qualname__
            log.error("referral_unreadable", district_id=row.district_id, referral_id=str(row.referral_id), error=kind)
            failed.append(row)
    return made, failed


async def set_aside(session: Session, rows: Sequence[Row[Any]], now: datetime) -> None:
    """The alarms of these rows are not looked at for a while. Whatever mends a row has its alarm at once again."""
    columns = ("district_id", "referral_id", "alarm_at")
    await bulk_update(session, referrals, columns, [(r.district_id, r.referral_id, now + ASIDE) for r in rows])
