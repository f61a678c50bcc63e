"""Back and forth in the browser: every page that was led to can be loaded again, with the newest answers."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from climate_survey_api.responses.rules import LONGEST_TEXT
from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.pages.visiting import Visitor
from tests.climate_survey_api.responses.surveys import OpenSurvey, a_survey
from tests.climate_survey_api.suite import Clock

pytestmark = pytest.mark.slow


async def three_steps(service: ServiceInTest[Settings]) -> OpenSurvey:
    """A survey whose form has items, a question about oneself, and words of one's own."""
    return await a_survey(service, facets=["sex"], free_text=True)


async def up_to_the_review(visitor: Visitor, survey: OpenSurvey) -> None:
    """Answer everything."""
    await visitor.open(f"/s/{survey.code}")
    await visitor.press("next", answer__q1="4")
    await visitor.press("next", facet__sex="female")
    page = await visitor.press("next", words__words="Loud.")
    assert page.fields["step"] == "review"


async def test_each_page_gone_back_to_shows_what_was_answered_there(service: ServiceInTest[Settings]) -> None:
    survey = await three_steps(service)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        await up_to_the_review(visitor, survey)
        assert "Strongly agree" in (await visitor.reload()).text
        page = await visitor.back()
        assert (page.fields["step"], page.fields["words.words"]) == ("words", "Loud.")
        page = await visitor.back()
        assert (page.fields["step"], page.fields["facet.sex"]) == ("about", "female")
        assert "Nobody else has them until you send them" in page.text
        page = await visitor.back()
        assert "Welcome back" in page.text, "the address that the code leads to shows where one stopped"
        page = await visitor.open(f"/s/{survey.code}?at=1")
        page = await visitor.press("next", answer__q1="1")
        assert (page.fields["step"], page.fields["facet.sex"]) == ("about", "female")
        page = await visitor.press("to:review")
        assert "Strongly disagree" in page.text
        assert "Female" in page.text
        assert "Loud." in page.text


async def test_no_address_that_is_gone_back_to_holds_answers_where_the_device_keeps_them(
    service: ServiceInTest[Settings],
) -> None:
    survey = await three_steps(service)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        await visitor.open(f"/s/{survey.code}")
        await visitor.press("next", answer__q1="4")
        first, second = (urlsplit(hop.headers["location"]) for hop in visitor.hops)
        assert (set(parse_qs(first.query)), second.query) == ({"at", "draft"}, "at=about")
        assert visitor.hops[0].headers["referrer-policy"] == "no-referrer"
        await visitor.press("next")
        assert [urlsplit(hop.headers["location"]).query for hop in visitor.hops] == ["at=words"]


async def test_a_device_that_keeps_no_cookies_goes_back_and_loads_again_all_the_same(
    service: ServiceInTest[Settings],
) -> None:
    survey = await three_steps(service)
    async with service.anonymous() as client:
        visitor = Visitor(client, keeps_cookies=False)
        await up_to_the_review(visitor, survey)
        page = await visitor.reload()
        assert "Loud." in page.text
        assert "Your answers cannot be kept on this device." in page.text
        page = await visitor.back(2)
        assert page.fields["step"] == "about"
        page = await visitor.press("back", facet__sex="male")
        assert page.fields["answer.q1"] == "4"


async def test_of_two_windows_the_one_gone_back_in_shows_what_was_answered_in_the_other(
    service: ServiceInTest[Settings],
) -> None:
    survey = await three_steps(service)
    async with service.anonymous() as client:
        one, other = Visitor(client), Visitor(client)
        await up_to_the_review(one, survey)
        await other.open(f"/s/{survey.code}?at=1")
        await other.press("next", answer__q1="2")
        await one.back(2)
        page = await one.press("to:review")
        assert "Disagree" in page.text
        assert "Strongly agree" not in page.text


async def test_of_no_such_step_the_kept_one_is_shown_and_with_nothing_answered_the_first(
    service: ServiceInTest[Settings],
) -> None:
    survey = await three_steps(service)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        for at in ("review", "about", "", "99"):
            page = await visitor.open(f"/s/{survey.code}?at={at}&draft=made-up")
            assert (visitor.answer.status_code, page.fields["step"], page.fields["draft"]) == (200, "1", "")
        await visitor.press("next", answer__q1="4")
        assert (await visitor.open(f"/s/{survey.code}?at=99")).fields["step"] == "about"
        assert (await visitor.press("over")).fields["step"] == "1"
        assert (await visitor.back()).fields["step"] == "1", "what was given up is nowhere"


async def test_after_sending_the_form_is_gone_and_after_closing_too(
    service: ServiceInTest[Settings], clock: Clock
) -> None:
    survey = await three_steps(service)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        await up_to_the_review(visitor, survey)
        await visitor.press("send")
        assert (await visitor.reload()).text.count("Thank you") == 1
        for _ in range(2):
            await visitor.back()
            assert visitor.answer.status_code == 410
    late = await three_steps(service)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        await up_to_the_review(visitor, late)
        clock.move(timedelta(days=400))
        await visitor.back()
        assert visitor.answer.status_code == 410


async def test_words_that_the_device_cannot_keep_are_missed_aloud_and_those_written_anew_are_kept(
    service: ServiceInTest[Settings],
) -> None:
    survey = await three_steps(service)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        await visitor.open(f"/s/{survey.code}?at=words")
        await visitor.press("next")
        await visitor.press("next")
        await visitor.press("next", words__words="🌳" * LONGEST_TEXT)
        assert (visitor.answer.status_code, visitor.hops) == (200, [])
        page = await visitor.open(f"/s/{survey.code}?at=words")
        assert page.fields["words.words"] == ""
        assert "too long to be kept on this device" in page.text
        page = await visitor.press("next", words__words="Trees.")
        assert "Nobody else has them until you send them" in page.text
        assert (await visitor.back()).fields["words.words"] == "Trees."
