"""However a phone splits, repeats and shuffles what it took down, the ledger and what is announced are the same."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training_registry.activities.noting import LEDGER, an_entry, announced
from tests.training_registry.suite import NOON, training_registry

pytestmark = pytest.mark.slow

ENTRIES = [
    an_entry(activity_id=str(UUID(int=n)), minutes=n + 1, started_at=f"2026-11-{20 - n}T15:00:00Z", role=role)
    for n, role in enumerate(["educator", "mentor", "law_enforcement"] * 2)
]
BAD = an_entry(activity_id=str(UUID(int=0)), minutes=0)
"""Under the id of a good one: it must not stand in its way."""

sendings = st.lists(st.lists(st.sampled_from([*ENTRIES, BAD]), min_size=1, max_size=5), max_size=6)


async def sent_so(database_url: str, folder: Path, batches: list[list[dict[str, Any]]]) -> None:
    """Send these, then all once more, and look at what stands and what was announced."""
    async with (
        training_registry(database_url, folder, clock=lambda: NOON) as api,
        api.client("officer", "o-1", schools=["s-1"]) as officer,
    ):
        made = 0
        for batch in [*batches, ENTRIES[::-1]]:
            items = (await officer.post(LEDGER, json=batch)).json()["items"]
            assert [item["status"] == 422 for item in items] == [entry is BAD for entry in batch]
            made += [item["status"] for item in items].count(201)
        assert made == len(ENTRIES)
        listed = (await officer.get(f"{LEDGER}?limit=500")).json()["items"]
        assert [(i["activity_id"], i["minutes"]) for i in listed] == [(e["activity_id"], e["minutes"]) for e in ENTRIES]
        events = await announced(api)
        told = sorted((str(e.activity_id), e.minutes, e.role) for e in events)  # type: ignore[attr-defined]
        assert told == sorted((e["activity_id"], e["minutes"], e["role"]) for e in ENTRIES)


@settings(max_examples=25)
@given(sendings)
def test_any_split_repetition_and_order_gives_the_same_on_sqlite(batches: list[list[dict[str, Any]]]) -> None:
    with TemporaryDirectory() as name:
        asyncio.run(sent_so(f"sqlite:///{Path(name) / 'test.db'}", Path(name), batches))


@pytest.mark.parametrize(
    "batches",
    [[], [[entry] for entry in ENTRIES], [ENTRIES, [BAD, *ENTRIES]], [[BAD], [*ENTRIES[3:], *ENTRIES[:4]] * 2]],
)
async def test_a_few_of_them_give_the_same_on_postgresql(
    new_postgresql_url: Callable[[], str], tmp_path: Path, batches: list[list[dict[str, Any]]]
) -> None:
    await sent_so(new_postgresql_url(), tmp_path, batches)
