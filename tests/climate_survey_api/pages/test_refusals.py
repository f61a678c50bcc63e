"""Why there is no form, told to people: in their language, with what to do next, and with a truthful status."""

from datetime import UTC, timedelta
from uuid import uuid4

import httpx2
import pytest
from fastapi import APIRouter
from sqlalchemy import select, update

from climate_survey_api.administrations.models import administrations
from climate_survey_api.doors import MOST_MISSES, Doors
from climate_survey_api.pages.refusing import page_route
from climate_survey_api.pages.surroundings import Surroundings
from climate_survey_api.responses.errors import SurveyClosed
from climate_survey_api.settings import Settings
from shared.db import EVERY_DISTRICT
from shared.errors import DatabaseUnavailable
from shared.http.runtime import PublicWriteSession
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.pages.visiting import SPANISH, Page, Visitor
from tests.climate_survey_api.responses.surveys import a_survey, close
from tests.climate_survey_api.suite import NOON, Clock

pytestmark = pytest.mark.slow

NEVER_MADE = "2222-2222-2222"


async def test_a_code_is_typed_in_as_people_type(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service)
    typed = survey.code.lower().replace("-", " ")
    async with service.anonymous() as client:
        visitor = Visitor(client, accept_language=SPANISH)
        for entry in ("/", "/s"):
            page = await visitor.open(entry)
            assert (page.action, "code" in page.fields, page.language) == ("/s", True, "es")
        await visitor.open(f"/s?code={typed}&lang=en")
        assert visitor.answer.status_code == 303
        assert visitor.answer.headers["location"] == f"/s/{survey.code}?lang=en"
        page = await visitor.open("/s?code=%20")
        assert (visitor.answer.status_code, page.links["Falta el código de la hoja."]) == (422, "#code")


async def test_an_unknown_code_may_be_typed_again(service: ServiceInTest[Settings]) -> None:
    async with service.anonymous() as client:
        visitor = Visitor(client, accept_language=SPANISH)
        for path in (f"/s/{NEVER_MADE}", "/s?code=hello", "/s/hello"):
            page = await visitor.open(path)
            assert (visitor.answer.status_code, page.action) == (404, "/s"), path
            assert "No conocemos este código" in page.text
        for path in (f"/s/{NEVER_MADE}", f"/s/{NEVER_MADE}/sending"):
            page = await visitor.send(path, {"go": "next"})
            assert (visitor.answer.status_code, page.language) == (404, "es"), path


async def test_a_survey_that_is_not_open_says_when(service: ServiceInTest[Settings], clock: Clock) -> None:
    early = await a_survey(
        service,
        is_open=False,
        opens_at=(NOON + timedelta(days=2)).isoformat(),
        closes_at=(NOON + timedelta(days=9)).isoformat(),
    )
    over, running = await a_survey(service), await a_survey(service)
    await close(service, over)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        page = await visitor.open(f"/s/{early.code}")
        assert visitor.answer.status_code == 409
        assert "from November 27, 2026, 12:00 PM" in page.text
        page = await visitor.open(f"/s/{over.code}")
        assert (visitor.answer.status_code, "The survey is closed" in page.text) == (410, True)
        await visitor.open(f"/s/{running.code}")
        page = await visitor.press("next", answer__q1="1")
        clock.move(timedelta(days=8))
        page = await visitor.press("send")
        assert visitor.answer.status_code == 410
        assert f"/help/{running.administration_id}" in page.links["I want to talk to an adult"]
        assert "max-age=0" in visitor.answer.headers["set-cookie"].lower()
        assert (await client.get(f"/help/{over.administration_id}")).status_code == 200
        clock.move(timedelta(days=31))
        page = await visitor.open(f"/help/{over.administration_id}")
        assert (visitor.answer.status_code, "no longer in use" in page.text) == (410, True)


