"""An amendment makes nothing untrue of the days before it."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from shared.testing.service import DISTRICT, ServiceInTest
from tests.training_registry.agreements.builders import (
    ENDS,
    PATH,
    STARTS,
    TODAY,
    a_body,
    an_admin,
    day,
    signed,
    some_facts,
    some_terms,
)
from tests.training_registry.suite import NOON, Clock, training_registry
from training_registry.agreements.eras import Era, place_on
from training_registry.agreements.rules import Agreement
from training_registry.agreements.views import agreements_known
from training_registry.settings import Settings

A_DAY = timedelta(days=1)
YESTERDAY, TOMORROW = TODAY - A_DAY, TODAY + A_DAY
LATER_END = date(2027, 12, 31)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON - timedelta(days=90))


@pytest.fixture
async def api(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[ServiceInTest[Settings]]:
    async with training_registry(database_url, tmp_path, clock=clock) as service:
        yield service


@pytest.fixture
async def admin(api: ServiceInTest[Settings], clock: Clock) -> AsyncIterator[httpx2.AsyncClient]:
    """Who keeps agreements, of which one was signed 90 days before today and has been in force since."""
    async with an_admin(api) as client:
        await signed(client, on=day(-90))
        clock.now = NOON
        yield client


async def stands(admin: httpx2.AsyncClient, on: str) -> dict[str, Any]:
    answer = await admin.get(f"{PATH}?as_of={on}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def known(api: ServiceInTest[Settings], **asked: Any) -> list[Agreement]:
    async with api.process.database.read(DISTRICT) as session:
        return await agreements_known(session, DISTRICT, **asked)


def in_force(agreements: list[Agreement], on: date) -> set[str]:
    """The schools for which an agreement is in force on a day."""
    return {school for agreement in agreements if agreement.is_in_force(on) for school in agreement.school_ids}


async def test_terms_that_were_signed_stay_in_force_on_the_days_before_an_amendment(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    before = await stands(admin, day(-50))
    await signed(admin, on=day(0), ends_on=LATER_END.isoformat(), school_ids=["s-1", "s-2", "s-3"])
    then = await stands(admin, day(-50))
    assert then == before | {"replaced_on": day(0)}
    assert (then["status"], then["record_access"]["open"]) == ("active", True)
    assert (await stands(admin, day(-1)))["school_ids"] == ["s-1", "s-2"]
    today = await stands(admin, day(0))
    assert (today["status"], today["school_ids"], today["replaced_on"]) == ("active", ["s-1", "s-2", "s-3"], None)
    first, last = await known(api)
    assert (first.agreement_id, first.in_force_from, first.in_force_to) == ("a-1", TODAY - 90 * A_DAY, YESTERDAY)
    assert (last.agreement_id, last.in_force_from, last.in_force_to) == ("a-1", TODAY, LATER_END)
    (then_known,) = await known(api, known_at=NOON - timedelta(seconds=1))
    assert (then_known.in_force_from, then_known.in_force_to) == (TODAY - 90 * A_DAY, ENDS)


async def test_an_amendment_that_nobody_has_signed_closes_from_its_day_on(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await admin.put(PATH, json=a_body(ends_on=LATER_END.isoformat()))
    assert [(await stands(admin, day(n)))["status"] for n in (-100, -90, -1, 0)] == [
        "draft",
        "active",
        "active",
        "draft",
    ]
    found = await known(api)
    assert (in_force(found, YESTERDAY), in_force(found, TODAY)) == ({"s-1", "s-2"}, set())


async def test_a_school_that_is_taken_out_was_covered_until_then(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await admin.put(PATH, json=a_body(school_ids=["s-1"]))
    found = await known(api)
    assert (in_force(found, YESTERDAY), in_force(found, TODAY)) == ({"s-1", "s-2"}, {"s-1"})
    assert (await stands(admin, day(-1)))["school_ids"] == ["s-1", "s-2"]
    of_s_2 = [(await admin.get(f"/v1/agreements?school_id=s-2&as_of={day(n)}")).json()["items"] for n in (-1, 0)]
    assert [len(items) for items in of_s_2] == [1, 0]
    actives = (await admin.get(f"/v1/agreements?status=active&as_of={day(-1)}")).json()["items"]
    assert [item["school_ids"] for item in actives] == [["s-1", "s-2"]]


async def test_what_was_taken_out_before_the_second_signature_was_never_in_force(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient, clock: Clock
) -> None:
    path = "/v1/agreements/a-2"
    await admin.put(path, json=a_body(school_ids=["s-1", "s-9"]))
    signature = {"party": "district", "signed_by": "x", "signed_on": day(0)}
    await admin.post(f"{path}/signatures", json=signature)
    clock.now = NOON + A_DAY
    await admin.put(path, json=a_body(school_ids=["s-1"]))
    await admin.post(f"{path}/signatures", json=signature | {"party": "agency"})
    assert not any("s-9" in agreement.school_ids for agreement in await known(api))


async def test_an_end_that_is_written_down_late_ends_the_terms_before_too(
    api: ServiceInTest[Settings], admin: httpx2.AsyncClient
) -> None:
    await signed(admin, on=day(0), ends_on=LATER_END.isoformat())
    body = {"terminated_on": day(-20), "because": "The agency gave notice."}
    assert (await admin.post(f"{PATH}/termination", json=body)).status_code == 201
    before, after = await stands(admin, day(-21)), await stands(admin, day(-20))
    assert (before["status"], after["status"]) == ("expiring", "terminated")
    assert after["terminated_because"] == "The agency gave notice."
    found = await known(api)
    assert (in_force(found, TODAY - 21 * A_DAY), in_force(found, TODAY - 20 * A_DAY)) == ({"s-1", "s-2"}, set())


FIRST = Era(some_facts(), replaced_on=TODAY)
WIDER = Era(some_facts(terms=some_terms(ends_on=LATER_END), signed_on={}), begins_on=TODAY)
NARROWED = Era(some_facts(), begins_on=TODAY, keeps_signatures=True)
LATE = Era(some_facts(terms=some_terms(ends_on=LATER_END)), begins_on=TODAY)


@pytest.mark.parametrize(
    ("eras", "on", "place"),
    [
        ([FIRST, WIDER], STARTS - A_DAY, 0),
        ([FIRST, WIDER], YESTERDAY, 0),
        ([FIRST, WIDER], TODAY, 1),
        ([FIRST, NARROWED], YESTERDAY, 0),
        ([FIRST, NARROWED], TODAY, 1),
        ([FIRST, LATE], YESTERDAY, 1),  # signed before it was written down
        ([FIRST, LATE], ENDS + A_DAY, 1),
        ([FIRST, LATE], STARTS - A_DAY, 0),
    ],
)
def test_of_a_day_the_newest_terms_in_force_are_told_or_those_written_down_by_then(
    eras: list[Era], on: date, place: int
) -> None:
    assert place_on(eras, on) == place
