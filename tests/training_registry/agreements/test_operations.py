"""What becomes of an agreement that is written, signed, changed and ended, and what is announced of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import func, select, text

from shared.db import EVERY_DISTRICT
from shared.events.base import Event
from shared.events.training import AgreementChanged, AgreementEndApproached, AgreementStatus, AgreementTurned
from shared.outbox import outbox, unpack_headers
from shared.testing.service import DISTRICT, ServiceInTest
from tests.training_registry.agreements.builders import ENDS, PATH, STARTS, a_body, an_admin, day, signed
from tests.training_registry.suite import NOON, Clock, training_registry
from training_registry.agencies import agency_id
from training_registry.agreements.operations import announce_turns
from training_registry.agreements.views import agreements_known
from training_registry.settings import Settings

A_DAY = timedelta(days=1)
KINDS: dict[str, type[Event]] = {e.name: e for e in (AgreementChanged, AgreementTurned, AgreementEndApproached)}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def api(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[ServiceInTest[Settings]]:
    async with training_registry(database_url, tmp_path, clock=clock) as service:
        yield service


@pytest.fixture
async def admin(api: ServiceInTest[Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    async with an_admin(api) as client:
        yield client


async def recorded(api: ServiceInTest[Settings]) -> list[Event]:
    """Everything announced so far, in order."""
    async with api.process.database.read(EVERY_DISTRICT) as session:
        rows = (await session.execute(select(outbox.c.value, outbox.c.headers).order_by(outbox.c.seq))).all()
    return [
        KINDS[dict(unpack_headers(headers))["ce_type"].decode()].model_validate_json(value) for value, headers in rows
    ]


async def changes(api: ServiceInTest[Settings]) -> list[AgreementChanged]:
    return [event for event in await recorded(api) if isinstance(event, AgreementChanged)]


async def sweep(api: ServiceInTest[Settings], clock: Clock, today: date, *, most: int = 500) -> list[Event]:
    """What one day's sweep announces."""
    before = len(await recorded(api))
    looked = 1
    while looked:
        async with api.process.database.write(EVERY_DISTRICT) as session:
            looked = await announce_turns(session, today=today, now=clock.now, most=most)
    return (await recorded(api))[before:]


async def status(admin: httpx2.AsyncClient, query: str = "") -> str:
    answer = await admin.get(PATH + query)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


