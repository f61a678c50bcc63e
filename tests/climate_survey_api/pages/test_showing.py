"""What everybody may see of a survey: all it asks, and how many have answered as far as that tells of nobody."""

from datetime import timedelta

from climate_survey_api.settings import Settings
from shared.testing.service import ServiceInTest
from tests.climate_survey_api.pages.visiting import Visitor
from tests.climate_survey_api.responses.surveys import a_survey
from tests.climate_survey_api.suite import NOON


async def test_parents_see_every_question_before_the_survey_opens(service: ServiceInTest[Settings]) -> None:
    item = {"dimension": "wellness", "scale": "agree4", "text": {"en": "I feel sad.", "es": "Estoy triste."}}
    items = [
        item | {"item_id": "sad", "respondent_groups": ["student"], "ppra_area": "mental_health"},
        item | {"item_id": "well", "respondent_groups": ["staff"], "text": {"en": "It is fine.", "es": "Bien."}},
        item | {"item_id": "other", "respondent_groups": ["family"]},
    ]
    async with service.client("district_admin") as admin:
        body = {"instrument_id": "touchy", "title": {"en": "T", "es": "T"}, "items": items}
        assert (await admin.post("/v1/instruments", json=body)).status_code == 201
    survey = await a_survey(
        service,
        {("s-1", "student"): 1, ("s-1", "staff"): 1},
        is_open=False,
        instrument_id="touchy",
        mode="anonymous",
        ppra={"notice_on": "2026-11-02", "consent": "opt_out"},
        opens_at=(NOON + timedelta(days=20)).isoformat(),
        closes_at=(NOON + timedelta(days=30)).isoformat(),
        facets=["disability"],
    )
    path = f"/preview/{survey.administration_id}"
    async with service.anonymous() as client:
        english = (await Visitor(client).open(path)).text
        spanish = await Visitor(client).open(f"{path}?lang=es")
    for said in (
        "What students are asked I feel sad. Answers: Strongly disagree · Disagree · Agree · Strongly agree",
        "Protected: mental health",
        "What staff are asked It is fine.",
        "November 2, 2026",
        "December 15, 2026, 12:00 PM EST to December 25, 2026, 12:00 PM EST",
        "Parents may decide that their child is not asked",
        "Anonymous: nobody can find out who gave which answers",
        "plan for extra support",
    ):
        assert said in english, said
    assert english.count("Protected:") == 1
    assert "What families are asked" not in english
    assert (spanish.language, "Estoy triste." in spanish.text) == ("es", True)


async def test_the_turnout_is_live_and_hides_small_schools(on_each_database: ServiceInTest[Settings]) -> None:
    service = on_each_database
    survey = await a_survey(service, {("s-1", "student"): 12, ("s-2", "student"): 4})
    async with service.anonymous() as client:
        visitor = Visitor(client)
        path = f"/status/{survey.administration_id}"
        assert "0 of 12" in (await visitor.open(path)).text
        for unit, many in ((("s-1", "student"), 3), (("s-2", "student"), 1)):
            for code in survey.codes[unit][:many]:
                sent = await client.post("/v1/responses", json={"code": code, "answers": {"q1": 1}})
                assert sent.status_code == 201
        page = await visitor.open(path)
    assert page.text.count("3 of 12") == 2
    assert "25%" in page.text
    assert "s-2" not in page.text
    assert "of 16" not in page.text
    assert "http-equiv" not in visitor.answer.text
    assert page.links["Load again"] == path


async def test_where_all_schools_are_too_small_the_turnout_says_so_and_not_that_there_are_no_codes(
    on_each_database: ServiceInTest[Settings],
) -> None:
    service = on_each_database
    survey = await a_survey(service, {("s-1", "student"): 3, ("s-2", "student"): 4})
    path = f"/status/{survey.administration_id}"
    async with service.anonymous() as client:
        sent = await client.post("/v1/responses", json={"code": survey.code, "answers": {"q1": 1}})
        assert sent.status_code == 201
        english = await Visitor(client).open(path)
        spanish = await Visitor(client).open(f"{path}?lang=es")
    assert "Too few people have been asked so far for numbers to be shown." in english.text
    assert "se ha preguntado a muy pocas personas" in spanish.text
    for told in (english.text, spanish.text):
        assert [number for number in ("1 of", "1 de 3", "of 7", "de 7", "%", "s-1", "s-2") if number in told] == []
        assert "given out yet" not in told
        assert "Todavía no" not in told


async def test_before_any_code_is_made_the_turnout_says_that_there_is_none(service: ServiceInTest[Settings]) -> None:
    survey = await a_survey(service, {("s-1", "student"): 3})
    async with service.client("district_admin") as admin:
        path = f"/v1/administrations/{survey.administration_id}"
        plan = (await admin.get(path)).json()
        fields = ("instrument_id", "version", "opens_at", "closes_at", "mode", "languages", "schools")
        again = await admin.post("/v1/administrations", json={"name": "Next"} | {name: plan[name] for name in fields})
    assert again.status_code == 201, again.text
    async with service.anonymous() as client:
        page = await Visitor(client).open(f"/status/{again.json()['administration_id']}")
    assert "No access codes have been given out yet." in page.text
    assert "Too few" not in page.text


async def test_a_school_is_called_what_people_call_it(service: ServiceInTest[Settings]) -> None:
    schools = [
        {"school_id": "s-1", "name": "Zion & Hope Elementary", "invited": {"student": 12}},
        {"school_id": "s-2", "name": "Adams High School", "invited": {"student": 12}},
    ]
    survey = await a_survey(service, {("s-1", "student"): 12, ("s-2", "student"): 12}, schools=schools)
    async with service.anonymous() as client:
        visitor = Visitor(client)
        turnout = (await visitor.open(f"/status/{survey.administration_id}")).text
        await visitor.open(f"/help/{survey.administration_id}")
    assert "Zion & Hope Elementary" in turnout
    assert "s-1" not in turnout
    asked = visitor.answer.text
    assert '<option value="s-1">Zion &amp; Hope Elementary</option>' in asked
    assert asked.index("Adams High School") < asked.index("Zion")
