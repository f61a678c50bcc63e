"""What every route of a view does around its query: of which school it may be, and the answer in its form."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from fastapi import Response

from reporting.views import answers
from reporting.views.answers import Table
from reporting.views.errors import UnknownSchool
from reporting.views.freshness import applied_offsets, as_of
from reporting.views.rows import Row
from reporting.views.scope import ensure_school
from shared.auth import Caller
from shared.db import ReadSession
from shared.errors import ServiceError
from shared.horizon import Horizon
from shared.http.problems import problems

CONSUMER = "reporting"
"""Under which name the consumer keeps its offsets."""
MANY_ROWS = 2_000
"""From so many on they are written in a thread: as CSV 31,000 take 0.2 s, in which nobody else would be answered. For
fewer a thread costs more than it saves."""


async def ensure_known(session: ReadSession, caller: Caller, school_id: str | None) -> None:
    """A school that is named is one that the caller may know of. Raises: UnknownSchool."""
    if school_id is not None:
        await ensure_school(session, caller, school_id)


async def told(
    session: ReadSession,
    horizon: Horizon,
    rows: Sequence[Row],
    keys: Sequence[str],
    table: Table,
    accept: str,
    *,
    policy: answers.Policy = answers.NOTHING_HIDDEN,
    beside: Mapping[str, object] | None = None,
) -> Response:
    """The rows, with the instant up to which they are complete, and what was hidden of them."""
    instant = as_of(await applied_offsets(session, CONSUMER), horizon.seen)
    answer = partial(answers.answer, rows, keys, table, as_of=instant, policy=policy, accept=accept, beside=beside)
    return answer() if len(rows) < MANY_ROWS else await asyncio.to_thread(answer)


def described(view: type[answers.View], table: Table, *refusals: type[ServiceError]) -> dict[int | str, dict[str, Any]]:
    """What the route of a view may answer: its rows as JSON or as CSV, or why there are none."""
    content, headers = {answers.CSV: {"schema": {"type": "string"}}}, answers.described_headers(view, table)
    return {200: {"model": view, "content": content, "headers": headers}, **problems(UnknownSchool, *refusals)}
