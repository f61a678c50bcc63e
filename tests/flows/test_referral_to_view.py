"""From a request to the view that shows it, through the services."""

from typing import Any

from tests.flows.suite import Suite

BODY = {"student_id": "st-1", "school_id": "s-1", "need": "grief", "urgency": "soon", "summary": "x"}


def reached(rows: list[dict[str, Any]]) -> dict[str, int]:
    """The stages that anybody reached."""
    return {row["stage"]: row["n"] for row in rows if row["n"]}


async def test_a_referrals_life_moves_through_the_funnel(services: Suite) -> None:
    async with services.referral_api.client("counselor") as counselor:
        answer = await counselor.post("/v1/referrals", json=BODY)
        path = f"/v1/referrals/{answer.json()['referral_id']}"
        await services.drain()
        assert reached(await services.funnel("school_id")) == {"submitted": 1}
        for to, reason in (
            ("accepted", None),
            ("in_progress", None),
            ("on_hold", "waitlisted"),
            ("in_progress", None),
            ("completed", None),
        ):
            await counselor.post(f"{path}/transitions", json={"to": to, "reason": reason})
        await counselor.post(f"{path}/feedback", json={"message_to_referrer": "Done."})
        await services.drain()
        expected = {"submitted": 1, "accepted": 1, "started": 1, "completed": 1, "looped": 1}
        assert reached(await services.funnel("need")) == expected
        await counselor.post(f"{path}/transitions", json={"to": "entered_in_error"})
        await services.drain()
        assert reached(await services.funnel("need")) == {}


async def test_each_group_is_counted_as_the_roster_had_it_and_other_districts_apart(services: Suite) -> None:
    async with services.referral_api.client("counselor") as counselor:
        await counselor.post("/v1/referrals", json=BODY)
    async with services.referral_api.client("counselor", district="elsewhere") as stranger:
        for _ in range(3):
            await stranger.post("/v1/referrals", json=BODY)
    await services.drain()
    by = "race_ethnicity,sex,disability,english_learner,grade_band,need,urgency"
    (row,) = [r for r in await services.funnel(by) if r["stage"] == "submitted"]
    assert {k: row[k] for k in by.split(",")} == {
        "race_ethnicity": "asian",
        "sex": "female",
        "disability": "none",
        "english_learner": False,
        "grade_band": "6_8",
        "need": "grief",
        "urgency": "soon",
    }
    assert row["n"] == 1
    assert reached(await services.funnel("need", district="elsewhere")) == {"submitted": 3}
    assert await services.funnel("need", district="nowhere") == []


async def test_an_analyst_sees_no_count_under_ten(services: Suite) -> None:
    async with services.referral_api.client("counselor") as counselor:
        await counselor.post("/v1/referrals", json=BODY)
    await services.drain()
    (row,) = [r for r in await services.funnel("need", role="analyst") if r["stage"] == "submitted"]
    assert (row["n"], row["per_100"], row["suppressed"]) == (None, None, True)


async def test_it_counts_under_the_month_a_phone_noted_it(services: Suite) -> None:
    async with services.referral_api.client("officer", schools=["s-1"]) as officer:
        noted = await officer.post("/v1/referrals", json={**BODY, "noted_at": "2026-09-15T10:00:00-05:00"})
        assert noted.status_code == 201, noted.text
    await services.drain()
    rows = [r for r in await services.funnel("month") if r["stage"] == "submitted" and r["n"]]
    assert [r["month"] for r in rows] == ["2026-09"]


async def test_freshness_says_how_far_the_views_have_come(services: Suite) -> None:
    async with services.referral_api.client("counselor") as counselor:
        await counselor.post("/v1/referrals", json=BODY)
    while await services.referral_api.process.relay.move_batch():  # type: ignore[union-attr]  # it runs every part
        pass
    async with services.reporting.client("district_admin") as admin:
        assert (await admin.get("/v1/freshness")).json()["lag"] == 1
        await services.drain()
        fresh = (await admin.get("/v1/freshness")).json()
    assert fresh["lag"] == 0
    assert {p["topic"] for p in fresh["partitions"]} == {"roster", "referrals", "training", "surveys"}
