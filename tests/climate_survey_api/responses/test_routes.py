"""What answering promises over HTTP: the form, one answer for one code, and refusals that burn nothing."""

import asyncio
import json
from collections import Counter
from datetime import timedelta

import httpx2
import pytest

from climate_survey_api.doors import MOST_MISSES
from climate_survey_api.responses.rules import LONGEST_TEXT
from climate_survey_api.responses.views import ballots_of, opened_ballots
from climate_survey_api.settings import Settings
from shared.db import EVERY_DISTRICT
from shared.testing.service import DISTRICT, ServiceInTest
from tests.climate_survey_api.responses.surveys import OpenSurvey, a_survey, an_item, close
from tests.climate_survey_api.suite import Clock

PATH = "/v1/responses"
ANSWERS = {"q1": 1, "q2": 4, "q3": None, "way": 3}


async def post(anybody: httpx2.AsyncClient, body: object) -> httpx2.Response:
    """Send it in ASCII, which can write half a character too."""
    return await anybody.post(PATH, content=json.dumps(body), headers={"Content-Type": "application/json"})


async def send(anybody: httpx2.AsyncClient, code: object, answers: object = None, **said: object) -> tuple[int, str]:
    """Answer; the status, and which refusal it was."""
    answer = await post(anybody, {"code": code, "answers": ANSWERS if answers is None else answers, **said})
    return answer.status_code, "" if answer.is_success else answer.json()["type"].rpartition(":")[2]


async def in_the_box(service: ServiceInTest[Settings], survey: OpenSurvey) -> int:
    async with service.process.database.read(EVERY_DISTRICT) as session:
        return await ballots_of(session, survey.administration_id)


async def test_a_code_opens_the_form_of_its_group_in_the_survey_s_languages(
    service: ServiceInTest[Settings], anybody: httpx2.AsyncClient
) -> None:
    survey = await a_survey(
        service,
        {("s-1", "student"): 1, ("s-1", "staff"): 1},
        facets=["english_learner", "sex"],
        free_text=True,
    )
    student, staff = (codes[0] for codes in survey.codes.values())

    form = (await anybody.get(f"/v1/surveys/{student.lower().replace('-', ' ')}")).json()

    told = form["administration"]
    assert (told["administration_id"], told["name"], told["mode"]) == (
        str(survey.administration_id),
        "Fall",
        "anonymous",
    )
    assert (form["respondent_group"], form["languages"]) == ("student", ["en", "es"])
    assert [(item["item_id"], item["kind"]) for item in form["items"]] == [
        *((item_id, "scale") for item_id in ("q1", "q2", "q3")),
        ("way", "choice"),
        ("words", "text"),
    ]
    assert form["items"][0]["text"] == {"en": "Statement q1", "es": "Frase q1"}
    assert form["items"][0]["scale"][3] == {"value": 4, "text": {"en": "Strongly agree", "es": "Muy de acuerdo"}}
    assert form["items"][3]["scale"][2] == {"value": 3, "text": {"en": "Way 3", "es": "Modo 3"}}
    assert form["items"][4]["scale"] == []
    assert [facet["facet"] for facet in form["facets"]] == ["english_learner", "sex"]
    assert {"988"} <= set(form["helpline"]["en"].replace(",", " ").split())

    others = (await anybody.get(f"/v1/surveys/{staff}")).json()
    assert [item["item_id"] for item in others["items"]] == ["q1", "q2", "q3", "words"]
    assert [facet["facet"] for facet in others["facets"]] == ["sex"]


async def test_what_a_language_has_no_name_for_is_told_in_english_too(
    service: ServiceInTest[Settings], anybody: httpx2.AsyncClient
) -> None:
    items = [an_item("q1", text={"en": "Statement", "es": "Frase", "fr": "Phrase"})]
    survey = await a_survey(service, items=items, languages=["fr", "es"])

    (asked,) = (await anybody.get(f"/v1/surveys/{survey.code}")).json()["items"]

    assert asked["text"] == {"fr": "Phrase", "es": "Frase"}
    assert asked["scale"][0]["text"] == {"es": "Muy en desacuerdo", "en": "Strongly disagree"}


async def test_answers_are_taken_once_and_nothing_is_told_about_them(
    service: ServiceInTest[Settings], anybody: httpx2.AsyncClient
) -> None:
    survey = await a_survey(service, facets=["grade_band"], free_text=True)
    said = {"code": survey.code, "answers": ANSWERS | {"words": "Loud."}, "facets": {"grade_band": "6_8"}}

    taken = await anybody.post(PATH, json=said)

    assert (taken.status_code, taken.json()) == (201, {"received": True})
    assert {"set-cookie", "location", "etag"}.isdisjoint(taken.headers)
    assert taken.headers["cache-control"] == "no-store"
    assert await send(anybody, survey.code) == (410, "code-used")
    assert await send(anybody, survey.code, {"q9": "no answer at all"}) == (410, "code-used")
    assert (await anybody.get(f"/v1/surveys/{survey.code}")).status_code == 410
    async with service.process.database.read(EVERY_DISTRICT) as session:
        ring, administration_id = service.process.ring, survey.administration_id
        (ballot,) = [
            one
            async for one in opened_ballots(session, ring, district_id=DISTRICT, administration_id=administration_id)
        ]
    assert (ballot.school_id, ballot.respondent_group) == ("s-1", "student")
    assert ballot.answers == {"q1": 1, "q2": 4, "way": 3}
    assert (ballot.facets, ballot.comments) == ({"grade_band": "6_8"}, {"words": "Loud."})


