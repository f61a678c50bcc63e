"""What the shipped instruments promise to those who answer them, and to those who read the answers."""

import re
from collections import Counter

import pytest

from climate_survey_api.instruments.catalogue import shipped_instruments
from climate_survey_api.instruments.document import DocumentItem, Origin, faults_of
from climate_survey_api.instruments.rules import SHIPPED_ID, Scale
from climate_survey_api.instruments.views import items_of, shipped_views
from shared.events.surveys import RespondentGroup

OURS = shipped_instruments()[SHIPPED_ID][1]
EDSCLS = shipped_instruments()["edscls-cultural-linguistic"][1]
DIMENSIONS = ["safety", "relationships", "collaborative_leadership", "ethics", "equity", "wellness", "communication"]
ASKED_FULLY = [RespondentGroup.STUDENT, RespondentGroup.FAMILY, RespondentGroup.STAFF]


def _form(group: RespondentGroup) -> list[DocumentItem]:
    return [item for item in OURS.items if group in item.respondent_groups]


def _syllables(word: str) -> int:
    """As the readability formulas count them: groups of vowels, without a silent e."""
    bare = word.lower().removesuffix("'s")
    count = len(re.findall("[aeiouy]+", bare))
    return max(1, count - (bare.endswith("e") and not bare.endswith("le")))


def _grade(texts: list[str]) -> float:
    """The US school grade that can read these. Source: Flesch-Kincaid (Kincaid et al. 1975)."""
    words = [word for text in texts for word in re.findall(r"[A-Za-z']+", text)]
    sentences = sum(len(re.findall("[.?]", text)) for text in texts)
    return 0.39 * len(words) / sentences + 11.8 * sum(map(_syllables, words)) / len(words) - 15.59


@pytest.mark.parametrize("document", [d for versions in shipped_instruments().values() for d in versions.values()])
def test_what_is_shipped_is_held_to_what_is_asked_of_a_districts_own(document: object) -> None:
    assert isinstance(document, type(OURS))
    assert faults_of(document) == []
    assert document.version is not None


@pytest.mark.parametrize("group", RespondentGroup)
def test_every_form_has_every_dimension_the_officer_module_and_a_reversed_item(group: RespondentGroup) -> None:
    scored = Counter(item.dimension for item in _form(group) if item.scale is Scale.AGREE4)
    assert scored.keys() == {*DIMENSIONS, "sro"}
    assert min(scored.values()) >= (3 if group in ASKED_FULLY else 2)
    assert 1 <= sum(item.reverse for item in _form(group)) <= 4


@pytest.mark.parametrize("group", RespondentGroup)
def test_a_form_is_read_by_a_fifth_grader_in_five_minutes(group: RespondentGroup) -> None:
    texts = [item.text["en"] for item in _form(group)]
    assert len(texts) <= 30
    assert _grade(texts) <= 5
    assert max(len(sentence.split()) for text in texts for sentence in re.split(r"[.?] ?", text)) <= 15
    # 100 words a minute is a slow fifth grader; five seconds go into each answer.
    assert sum(len(text.split()) for text in texts) / 100 + len(texts) * 5 / 60 <= 5.5


def test_every_text_is_there_in_english_and_spanish_and_is_no_copy_of_another() -> None:
    assert shipped_views()[SHIPPED_ID][1].languages == {"en", "es"} == OURS.title.keys()
    for language in ("en", "es"):
        texts = [item.text[language].casefold() for item in OURS.items]
        assert len(set(texts)) == len(texts)
    assert not [item.item_id for item in OURS.items if item.text["en"] == item.text["es"]]


def test_our_own_items_are_marked_so_and_touch_no_protected_area() -> None:
    assert {item.origin for item in OURS.items} == {Origin.LOCAL}
    assert {item.ppra_area for item in OURS.items} == {None}
    touchy = re.compile(r"\b(drugs?|alcohol|weapons?|guns?|sad|depress\w*|suicid\w*|religio\w*|vot\w+|income|poor)\b")
    assert not [item.item_id for item in OURS.items if touchy.search(item.text["en"].lower())]
    copied = {item.text["en"] for item in EDSCLS.items}
    assert not copied & {item.text["en"] for item in OURS.items}


def test_the_officer_module_asks_what_the_issue_names() -> None:
    for group in ASKED_FULLY:
        module = [item for item in _form(group) if item.dimension == "sro"]
        assert {"sro_known", "sro_role_known", "sro_go_to", "sro_contact"} <= {item.item_id for item in module}
        assert [item.scale for item in module].count(Scale.CHOICE) == 1
    (contact,) = [item for item in OURS.items if item.item_id == "sro_contact"]
    assert contact.choices is not None
    assert len(contact.choices) == 6


def test_free_text_is_asked_once_at_the_end_of_every_form() -> None:
    for group in RespondentGroup:
        assert [item.scale for item in _form(group)].index(Scale.TEXT) == len(_form(group)) - 1


def test_the_seven_items_of_edscls_are_named_as_theirs_and_make_no_scale() -> None:
    assert [item.item_id for item in EDSCLS.items] == [f"Sengclc{number}" for number in range(1, 8)]
    assert {item.origin for item in EDSCLS.items} == {Origin.EDSCLS}
    assert not any(item.scaled for item in items_of(shipped_views()["edscls-cultural-linguistic"][1]))
    assert [item.item_id for item in EDSCLS.items if item.reverse] == ["Sengclc6", "Sengclc7"]
    assert all("2015 pilot" in (item.note or "") for item in EDSCLS.items)
