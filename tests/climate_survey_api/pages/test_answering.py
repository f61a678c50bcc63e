"""The form as somebody fills it in whose browser runs no script."""

from collections import Counter
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from climate_survey_api.pages.drafts import MOST_IN_A_COOKIE
from climate_survey_api.responses.rules import LONGEST_TEXT
from climate_survey_api.responses.views import ballots_of, opened_ballots
from climate_survey_api.settings import Settings
from shared.db import EVERY_DISTRICT
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.pages.visiting import SPANISH, Visitor
from tests.climate_survey_api.responses.surveys import OpenSurvey, a_survey
from tests.climate_survey_api.suite import NOON, Clock

pytestmark = pytest.mark.slow


async def ballots(service: ServiceInTest[Settings], survey: OpenSurvey) -> list[tuple[object, object, object]]:
    """What lies in the box: answers, facets, comments."""
    ring, administration_id = service.process.ring, survey.administration_id
    async with service.process.database.read(EVERY_DISTRICT) as session:
        if not await ballots_of(session, administration_id):
            return []
        found = opened_ballots(session, ring, district_id=DISTRICT, administration_id=administration_id)
        return [(ballot.answers, ballot.facets, ballot.comments) async for ballot in found]


@pytest.mark.parametrize("keeps_cookies", [True, False])
async def test_a_form_is_answered_step_by_step_reviewed_and_sent(
    on_each_database: ServiceInTest[Settings], keeps_cookies: bool
) -> None:
    """By the hidden field alone where the device keeps nothing."""
    service = on_each_database
    survey = await a_survey(service, facets=["grade_band"], free_text=True)
    async with service.anonymous() as client:
        visitor = Visitor(client, accept_language=SPANISH, keeps_cookies=keeps_cookies)
        page = await visitor.open(f"/s/{survey.code}")
        assert (page.language, page.direction) == ("es", "ltr")
        assert "Frase q1" in page.text
        assert page.offered["answer.q1"] == ["1", "2", "3", "4", "-"]
        page = await visitor.press("next", answer__q1="4", answer__q2="-", answer__way="2")
        assert page.fields["step"] == "about"
        page = await visitor.press("next", facet__grade_band="6_8")
        page = await visitor.press("next", words__words="Más árboles.\n¡Gracias!")
        assert page.fields["step"] == "review"
        assert "Muy de acuerdo" in page.text
        assert "Preguntas sin responder: 2 Frase q2 Frase q3" in page.text
        page = await visitor.press("to:1")
        assert page.fields["answer.q1"] == "4"
        assert "to:review" in page.buttons
        page = await visitor.press("to:review", answer__q1="1")
        assert "Muy en desacuerdo" in page.text
        assert await ballots(service, survey) == []
        page = await visitor.press("send")
        assert visitor.answer.url.path == f"/thanks/{survey.administration_id}"
        assert (visitor.answer.url.params["lang"], page.language) == ("es", "es")
        assert "988" in page.text
        assert f"/help/{survey.administration_id}?lang=es" in page.links.values()
        assert survey.code not in visitor.answer.text
        assert client.cookies.get("draft") is None
    said = {"words": "Más árboles.\n¡Gracias!"}
    assert await ballots(service, survey) == [({"q1": 1, "way": 2}, {"grade_band": "6_8"}, said)]


async def test_a_device_keeps_a_sealed_draft_from_the_first_step_until_it_is_sent(
    service: ServiceInTest[Settings], clock: Clock
) -> None:
    survey = await a_survey(service, closes_at=(NOON + timedelta(days=2)).isoformat(), free_text=True)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        await visitor.open(f"/s/{survey.code.lower().replace('-', '')}")
        assert visitor.answer.headers["location"] == f"/s/{survey.code}"
        page = await visitor.open(f"/s/{survey.code}")
        assert "set-cookie" not in visitor.answer.headers
        assert "start over" not in page.text.lower()
        clock.move(timedelta(hours=1))
        await visitor.press("next", answer__q1="3")
        assert "set-cookie" not in visitor.answer.headers
        (cookie,) = SimpleCookie(visitor.hops[0].headers["set-cookie"]).values()
        told = {name: str(value).lower() for name, value in cookie.items() if value}
        assert told == {
            "path": f"/s/{survey.code}".lower(),
            "max-age": str(47 * 3600),
            "httponly": "true",
            "samesite": "strict",
        }
        assert len(cookie.value) <= MOST_IN_A_COOKIE
        async with service.anonymous() as other:
            other.cookies.update(client.cookies)
            page = await Visitor(other).open(f"/s/{survey.code}")
            assert page.fields["step"] == "words"
            assert "on this device only" in page.text
            page = await Visitor(other).open(f"/s/{survey.codes['s-1', 'student'][1]}")
            assert page.fields["step"] == "1", "another code's form takes it"
        await visitor.press("back")
        page = await visitor.press("over")
        assert (page.fields["step"], page.fields["draft"], "answer.q1" in page.fields) == ("1", "", False)
        assert client.cookies.get("draft") is None


async def test_a_step_sent_again_and_a_page_gone_back_to_lose_nothing(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service, facets=["sex"], free_text=True)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        first = await visitor.open(f"/s/{survey.code}")
        await visitor.press("next", answer__q1="4")
        again = await visitor.send(first.action, first.fields | {"answer.q1": "4", "go": "next"})
        assert again.fields["step"] == "about"
        await visitor.press("next", facet__sex="female")
        # Back in the browser: the first page carries no draft, and one answer is changed there.
        page = await visitor.send(first.action, first.fields | {"answer.q1": "2", "go": "to:review"})
        assert "Disagree" in page.text
        assert "Female" in page.text
        await visitor.press("send")
    assert await ballots(service, survey) == [({"q1": 2}, {"sex": "female"}, {})]


