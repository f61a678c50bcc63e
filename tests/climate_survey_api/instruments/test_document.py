"""What an instrument may say, and where a fault of it is found."""

from typing import Any

import pytest
from pydantic import ValidationError

from climate_survey_api.instruments.document import InstrumentDocument, faults_of
from climate_survey_api.instruments.views import InstrumentView
from shared.http.problems import faults_of as faults_found
from tests.climate_survey_api.instruments.builders import a_choice, an_instrument, an_item

HELLO, HELP = {"en": "Said hello", "es": "Saludo"}, {"en": "Asked for help", "es": "Ayuda"}

VIETNAMESE = [{"vi": f"Điểm {point}"} for point in range(1, 5)]


def _paths(told: dict[str, Any]) -> list[str]:
    """The fields at fault, whoever finds it: the shape, or what the parts say of each other."""
    try:
        document = InstrumentDocument.model_validate(told)
    except ValidationError as found:
        return [fault.path for fault in faults_found(found.errors())]
    return [fault.path for fault in faults_of(document)]


@pytest.mark.parametrize(
    ("told", "path"),
    [
        (an_instrument(instrument_id="a/b"), "instrument_id"),
        (an_instrument(instrument_id=""), "instrument_id"),
        (an_instrument(title={}), "title"),
        (an_instrument(title={"English": "Hallways"}), "title.English.[key]"),
        (an_instrument(title={"EN": "Hallways"}), "title.EN.[key]"),
        (an_instrument(title={"pt-br": "Corredores"}), "title.pt-br.[key]"),
        (an_instrument(title={"en": " "}), "title.en"),
        (an_instrument(items=[]), "items"),
        (an_instrument(*(an_item(f"i{n}") for n in range(201))), "items"),
        (an_instrument(an_item(), an_item()), "items.1.item_id"),
        (an_instrument(an_item("What happened?")), "items.0.item_id"),
        (an_instrument(an_item("x" * 65)), "items.0.item_id"),
        (an_instrument(an_item(dimension="Feels safe")), "items.0.dimension"),
        (an_instrument(an_item(dimension="")), "items.0.dimension"),
        (an_instrument(an_item(respondent_groups=[])), "items.0.respondent_groups"),
        (an_instrument(an_item(respondent_groups=["student", "student"])), "items.0.respondent_groups"),
        (an_instrument(an_item(respondent_groups=["mayor"])), "items.0.respondent_groups.0"),
        (an_instrument(an_item(scale="agree5")), "items.0.scale"),
        (an_instrument(an_item(reverse="yes")), "items.0.reverse"),
        (an_instrument(an_item(reverse=True, scale="text")), "items.0.reverse"),
        (an_instrument(a_choice(HELLO, HELP, reverse=True)), "items.0.reverse"),
        (an_instrument(an_item(ppra_area="drugs")), "items.0.ppra_area"),
        (an_instrument(an_item(text={"en": "I feel safe here."})), "items.0.text"),
        (an_instrument(an_item(text={"en": "x" * 501, "es": "x"})), "items.0.text.en"),
        (an_instrument(an_item(text={"en": "a\nb", "es": "x"})), "items.0.text.en"),
        (an_instrument(an_item(text={"en": "a\x00b", "es": "x"})), "items.0.text.en"),
        (an_instrument(an_item(scale="choice")), "items.0.choices"),
        (an_instrument(a_choice(HELLO)), "items.0.choices"),
        (an_instrument(a_choice(*([HELLO] * 21))), "items.0.choices"),
        (an_instrument(a_choice(HELLO, {"en": "Asked for help"})), "items.0.choices.1.text"),
        (an_instrument(an_item(choices=[])), "items.0.choices"),
        (an_instrument(an_item(choices=[{"text": HELLO}, {"text": HELP}])), "items.0.choices"),
        (an_instrument(an_item(origin="edscls")), "items.0.scaled"),
        (an_instrument(an_item(origin="ours")), "items.0.origin"),
        (an_instrument(an_item(weight=2)), "items.0.weight"),
        (an_instrument(version=0), "version"),
        (an_instrument(scale_texts={}), "scale_texts"),
        (an_instrument(scale_texts={"agree5": VIETNAMESE}), "scale_texts.agree5.[key]"),
        (an_instrument(scale_texts={"yes_no": VIETNAMESE[:2]}), "scale_texts.yes_no"),
        (an_instrument(scale_texts={"agree4": VIETNAMESE[:3]}), "scale_texts.agree4"),
        (an_instrument(scale_texts={"agree4": [*VIETNAMESE[:3], {"ar": "x"}]}), "scale_texts.agree4.3"),
        (an_instrument(scale_texts={"agree4": [*VIETNAMESE[:3], {"vi": "x" * 501}]}), "scale_texts.agree4.3.vi"),
        (an_instrument(a_choice(HELLO, HELP), scale_texts={"choice": VIETNAMESE[:2]}), "scale_texts.choice"),
        (an_instrument(author="me"), "author"),
    ],
)
def test_an_instrument_that_cannot_be_asked_is_refused_where_the_fault_lies(told: dict[str, Any], path: str) -> None:
    assert _paths(told) == [path]


