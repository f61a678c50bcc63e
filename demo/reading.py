"""What a reader of the district asks reporting: how far it has come, the funnel, and the contact times."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from demo.client import Client
from demo.comparison import Difference, differences
from demo.people import READER
from demo.truth import BREAKDOWNS, Truth

COMPARED_VIEWS = len(BREAKDOWNS) + 1
REACHED = "contacted"
"""The funnel's stage for those whom contact times are about."""
_CONTACT_TIMES_BY = "need"
_LOOK_AGAIN_SECONDS = 0.2
_STILL_SECONDS = 5.0
"""With lag 0 and nothing moving for so long, nothing more is on its way."""
_PATIENCE_SECONDS = 120.0
"""With lag, and nothing moving for so long, nobody is applying it."""


async def funnel(client: Client, school_year: int, by: str = "") -> list[dict[str, Any]]:
    """The rows of the referral funnel, broken down by one key or not at all."""
    return await _rows(client, "referral-funnel", school_year, by)


async def contact_times(client: Client, school_year: int) -> list[dict[str, Any]]:
    """How long students waited until somebody reached them, by what they needed."""
    return await _rows(client, "contact-times", school_year, _CONTACT_TIMES_BY)


async def _rows(client: Client, view: str, school_year: int, by: str) -> list[dict[str, Any]]:
    url = f"{client.services.reporting}/v1/views/{view}"
    query = {"school_year": str(school_year)} | ({"by": by} if by else {})
    rows: list[dict[str, Any]] = (await client.get(url, caller=READER, query=query)).body["rows"]
    return rows


async def wait_for_views(client: Client, truth: Truth, *, looked: Callable[[int], None]) -> int:
    """Wait until reporting has applied all that was announced, telling how many submissions it shows; the lag left."""

    async def look() -> Seen:
        rows = await funnel(client, truth.school_year)
        looked(sum(row["n"] or 0 for row in rows if row["stage"] == "submitted"))
        return Seen(rows, is_all=not differences("", truth.sent_by(""), rows))

    return await wait_until_applied(client, look)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at the views showed, and whether it was all that was sent."""

    shown: object
    is_all: bool


async def wait_until_applied(client: Client, look: Callable[[], Awaitable[Seen]]) -> int:
    """Look again until all is there, or nothing moves any more; the lag left.

    Lag 0 is not enough: it counts what is on the bus, and a few events may still wait to be put there.
    """
    moved_at, before = time.monotonic(), None
    while True:
        freshness = await client.get(f"{client.services.reporting}/v1/freshness", caller=READER)
        seen, lag = await look(), int(freshness.body["lag"])
        if lag == 0 and seen.is_all:
            return 0
        if (lag, seen) != before:
            moved_at, before = time.monotonic(), (lag, seen)
        if time.monotonic() - moved_at > (_PATIENCE_SECONDS if lag else _STILL_SECONDS):
            return lag
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def compare(client: Client, truth: Truth, *, looked: Callable[[], None]) -> dict[str, list[Difference]]:
    """Every breakdown of the funnel, and who was reached, against what was sent: the counts that differ, by key."""
    found = {}
    for key in BREAKDOWNS:
        found[key] = differences(key, truth.sent_by(key), await funnel(client, truth.school_year, key))
        looked()
    reached = {cell: n for cell, n in truth.sent_by(_CONTACT_TIMES_BY).items() if cell[1] == REACHED}
    rows = [row | {"stage": REACHED} for row in await contact_times(client, truth.school_year)]
    found[f"{_CONTACT_TIMES_BY} (contact times)"] = differences(_CONTACT_TIMES_BY, reached, rows)
    looked()
    return found
