"""What instruments promise over HTTP: versions that never change, JSON out as it came in, and what is shipped."""

import asyncio
from typing import Any

import httpx2
import pytest

from climate_survey_api.instruments.catalogue import shipped_instruments
from climate_survey_api.instruments.views import items_of, read_instrument
from climate_survey_api.settings import Settings
from shared.http.paging import cursor_at_version
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.instruments.builders import PATH, a_choice, an_instrument, an_item

CONTACT = a_choice({"en": "Said hello", "es": "Saludo"}, {"en": "Asked for help", "es": "Ayuda"})


def _problem(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


async def test_an_instrument_is_told_just_as_it_was_sent_with_its_version(
    admin: httpx2.AsyncClient, surveys: ServiceInTest[Settings]
) -> None:
    sent = an_instrument(an_item(reverse=True), CONTACT, instrument_id="Our halls 2026")
    made = await admin.post(PATH, json=sent)
    assert (made.status_code, made.json()) == (201, {"instrument_id": "Our halls 2026", "version": 1})
    assert made.headers["location"] == f"{PATH}/Our%20halls%202026/versions/1"
    assert (await admin.get(made.headers["location"])).json() == sent | {"version": 1}
    async with surveys.process.database.read(DISTRICT) as session:
        safe, contact = items_of(await read_instrument(session, DISTRICT, "Our halls 2026", 1))
    assert (safe.reverse, safe.highest, contact.highest, contact.is_scored) == (True, 4, 2, False)


async def test_a_retry_makes_nothing_and_a_change_makes_a_version_beside_the_one_before(
    admin: httpx2.AsyncClient,
) -> None:
    first, second = an_instrument(), an_instrument(an_item(text={"en": "I am safe here.", "es": "A salvo."}))
    for status, document, version in (
        (201, first, 1),
        (200, first, 1),
        (201, second, 2),
        (200, second, 2),
        (201, first, 3),
    ):
        answer = await admin.post(PATH, json=document)
        assert (answer.status_code, answer.json()["version"]) == (status, version)
        assert answer.headers["location"] == f"{PATH}/hallways/versions/{version}"
    told = [(await admin.get(f"{PATH}/hallways/versions/{version}")).json() for version in (1, 2, 3)]
    assert told == [first | {"version": 1}, second | {"version": 2}, first | {"version": 3}]


async def test_nothing_changes_or_takes_away_a_version(admin: httpx2.AsyncClient) -> None:
    await admin.post(PATH, json=an_instrument())
    changed = an_instrument(an_item(reverse=True))
    for address in (PATH, f"{PATH}/hallways/versions", f"{PATH}/hallways/versions/1"):
        for method in ("PUT", "PATCH", "DELETE"):
            assert (await admin.request(method, address, json=changed)).status_code == 405
    assert (await admin.get(f"{PATH}/hallways/versions/1")).json() == an_instrument() | {"version": 1}


async def test_two_at_once_make_a_version_each(admin: httpx2.AsyncClient) -> None:
    documents = [an_instrument(an_item(f"i{number}")) for number in range(4)]
    made = await asyncio.gather(*(admin.post(PATH, json=document) for document in documents))
    assert sorted(answer.json()["version"] for answer in made) == [1, 2, 3, 4]
    for answer, document in zip(made, documents, strict=True):
        assert (await admin.get(answer.headers["location"])).json() == document | answer.json()


@pytest.mark.parametrize("instrument_id", sorted(shipped_instruments()))
async def test_what_is_shipped_can_be_posted_elsewhere_as_it_is_told(
    admin: httpx2.AsyncClient, surveys: ServiceInTest[Settings], instrument_id: str
) -> None:
    shipped = (await admin.get(f"{PATH}/{instrument_id}/versions/1")).json()
    assert shipped["version"] == 1
    assert _problem(await admin.post(PATH, json=shipped)) == (409, "instrument-is-shipped")
    copy = shipped | {"instrument_id": "our-climate"}
    async with surveys.client("district_admin", district="elsewhere") as stranger:
        made = await stranger.post(PATH, json=copy)
        assert (made.status_code, made.json()["version"]) == (201, 1)
        assert (await stranger.get(made.headers["location"])).json() == copy
    async with surveys.process.database.read("elsewhere") as session:
        ours = items_of(await read_instrument(session, "elsewhere", "our-climate", 1))
        assert ours == items_of(await read_instrument(session, "elsewhere", instrument_id, 1))


async def test_the_list_has_what_is_shipped_and_the_newest_of_ones_own_page_by_page(
    admin: httpx2.AsyncClient,
) -> None:
    for name in ("b", "a", "B"):
        await admin.post(PATH, json=an_instrument(instrument_id=name))
    await admin.post(PATH, json=an_instrument(an_item(ppra_area="income"), CONTACT, instrument_id="a"))
    whole = (await admin.get(PATH)).json()["items"]
    shipped = list(shipped_instruments())
    assert [row["instrument_id"] for row in whole][: len(shipped)] == shipped == sorted(shipped)
    assert [row["is_shipped"] for row in whole] == [True] * len(shipped) + [False] * 3
    (a,) = [row for row in whole if row["instrument_id"] == "a"]
    assert (a["version"], a["items"], a["ppra_areas"], a["languages"]) == (2, 2, ["income"], ["en", "es"])
    assert (a["recorded_by"], whole[0]["recorded_by"]) == ("a-1", None)
    pages: list[dict[str, Any]] = []
    for limit in (1, 2, 3):
        found, cursor = [], None
        while True:
            page = (await admin.get(PATH, params={"limit": limit} | ({"cursor": cursor} if cursor else {}))).json()
            pages.append(page)
            found += page["items"]
            if (cursor := page["next_cursor"]) is None:
                break
        assert found == whole
    assert all(page["items"] for page in pages)


async def test_the_versions_go_newest_first_page_by_page(admin: httpx2.AsyncClient) -> None:
    for number in range(3):
        await admin.post(PATH, json=an_instrument(an_item(f"i{number}")))
    first = (await admin.get(f"{PATH}/hallways/versions", params={"limit": 2})).json()
    assert [row["version"] for row in first["items"]] == [3, 2]
    rest = await admin.get(f"{PATH}/hallways/versions", params={"limit": 2, "cursor": first["next_cursor"]})
    assert [row["version"] for row in rest.json()["items"]] == [1]
    (shipped,) = (await admin.get(f"{PATH}/rapport-climate/versions")).json()["items"]
    assert (shipped["version"], shipped["is_shipped"]) == (1, True)
    assert shipped["respondent_groups"] == ["student", "family", "staff", "officer"]


async def test_refusals_say_what_they_refuse(admin: httpx2.AsyncClient, surveys: ServiceInTest[Settings]) -> None:
    await admin.post(PATH, json=an_instrument())
    for address in ("hallways/versions/2", "rapport-climate/versions/2", "unheard/versions/1", "unheard/versions"):
        assert _problem(await admin.get(f"{PATH}/{address}")) == (404, "instrument-not-found")
    for number in ("0", "two", str(2**31)):
        assert (await admin.get(f"{PATH}/hallways/versions/{number}")).status_code == 422
    another = cursor_at_version("instrument-versions", "another", 1)
    refused = await admin.get(f"{PATH}/hallways/versions", params={"cursor": another})
    assert _problem(refused) == (422, "cursor-unusable")
    unsound = await admin.post(PATH, json=an_instrument(an_item(), an_item()))
    assert _problem(unsound) == (422, "instrument-unsound")
    assert [error["path"] for error in unsound.json()["errors"]] == ["items.1.item_id"]
    assert _problem(await admin.post(PATH, json={"items": []})) == (422, "request-has-faults")
    async with surveys.client("district_admin", schools=["s-1"]) as of_one_school:
        assert _problem(await of_one_school.post(PATH, json=an_instrument())) == (403, "only-for-whole-district")
        assert (await of_one_school.get(f"{PATH}/hallways/versions/1")).status_code == 200
    async with surveys.client("analyst") as analyst:
        assert _problem(await analyst.post(PATH, json=an_instrument())) == (403, "not-permitted")
        assert (await analyst.get(PATH)).status_code == 200
    async with surveys.client("officer", "o-1") as officer:
        assert (await officer.get(PATH)).status_code == 403
    assert (await admin.get(f"{PATH}/hallways/versions")).json()["items"][0]["version"] == 1


async def test_another_district_has_none_of_it_and_counts_its_own_versions(
    admin: httpx2.AsyncClient, surveys: ServiceInTest[Settings]
) -> None:
    await admin.post(PATH, json=an_instrument())
    await admin.get(f"{PATH}/hallways/versions/1")
    async with surveys.client("district_admin", district="elsewhere") as stranger:
        assert (await stranger.get(f"{PATH}/hallways/versions/1")).status_code == 404
        assert all(row["is_shipped"] for row in (await stranger.get(PATH)).json()["items"])
        assert (await stranger.post(PATH, json=an_instrument(an_item("other")))).json()["version"] == 1
        assert (await stranger.get(f"{PATH}/hallways/versions/1")).json()["items"][0]["item_id"] == "other"
    assert (await admin.get(f"{PATH}/hallways/versions/1")).json()["items"][0]["item_id"] == "safe"