@pytest.mark.parametrize(
    "told",
    [
        an_instrument(),
        an_instrument(title={"pt-BR": "Corredores"}, items=[an_item(text={"pt-BR": "Eu me sinto seguro."})]),
        an_instrument(title={"ar": "الممرات"}, items=[an_item(text={"ar": "أشعر بالأمان هنا."})]),
        an_instrument(
            title={"zh-Hans": "走廊", "es-419": "Pasillos"}, items=[an_item(text={"zh-Hans": "安", "es-419": "S"})]
        ),
        an_instrument(title={"en": "Hallways"}),
        an_instrument(an_item(reverse=True, scale="problem4"), a_choice(HELLO, HELP), an_item("words", scale="text")),
        an_instrument(an_item("Sengclc1", origin="edscls", scaled=False, note="2015")),
        an_instrument(an_item(ppra_area="mental_health", respondent_groups=["student", "family", "staff", "officer"])),
        an_instrument(*(an_item(f"i{n}") for n in range(200))),
        an_instrument(description={"en": "About hallways"}, version=7),
        an_instrument(scale_texts={"agree4": VIETNAMESE}),
    ],
)
def test_what_can_be_asked_is_taken_and_told_as_it_was_sent(told: dict[str, Any]) -> None:
    assert _paths(told) == []
    document = InstrumentDocument.model_validate(told)
    told_again = InstrumentDocument.model_validate_json(document.to_json())
    assert told_again.model_dump(mode="json", exclude_unset=True) == {k: v for k, v in told.items() if k != "version"}


def test_every_fault_is_told_at_once_and_none_quotes_what_people_would_read() -> None:
    document = InstrumentDocument.model_validate(
        an_instrument(an_item(scale="text", reverse=True), an_item(text={"en": "A secret phrase"}))
    )
    faults = faults_of(document)
    assert [fault.path for fault in faults] == ["items.0.reverse", "items.1.item_id", "items.1.text"]
    assert faults[2].problem == "is missing in es, a language of the title"
    assert not any("secret" in fault.problem for fault in faults)


def test_what_is_spelled_out_says_the_same_as_what_is_left_out() -> None:
    spelled_out = an_item(origin="local", scaled=True)
    left_out = {k: v for k, v in an_item().items() if k not in ("reverse", "ppra_area")}
    long, short = (InstrumentDocument.model_validate(an_instrument(item)) for item in (spelled_out, left_out))
    assert long.says_the_same_as(short)
    assert not long.says_the_same_as(InstrumentDocument.model_validate(an_instrument(an_item(reverse=True))))


def test_its_languages_are_those_that_every_item_and_choice_can_be_asked_in_whatever_the_title_is_in() -> None:
    item = an_item(text={"en": "a", "es": "b", "ar": "c"})
    choice = a_choice(HELLO | {"ar": "x"}, HELP, text={"en": "a", "es": "b"})
    told = an_instrument(item, choice, title={"en": "Hallways"}, version=1)
    assert InstrumentView.model_validate(told).languages == {"en", "es"}
    assert InstrumentView.model_validate(an_instrument(item, version=1)).languages == {"en", "es", "ar"}
