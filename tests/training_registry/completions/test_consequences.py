"""Whatever changes what counts of an officer is told once, after it is written, to what follows from it."""

from collections.abc import Collection
from datetime import datetime, tzinfo
from pathlib import Path

import pytest

from shared.db import Session
from tests.training_registry.completions.books import BASIC, CONTENT, OUTSIDE, PATH, add_officer
from tests.training_registry.suite import NOON, training_registry
from training_registry import app
from training_registry.completions.views import completions_known


async def test_each_change_is_told_once_for_all_its_officers_after_it_is_written(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, int]] = []

    async def tell(
        session: Session, *, district_id: str, officer_ids: Collection[str], now: datetime, zone: tzinfo
    ) -> None:
        """What counts of each officer by then."""
        known = await completions_known(session, district_id, officer_ids=officer_ids)
        told.append(
            {officer_id: sum(c.counts for c in known.get(officer_id, ())) for officer_id in sorted(officer_ids)}
        )

    monkeypatch.setattr(app, "announce_standings", tell)
    monkeypatch.setattr(app, "_made_of", app._made_of.__wrapped__)  # routes of this test alone
    other = BASIC | {"officer_id": "o-2"}
    rows = "officer_id,course,provider,topics,completed_on\no-1,A,B,law=1,2026-08-27\no-2,A,B,law=1,2026-08-27\n"
    async with training_registry(database_url, tmp_path, clock=lambda: NOON) as service:
        for officer_id in ("o-1", "o-2"):
            await add_officer(service, officer_id, "s-1")
        told.clear()
        async with service.client("district_admin", "a-1") as admin:
            made = [(await admin.post(PATH, json=body)).json()["completion_id"] for body in (BASIC, OUTSIDE)]
            await admin.post(f"{PATH}/{made[1]}/approval", json={"approved": True})
            await admin.put(f"{PATH}/{made[0]}", json=CONTENT | {"topics": {"law": 1}})
            await admin.post(f"{PATH}/{made[0]}/revocation", json={"reason": "x"})
            assert told == [{"o-1": 1}, {"o-1": 1}, {"o-1": 2}, {"o-1": 2}, {"o-1": 1}]
            told.clear()
            await admin.post(PATH, json=[other, BASIC, other, BASIC | {"officer_id": "o-9"}])
            for _ in range(2):
                await admin.post(f"{PATH}/imports", content=rows, headers={"Content-Type": "text/csv"})
            # What changes nothing, and what is refused, is not told.
            await admin.post(f"{PATH}/{made[1]}/approval", json={"approved": True})
            await admin.post(f"{PATH}/{made[0]}/revocation", json={"reason": "x"})
            await admin.put(f"{PATH}/{made[1]}", json=CONTENT | {"course": "College", "outside": True})
            await admin.post(PATH, json=BASIC | {"officer_id": "o-9"})
    assert told == [{"o-1": 2, "o-2": 2}, {"o-1": 3, "o-2": 3}]