async def test_both_signatures_put_it_in_force_and_each_step_is_announced(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await signed(admin)
    assert await status(admin) == "active"
    told = await changes(api)
    assert [(e.version, e.in_force_from, e.in_force_to) for e in told] == [
        (1, None, None),
        (2, None, None),
        (3, STARTS, ENDS),
    ]
    assert told[-1].opens_records
    assert told[-1].agency_id == agency_id("City Police")
    assert told[-1].school_ids == ("s-1", "s-2")
    assert await recorded(api) == list(told)


async def test_parties_that_sign_at_once_have_both_signed(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    written = await asyncio.gather(*[admin.put(PATH, json=a_body()) for _ in range(3)])
    assert sorted(a.status_code for a in written) == [200, 200, 201]
    bodies = [{"party": party, "signed_by": "x", "signed_on": "2026-07-21"} for party in ("district", "agency")] * 2
    answers = await asyncio.gather(*[admin.post(f"{PATH}/signatures", json=body) for body in bodies])
    assert sorted(a.status_code for a in answers) == [200, 200, 201, 201]
    assert await status(admin) == "active"
    assert [(e.version, e.in_force_from) for e in await changes(api)] == [(1, None), (2, None), (3, STARTS)]


async def test_the_same_again_changes_and_announces_nothing(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await signed(admin)
    again = await admin.put(PATH, json=a_body(school_ids=["s-2", "s-1"]))
    assert (again.status_code, again.headers["etag"]) == (200, '"3"')
    body = {"party": "agency", "signed_by": "Somebody of the agency", "signed_on": "2026-07-21"}
    assert (await admin.post(f"{PATH}/signatures", json=body)).status_code == 200
    assert len(await recorded(api)) == 3


@pytest.mark.parametrize(
    "wider",
    [
        {"school_ids": ["s-1", "s-2", "s-3"]},
        {"ends_on": "2027-07-31"},
        {"starts_on": "2026-07-31"},
        {"agency": "County Sheriff"},
        {"clauses": a_body()["clauses"] | {"training": {"state": "present", "text": "Eight hours."}}},
    ],
)
async def test_wider_terms_need_both_signatures_anew(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, wider: dict[str, Any]
) -> None:
    await signed(admin)
    changed = (await admin.put(PATH, json=a_body(**wider))).json()
    assert (changed["status"], changed["signatures"], changed["terms_version"]) == ("draft", [], 2)
    assert not changed["record_access"]["open"]
    last = (await changes(api))[-1]
    assert (last.version, last.in_force_from) == (4, None)
    one = {"party": "agency", "signed_by": "Chief", "signed_on": day(0)}
    assert (await admin.post(f"{PATH}/signatures", json=one)).json()["status"] == "draft"
    other = one | {"party": "district"}
    assert (await admin.post(f"{PATH}/signatures", json=other)).json()["status"] == "active"
    assert (await changes(api))[-1].in_force_from == NOON.date()


@pytest.mark.parametrize(
    ("narrower", "opens", "ends"),
    [
        ({"school_ids": ["s-1"]}, True, ENDS),
        ({"ends_on": "2027-05-31"}, True, date(2027, 5, 31)),
        ({"ferpa_basis": None}, False, ENDS),
        ({"clauses": a_body()["clauses"] | {"no_discipline": {"state": "absent"}}}, False, ENDS),
    ],
)
async def test_narrower_terms_keep_their_signatures_and_hold_at_once(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, narrower: dict[str, Any], opens: bool, ends: date
) -> None:
    await signed(admin)
    changed = (await admin.put(PATH, json=a_body(**narrower))).json()
    assert (changed["status"], len(changed["signatures"]), changed["terms_version"]) == ("active", 2, 1)
    assert changed["record_access"]["open"] is opens
    last = (await changes(api))[-1]
    assert (last.version, last.in_force_to, last.opens_records) == (4, ends, opens)
    widened = (await admin.put(PATH, json=a_body())).json()
    assert (widened["status"], widened["signatures"]) == ("draft", []), "what was given up has to be signed again"


async def test_what_nobody_signs_keeps_the_signatures(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    await signed(admin)
    details = {
        "review_on": day(30),
        "chain_of_command": "Sergeant",
        "complaint_contact": "Office",
        "agency": "city police",
    }
    changed = (await admin.put(PATH, json=a_body(**details))).json()
    assert {name: changed[name] for name in details} == details
    assert (changed["status"], changed["terms_version"], changed["version"]) == ("active", 1, 4)
    assert (await changes(api))[-1].version == 4


async def test_a_termination_closes_it_that_very_day_and_is_for_good(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await signed(admin)
    body = {"terminated_on": day(0), "because": "The agency gave notice."}
    ended = await admin.post(f"{PATH}/termination", json=body)
    assert (ended.status_code, ended.json()["status"]) == (201, "terminated")
    assert ended.json()["record_access"]["because"] == ["It is not in force on that day."]
    assert (await changes(api))[-1].in_force_to == NOON.date() - A_DAY
    assert (await admin.post(f"{PATH}/termination", json=body)).status_code == 200
    for answer in (
        await admin.post(f"{PATH}/termination", json=body | {"because": "Otherwise."}),
        await admin.put(PATH, json=a_body(ends_on="2027-01-31")),
    ):
        assert answer.status_code == 409
        assert answer.json()["type"].endswith("agreement-terminated")
    assert await status(admin, f"?as_of={day(-1)}") == "expiring"
    assert len(await changes(api)) == 4


async def test_an_unsigned_one_that_was_terminated_cannot_be_signed(admin: httpx2.AsyncClient) -> None:
    await admin.put(PATH, json=a_body())
    await admin.post(f"{PATH}/termination", json={"terminated_on": day(0), "because": "Never mind."})
    body = {"party": "agency", "signed_by": "Chief", "signed_on": day(0)}
    answer = await admin.post(f"{PATH}/signatures", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:rapport:problem:agreement-terminated")


async def test_what_was_known_before_a_change_stays_known(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, clock: Clock
) -> None:
    await admin.put(PATH, json=a_body())
    clock.now = NOON + timedelta(hours=1)
    await signed(admin)
    clock.now = NOON + timedelta(hours=2)
    await admin.post(f"{PATH}/termination", json={"terminated_on": day(-10), "because": "Notice."})
    asked = "?as_of=2026-11-20&known_at="
    assert await status(admin, asked + NOON.isoformat().replace("+00:00", "Z")) == "draft"
    assert await status(admin, asked + "2026-11-25T18:30:00Z") == "active"
    assert await status(admin, asked + "2026-11-25T19:00:00Z") == "terminated"
    assert (await admin.get(PATH + "?known_at=2026-11-25T16:59:59Z")).status_code == 404
    async with api.process.database.read(DISTRICT) as session:
        then = await agreements_known(session, DISTRICT, known_at=NOON + timedelta(minutes=90))
        now = await agreements_known(session, DISTRICT)
        never = await agreements_known(session, DISTRICT, known_at=NOON - timedelta(minutes=1))
    assert [(a.agreement_id, a.in_force_to) for a in then] == [("a-1", ENDS)]
    assert [a.in_force_to for a in now] == [NOON.date() - timedelta(days=11)]
    assert never == []


async def test_days_are_announced_once_also_after_downtime(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, clock: Clock
) -> None:
    await signed(admin, starts_on=day(2), ends_on=day(200))
    assert await sweep(api, clock, NOON.date()) == []
    first = await sweep(api, clock, NOON.date() + 5 * A_DAY)
    assert [(e.status, e.turned_on.isoformat()) for e in first if isinstance(e, AgreementTurned)] == [
        (AgreementStatus.ACTIVE, day(2))
    ]
    assert await sweep(api, clock, NOON.date() + 5 * A_DAY) == []
    late = await sweep(api, clock, NOON.date() + 175 * A_DAY)
    assert [type(e) for e in late] == [AgreementTurned, AgreementEndApproached]
    assert isinstance(late[1], AgreementEndApproached)
    assert (late[1].days_ahead, late[1].on.isoformat()) == (30, day(200))
    ended = await sweep(api, clock, NOON.date() + 900 * A_DAY)
    assert [e.status for e in ended if isinstance(e, AgreementTurned)] == [AgreementStatus.EXPIRED]
    assert len(ended) == 1
    assert await sweep(api, clock, NOON.date() + 1000 * A_DAY) == []


async def test_a_change_first_tells_the_days_that_were_not_told_yet(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, clock: Clock
) -> None:
    await signed(admin, starts_on=day(2), ends_on=day(400))
    clock.now = NOON + 3 * A_DAY
    await admin.put(PATH, json=a_body(starts_on=day(2), ends_on=day(300)))
    told = [e for e in await recorded(api) if not isinstance(e, AgreementChanged) or e.version == 4]
    assert [type(e) for e in told] == [AgreementTurned, AgreementChanged]
    assert await sweep(api, clock, clock.now.date()) == []


async def test_what_changes_nothing_tells_the_days_that_have_come_once(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, clock: Clock
) -> None:
    terms = {"starts_on": day(2), "ends_on": day(400)}
    await signed(admin, **terms)
    clock.now = NOON + 3 * A_DAY
    signature = {"party": "agency", "signed_by": "Somebody of the agency", "signed_on": "2026-07-21"}
    assert (await admin.put(PATH, json=a_body(**terms))).json()["version"] == 3
    assert (await admin.post(f"{PATH}/signatures", json=signature)).status_code == 200
    await sweep(api, clock, clock.now.date())
    told = [e.turned_on.isoformat() for e in await recorded(api) if isinstance(e, AgreementTurned)]
    assert told == [day(2)]


async def test_a_sweep_in_small_steps_serves_all_districts(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, clock: Clock
) -> None:
    async with an_admin(api, district="elsewhere") as stranger:
        for client, n in ((admin, 3), (stranger, 2)):
            for i in range(n):
                await signed(client, f"/v1/agreements/a-{i}", starts_on=day(1), ends_on=day(300))
    told = await sweep(api, clock, NOON.date() + A_DAY, most=2)
    assert sorted(e.district_id for e in told) == ["demo"] * 3 + ["elsewhere"] * 2


async def test_names_are_sealed_and_in_no_event(api: ServiceInTest[Settings], admin: httpx2.AsyncClient) -> None:
    await signed(admin, chain_of_command="Sergeant Miller", complaint_contact="Ms Jones")
    async with api.process.database.read(DISTRICT) as session:
        rows = (await session.execute(text("SELECT chain_of_command, complaint_contact FROM agreement_versions"))).all()
        signers = (await session.execute(text("SELECT signed_by FROM agreement_signatures"))).scalars().all()
        events = (await session.execute(select(func.count()).select_from(outbox))).scalar_one()
    stored = b"".join(bytes(value) for row in rows for value in row) + b"".join(map(bytes, signers))
    for name in (b"Miller", b"Jones", b"Somebody"):
        assert name not in stored
    assert events == 3
    announced = [event.model_dump_json() for event in await recorded(api)]
    assert not any("Miller" in e or "Somebody" in e for e in announced)
    assert all(isinstance(e.event_id, UUID) for e in await recorded(api))