async def test_answers_sent_twice_count_once(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        await visitor.open(f"/s/{survey.code}")
        review = await visitor.press("next", answer__q1="4", answer__q2="1")
        sending, fields = review.buttons["send"], review.fields | {"go": "send"}
        await visitor.send(sending, fields)
        assert visitor.answer.status_code == 200
        again = await visitor.send(sending, fields)
        assert visitor.answer.status_code == 410
        assert "If you have just sent your answers, they have arrived" in again.text
        for address in (f"/s/{survey.code}", f"/s/{survey.code}/sending"):
            await visitor.open(address)
            assert visitor.answer.status_code in (303, 410)
    assert await ballots(service, survey) == [({"q1": 4, "q2": 1}, {}, {})]


async def test_nothing_is_sent_that_answers_nothing_and_the_code_is_not_burnt(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        await visitor.open(f"/s/{survey.code}")
        await visitor.press("next", answer__q1="-")
        page = await visitor.press("send")
        assert visitor.answer.status_code == 422
        assert "Please answer at least one" in page.text
        await visitor.press("to:1")
        await visitor.press("next", answer__q1="2")
        await visitor.press("send")
    assert await ballots(service, survey) == [({"q1": 2}, {}, {})]


async def test_what_is_no_answer_is_shown_at_its_question_and_linked_from_the_top(
    service: ServiceInTest[Settings],
) -> None:
    survey = await a_survey(service, free_text=True)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        await visitor.open(f"/s/{survey.code}")
        page = await visitor.press("next", answer__q1="9", answer__q2="1")
        assert (visitor.answer.status_code, page.fields["step"], page.fields["answer.q2"]) == (422, "1", "1")
        assert "#q-q1" in page.links.values()
        await visitor.press("next", answer__q1="1")
        wordy = "ñ" * (LONGEST_TEXT + 1)
        page = await visitor.press("next", words__words=wordy)
        assert (visitor.answer.status_code, page.fields["step"]) == (422, "words")
        assert page.fields["words.words"] == wordy
        page = await visitor.press("back")
        assert page.fields["step"] == "1"


async def test_words_too_long_for_the_device_travel_with_the_page_alone(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service, free_text=True)
    long = "🌳" * LONGEST_TEXT
    async with service.anonymous() as client:
        visitor = Visitor(client)
        await visitor.open(f"/s/{survey.code}")
        await visitor.press("next", answer__q1="1")
        page = await visitor.press("next", words__words=long)
        assert "too long to be kept on this device" in page.text
        (cookie,) = SimpleCookie(visitor.answer.headers["set-cookie"]).values()
        assert len(cookie.value) <= MOST_IN_A_COOKIE
        await visitor.press("send")
    assert await ballots(service, survey) == [({"q1": 1}, {}, {"words": long})]


async def test_a_draft_that_was_tampered_with_is_passed_over(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service, {("s-1", "student"): 2})
    mine, others = survey.codes["s-1", "student"]
    async with service.anonymous() as client:
        visitor = Visitor(client, keeps_cookies=False)
        await visitor.open(f"/s/{others}")
        stolen = (await visitor.press("next", answer__q1="4")).fields["draft"]
        for draft in (stolen, stolen[:-4], "é", "A" * 250_000):
            page = await visitor.send(f"/s/{mine}", {"draft": draft, "step": "review", "go": "stay"})
            assert (visitor.answer.status_code, "Agree" in page.text) == (200, False)


async def test_pages_tell_browsers_to_keep_load_and_tell_nothing(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service)
    seen: Counter[str] = Counter()
    async with service.anonymous() as client:
        visitor = Visitor(client)
        paths = ("/", f"/s/{survey.code}", "/s/2222-2222-2222", f"/thanks/{survey.administration_id}")
        more = (f"/{page}/{survey.administration_id}" for page in ("help", "preview", "status"))
        for path in (*paths, *more):
            page = await visitor.open(path)
            headers = visitor.answer.headers
            policy = headers["content-security-policy"]
            assert headers["cache-control"] == "no-store"
            assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")
            assert {"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"} <= set(policy.split("; "))
            assert "noindex" in headers["x-robots-tag"]
            assert "set-cookie" not in headers
            assert len(visitor.answer.content) < 40_000
            assert "<script" not in visitor.answer.text
            assert not [address for address in page.links.values() if "//" in address]
            seen[visitor.answer.headers["content-type"]] += 1
    assert seen == {"text/html; charset=utf-8": 7}


@pytest.mark.parametrize(
    ("group", "asks", "used"),
    [
        ("student", "Queremos saber cómo ves tu escuela.", "Si acabas de enviar tus respuestas"),
        ("family", "Queremos saber cómo ve la escuela de su hijo o hija.", "Si acaba de enviar sus respuestas"),
        ("staff", "Queremos saber cómo ve su escuela.", "Si acaba de enviar sus respuestas"),
    ],
)
async def test_spanish_is_spoken_to_each_group_as_it_is_spoken_to(
    service: ServiceInTest[Settings], group: str, asks: str, used: str
) -> None:
    survey = await a_survey(service, {("s-1", group): 1}, instrument_id="rapport-climate")
    (code,) = survey.codes["s-1", group]
    async with service.anonymous() as client:
        visitor = Visitor(client, accept_language=SPANISH)
        assert asks in (await visitor.open(f"/s/{code}")).text
        sent = await client.post("/v1/responses", json={"code": code, "answers": {"sro_known": 3}})
        assert sent.status_code == 201, sent.text
        assert used in (await visitor.open(f"/s/{code}")).text