async def test_whoever_guesses_has_to_wait_at_every_door(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        for _ in range(MOST_MISSES):
            answer = await client.get(f"/s/{NEVER_MADE}")
        assert answer.status_code == 404
        page = await visitor.open(f"/s/{survey.code}")
        assert (visitor.answer.status_code, page.text.count("Please wait a minute")) == (429, 2)
        assert int(visitor.answer.headers["retry-after"]) > 0
        assert (await client.get("/s?code=222222222222")).status_code == 429
        assert (await client.get(f"/v1/surveys/{survey.code}")).status_code == 429


async def test_what_is_no_form_is_refused_as_a_page(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service)
    path = f"/s/{survey.code}"
    async with service.anonymous() as client:
        json = await client.post(path, json={"go": "next"})
        large = await client.post(path, data={"draft": "A" * 300_000})
        slip = await client.get(f"{path}?colour=red")
        nowhere = [await client.get(f"/{page}/{id_}") for page in ("help", "preview") for id_ in (uuid4(), "none")]
        nothing = await client.post(path)
    assert [one.status_code for one in (json, large, slip, *nowhere)] == [415, 413, 422, *[404] * 4]
    assert all("<!doctype html>" in one.text for one in (json, large, slip, *nowhere))
    assert nothing.status_code == 303
    assert Page.read(slip.text).links["Open the page without what was added"] == path


async def test_a_refusal_leaves_nothing_behind(service: ServiceInTest[Settings]) -> None:
    """The page about it is made outside the transaction, which is taken back with whatever was written before."""
    survey = await a_survey(service)
    its = administrations.c.administration_id == survey.administration_id
    doors = Doors((), MOST_MISSES, lambda: 0.0)
    router = APIRouter(route_class=page_route(Surroundings("http://test", doors, doors, UTC)))

    @router.post("/write-and-refuse")
    async def write_and_refuse(session: PublicWriteSession) -> None:
        await session.execute(update(administrations).where(its).values(name="Changed"))
        raise SurveyClosed

    @router.get("/away")
    async def away() -> None:
        raise DatabaseUnavailable(headers={"Retry-After": "2"})

    service.app.include_router(router)
    async with service.anonymous() as client:
        refused = await client.post("/write-and-refuse")
        unreachable = await client.get("/away")
    assert (unreachable.status_code, unreachable.headers["retry-after"]) == (503, "2")
    assert "Your answers have not been lost" in unreachable.text
    assert (refused.status_code, "The survey is closed" in refused.text) == (410, True)
    async with service.process.database.read(EVERY_DISTRICT) as session:
        assert (await session.execute(select(administrations.c.name).where(its))).scalar_one() == "Fall"


async def test_somebody_asks_for_an_adult_on_a_page_that_knows_no_code(
    on_each_database: ServiceInTest[Settings],
) -> None:
    service = on_each_database
    survey = await a_survey(service, {("s-1", "student"): 1, ("s-2", "student"): 1})
    path = f"/help/{survey.administration_id}"
    async with service.anonymous() as client, service.client("counselor", schools=["s-2"]) as counselor:
        visitor = Visitor(client, accept_language=SPANISH)
        page = await visitor.open(path)
        assert (page.links["911"], page.links["988"]) == ("tel:911", "tel:988")
        assert " selected" not in visitor.answer.text
        page = await visitor.send(page.action, {"school_id": "", "contact": " ", "message": "x" * 2001})
        assert visitor.answer.status_code == 422
        assert {"#school", "#contact", "#message"} <= set(page.links.values())
        page = await visitor.send(page.action, {"school_id": "s-2", "contact": "Sam, almuerzo", "message": ""})
        assert (visitor.answer.status_code, visitor.answer.url.path) == (200, f"{path}/sent")
        assert "próximo día de clases" in page.text
        (waiting,) = (await counselor.get("/v1/help-requests")).json()["items"]
        opened = (await counselor.get(f"/v1/help-requests/{waiting['help_request_id']}")).json()
    assert (opened["contact"], opened["message"], opened["language"]) == ("Sam, almuerzo", None, "es")


async def test_one_address_does_not_ask_in_everybody_s_name(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service)
    path = f"/help/{survey.administration_id}"

    async def ask(client: httpx2.AsyncClient) -> int:
        return (await client.post(path, data={"school_id": "s-1", "contact": "Sam"})).status_code

    async with service.anonymous() as client:
        found = [await ask(client) for _ in range(31)]
        assert (set(found[:30]), found[30]) == ({303}, 429)
        assert (await client.get(path)).status_code == 200
