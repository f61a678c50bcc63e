"""How old what is known of standing is: told with every answer, and too old at last."""

from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from referral_api.settings import Settings
from shared.bus.connect import connect
from shared.cloudevents import to_message
from shared.horizon import CaughtUp, Horizon
from shared.testing.service import ServiceInTest
from tests.referral_api.clearance.officers import DUTY, NOON, a_standing, an_agreement, announce, kind, ledger
from tests.referral_api.referrals.referring import Clock

STUDENT = "/v1/students/st-1"


async def standing(api: ServiceInTest[Settings]) -> str:
    """What `/readyz` says of it."""
    async with api.anonymous() as nobody:
        answer = await nobody.get("/readyz")
    assert "standing" not in answer.json()["failing"]  # it keeps nobody away
    return str(answer.json()["checks"]["standing"])


async def test_an_answer_says_as_of_when_and_after_ten_seconds_that_it_is_stale(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, clock: Clock
) -> None:
    await announce(api, a_standing(), an_agreement())
    for seconds, stale in ((0, None), (10, None), (11, "true"), (4 * 3600, "true")):
        clock.now = NOON + timedelta(seconds=seconds)
        answer = await officer.get(STUDENT, headers=DUTY)
        assert answer.status_code == 200
        assert answer.headers["standing-as-of"] == "2026-11-02T17:00:00.000Z"
        assert answer.headers.get("standing-stale") == stale
        assert await standing(api) == ("ok" if stale is None else "stale since 2026-11-02T17:00:00Z")


async def test_a_refusal_says_that_it_is_stale(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, clock: Clock
) -> None:
    await announce(api)
    clock.now += timedelta(seconds=30)
    refused = await officer.get(STUDENT, headers=DUTY)
    told = refused.json()
    assert (kind(refused), told["stale"]) == ((403, "officer-not-cleared"), True)
    assert told["standing_as_of"] == refused.headers["standing-as-of"] == "2026-11-02T17:00:00.000Z"


async def test_what_is_too_stale_opens_nothing_to_officers_and_all_to_others(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient, counselor: httpx2.AsyncClient, clock: Clock
) -> None:
    await announce(api, a_standing(), an_agreement())
    clock.now = NOON + timedelta(minutes=240, seconds=1)
    refused = await officer.get(STUDENT, headers=DUTY)
    assert kind(refused) == (503, "standing-too-stale")
    assert int(refused.headers["retry-after"]) > 0
    (entry,) = await ledger(api)
    assert (entry["outcome"], entry["requested_by"]) == ("refused", "o-1")
    assert (await counselor.get(STUDENT)).status_code == 200
    await announce(api)
    assert (await officer.get(STUDENT, headers=DUTY)).status_code == 200


async def test_before_the_first_look_nothing_is_opened_and_it_is_told(
    api: ServiceInTest[Settings], officer: httpx2.AsyncClient
) -> None:
    refused = await officer.get(STUDENT, headers=DUTY)
    assert kind(refused) == (503, "standing-too-stale")
    assert "standing-as-of" not in refused.headers
    assert await standing(api) == "stale since this process began"


async def test_what_waits_on_the_bus_makes_it_stale_whichever_process_applies_it(
    api: ServiceInTest[Settings], clock: Clock
) -> None:
    process = api.process
    await announce(api, a_standing())
    beside = CaughtUp(process.database, Horizon(process.bus, ["training"], clock), consumer="referral-api")
    await beside.look()
    assert beside.at == NOON
    await process.bus.publish([to_message(a_standing(version=2), source="training-registry")])
    clock.now += timedelta(seconds=60)
    await beside.look()
    assert (beside.at, beside.is_stale(clock.now)) == (NOON, True)
    await api.drain()
    await beside.look()
    assert (beside.at, beside.is_stale(clock.now)) == (clock.now, False)


async def test_a_topic_that_is_not_there_proves_nothing(api: ServiceInTest[Settings], clock: Clock) -> None:
    process = api.process
    nowhere = CaughtUp(process.database, Horizon(process.bus, ["nowhere"], clock), consumer="referral-api")
    await nowhere.look()
    assert nowhere.at is None


async def test_a_log_that_was_lost_and_begun_anew_is_not_taken_for_one_that_is_all_applied(
    api: ServiceInTest[Settings], clock: Clock, tmp_path: Path
) -> None:
    process = api.process
    await announce(api, a_standing(), an_agreement())
    anew = connect(f"sqlite:///{tmp_path / 'anew.db'}", client_id="anew")
    await anew.ensure_topics(process.service.topics())
    lost = CaughtUp(process.database, Horizon(anew, ["training"], clock), consumer="referral-api")
    for _ in range(2):
        await lost.look()
        assert lost.at is None
    await anew.close()


@pytest.mark.parametrize("path", ["/v1/students/{student_id}", "/v1/referrals/{referral_id}"])
def test_the_description_tells_of_it(api: ServiceInTest[Settings], path: str) -> None:
    operation = api.app.openapi()["paths"][path]["get"]
    assert {"Standing-As-Of", "Standing-Stale"} <= operation["responses"]["200"]["headers"].keys()
    named = {p["name"] for p in operation["parameters"] if p["in"] == "header"}
    assert named == {"Purpose-Of-Use", "Emergency-Threat", "Emergency-Until", "Emergency-Recipients"}
    assert "urn:rapport:problem:officer-not-cleared" in operation["responses"]["403"]["description"]
    assert "urn:rapport:problem:standing-too-stale" in operation["responses"]["503"]["description"]
