"""What may be answered, in the words that the instrument brings, wherever people read it; else in English, and told."""

from typing import Any

import pytest

from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.pages.visiting import Visitor
from tests.climate_survey_api.responses.surveys import OpenSurvey, a_survey

pytestmark = pytest.mark.slow

VIETNAMESE = ["Rất không đồng ý", "Không đồng ý", "Đồng ý", "Rất đồng ý"]
NO_WORDS = [{"language": "vi", "scale": "yes_no"}]


async def in_vietnamese(service: ServiceInTest[Settings]) -> OpenSurvey:
    """A survey that asks students by a scale with words in Vietnamese, and by one without."""
    asked: dict[str, Any] = {"dimension": "safety", "respondent_groups": ["student"]}
    text = {"vi": "Em thấy an toàn.", "en": "I feel safe."}
    scales = {"safe": "agree4", "known": "yes_no"}
    items = [asked | {"item_id": item_id, "scale": scale, "text": text} for item_id, scale in scales.items()]
    # Nobody of the staff is asked.
    items.append(asked | {"item_id": "often", "scale": "frequency4", "text": text, "respondent_groups": ["staff"]})
    body = {
        "instrument_id": "vietnamese",
        "title": text,
        "items": items,
        "scale_texts": {"agree4": [{"vi": said} for said in VIETNAMESE]},
    }
    async with service.client("district_admin") as admin:
        assert (await admin.post("/v1/instruments", json=body)).status_code == 201
        assert (await admin.get("/v1/instruments/vietnamese/versions/1")).json() == body | {"version": 1}
    return await a_survey(service, instrument_id="vietnamese", languages=["vi", "en"])


async def test_an_instrument_s_own_words_are_read_in_the_form_the_review_the_preview_and_by_apps(
    on_each_database: ServiceInTest[Settings],
) -> None:
    service = on_each_database
    survey = await in_vietnamese(service)
    async with service.anonymous() as client:
        told = (await client.get(f"/v1/surveys/{survey.code}")).json()["items"]
        preview = await Visitor(client).open(f"/preview/{survey.administration_id}?lang=vi")
        visitor = Visitor(client, accept_language="vi")
        form = await visitor.open(f"/s/{survey.code}")
        marked = visitor.answer.text
        review = await visitor.press("next", answer__safe="4", answer__known="2")
    agree, known = (item["scale"] for item in told)
    assert [point["text"]["vi"] for point in agree] == VIETNAMESE
    assert [point["text"] for point in known] == [{"en": "No"}, {"en": "Yes"}]
    assert all(said in form.text and said in preview.text for said in VIETNAMESE)
    assert "Strongly agree" not in form.text
    assert '<span lang="en" dir="ltr">Yes</span>' in marked
    assert "Rất đồng ý" in review.text


async def test_a_plan_tells_which_scales_have_no_words_in_which_language(
    on_each_database: ServiceInTest[Settings],
) -> None:
    service = on_each_database
    survey = await in_vietnamese(service)
    async with service.client("district_admin") as admin:
        planned = (await admin.get(f"/v1/administrations/{survey.administration_id}")).json()
        assert planned["texts_missing"] == NO_WORDS
        kept = ("instrument_id", "version", "name", "opens_at", "closes_at", "mode", "schools")
        another = {name: planned[name] for name in kept} | {"languages": ["en", "vi"]}
        made = await admin.post("/v1/administrations", json=another)
        assert (made.status_code, made.json()["texts_missing"]) == (201, NO_WORDS)
        alone = await admin.post("/v1/administrations", json=another | {"languages": ["en"]})
        assert (alone.status_code, alone.json()["texts_missing"]) == (201, [])