async def test_eight_at_once_with_one_code_count_once(
    service: ServiceInTest[Settings], anybody: httpx2.AsyncClient
) -> None:
    survey = await a_survey(service)

    found = await asyncio.gather(*[send(anybody, survey.code) for _ in range(8)])

    assert Counter(found) == {(201, ""): 1, (410, "code-used"): 7}
    assert await in_the_box(service, survey) == 1


REFUSED: list[tuple[object, object, list[str]]] = [
    ({"q1": 9}, None, ["answers.q1"]),
    ({"q1": 0, "q2": True, "q3": 2.0, "way": 4}, None, ["answers.q1", "answers.q2", "answers.q3", "answers.way"]),
    ({"q1": 1, "zz": 1}, None, ["answers.zz"]),
    ({"q1": 1, "words": "Not asked here."}, None, ["answers.words"]),
    ({"q1": 1}, {"sex": "female"}, ["facets.sex"]),
    ({"q1": 1}, {"grade_band": "13"}, ["facets.grade_band"]),
    ({}, {"grade_band": "6_8"}, ["answers"]),
    ({"q1": None}, None, ["answers"]),
    ([1, 2], None, ["answers"]),
    ({"q1\ud800": 1}, None, ["answers.q1?"]),
]


async def test_what_is_no_answer_is_refused_with_its_path_and_burns_nothing(
    service: ServiceInTest[Settings], anybody: httpx2.AsyncClient
) -> None:
    survey = await a_survey(service, facets=["grade_band"])

    for answers, facets, paths in REFUSED:
        refused = await post(anybody, {"code": survey.code, "answers": answers, "facets": facets})
        assert (refused.status_code, [fault["path"] for fault in refused.json()["errors"]]) == (422, paths)
    bodies: list[object] = [{"answers": ANSWERS}, {"code": 7, "answers": ANSWERS}, {"code": survey.code}, []]
    for body in bodies:
        assert (await post(anybody, body)).status_code == 422
    assert await in_the_box(service, survey) == 0
    assert await send(anybody, survey.code) == (201, "")


async def test_own_words_are_bounded(service: ServiceInTest[Settings], anybody: httpx2.AsyncClient) -> None:
    survey = await a_survey(service, free_text=True)

    assert await send(anybody, survey.code, {"words": "a" * (LONGEST_TEXT + 1)}) == (422, "answers-refused")
    assert await send(anybody, survey.code, {"words": "a\0b"}) == (422, "answers-refused")
    assert await send(anybody, survey.code, {"words": "😶" * LONGEST_TEXT}) == (201, "")


UNKNOWN = (
    *("", "NOPE-0000", "2345-6789-CDFH", "a\0b", "\ud800", "é" * 20, "<script>", "../..", "2" * 100_000),
    "2345-6789-CDFH" * 5,
)


async def test_what_was_never_made_is_unknown_whatever_is_answered(
    service: ServiceInTest[Settings], anybody: httpx2.AsyncClient
) -> None:
    await a_survey(service)

    for code in UNKNOWN:
        assert await send(anybody, code) == (404, "code-unknown")
        assert await send(anybody, code, {"zz": ["no", "answer"]}, facets=7) == (404, "code-unknown")


async def test_before_it_opens_and_after_it_closes_nothing_is_taken(
    service: ServiceInTest[Settings], anybody: httpx2.AsyncClient, clock: Clock
) -> None:
    planned = await a_survey(service, is_open=False)
    assert await send(anybody, planned.code) == (409, "survey-not-open")
    assert (await anybody.get(f"/v1/surveys/{planned.code}")).status_code == 409

    closed, over = await a_survey(service), await a_survey(service)
    await close(service, closed)
    assert await send(anybody, closed.code) == (410, "survey-closed")
    assert await send(anybody, over.code, {"q1": 9}) == (422, "answers-refused")
    clock.move(timedelta(days=7))
    assert await send(anybody, over.code, {"q1": 9}) == (410, "survey-closed")
    assert (await anybody.get(f"/v1/surveys/{over.code}")).status_code == 410


@pytest.mark.slow
async def test_who_guesses_is_made_to_wait_at_both_doors(
    service: ServiceInTest[Settings], anybody: httpx2.AsyncClient
) -> None:
    survey = await a_survey(service)
    guesses = [
        (await anybody.get("/v1/surveys/2345-6789-CDFH")).status_code
        if number % 2
        else (await send(anybody, "2345-6789-CDFH"))[0]
        for number in range(MOST_MISSES)
    ]

    assert set(guesses) == {404}
    assert await send(anybody, survey.code) == (429, "knocks-too-often")
    assert (await anybody.get(f"/v1/surveys/{survey.code}")).status_code == 429


async def test_no_refusal_repeats_a_code(service: ServiceInTest[Settings], anybody: httpx2.AsyncClient) -> None:
    survey = await a_survey(service)
    assert (await post(anybody, {"code": survey.code, "answers": ANSWERS})).status_code == 201

    for code, status in ((survey.code, 410), ("2345-6789-CDFH", 404)):
        answer = await anybody.get(f"/v1/surveys/{code}")
        assert (answer.status_code, answer.json()["instance"]) == (status, "/v1/surveys/{code}")
        assert code not in answer.text
