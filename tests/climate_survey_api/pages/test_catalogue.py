"""What the pages say: the same in every language, nothing missing, nothing left over."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

import climate_survey_api.pages
from climate_survey_api.instruments.rules import PpraArea
from climate_survey_api.pages.catalogue import Speaker, catalogues, said_to
from climate_survey_api.pages.languages import Tongue
from climate_survey_api.pages.rendering import dialled
from climate_survey_api.pages.standing import Stands
from climate_survey_api.pages.steps import StepKind
from shared.events.surveys import RespondentGroup, SurveyMode

NEW_YORK = ZoneInfo("America/New_York")
BEGINNINGS = {
    "intro.": SurveyMode,
    "intro.group.": RespondentGroup,
    "preview.": SurveyMode,
    "preview.for.": RespondentGroup,
    "preview.area.": PpraArea,
    "preview.standing.": Stands,
}
"""Texts that are named by what they are about."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def sources() -> str:
    folder = Path(climate_survey_api.pages.__file__).parent
    return "\n".join(path.read_text(encoding="utf-8") for kind in ("*.py", "*.html") for path in folder.rglob(kind))


def test_every_language_says_the_same_things_with_the_same_values() -> None:
    english = catalogues()["en"]
    assert set(catalogues()) == {"en", "es"}
    for language, texts in catalogues().items():
        assert texts.keys() == english.keys(), language
        # A date may be written without a half of the day.
        same = {name for name in english if placeholders(texts[name]) == placeholders(english[name])}
        assert english.keys() - same <= {"time"}, language
        assert [name for name, text in texts.items() if not text.strip() or "<" in text or "  " in text] == []


def test_spanish_is_not_english() -> None:
    english, spanish = catalogues()["en"], catalogues()["es"]
    assert {name for name in english if english[name] == spanish[name]} <= {"date_and_time"}


def test_a_group_is_told_the_same_in_words_of_its_own() -> None:
    folder = Path(climate_survey_api.pages.__file__).parent / "texts"
    said = {(path.parent.name, path.stem): json.loads(path.read_bytes()) for path in folder.glob("*/*.json")}

    assert {("student", "es"), ("family", "en"), ("family", "es")} <= said.keys()
    for (group, language), own in said.items():
        everybody_s = catalogues()[language]
        assert own.items().isdisjoint(everybody_s.items()), group
        assert {name: placeholders(text) for name, text in own.items()} == {
            name: placeholders(everybody_s[name]) for name in own
        }
        assert said_to(RespondentGroup(group), language) == everybody_s | own


ON_FORMS = (
    *("intro.", "form.", "about.", "words.", "review.", "refused.used", "refused.early", "refused.closed"),
    *("fault.answer", "fault.words", "fault.refused", "fault.empty", "help.danger"),
)
FOR_WHOEVER_READS = (
    *("error_", "entry.", "thanks.", "help.", "status.", "fault.code", "fault.school", "fault.contact", "fault.me"),
    *("refused.unknown", "refused.nowhere", "refused.often", "refused.away", "refused.faulty", "refused.large"),
)
TU = r"tú|ti|te|tus?|tuyas?|puedes|revisa|escribe|escribas|elige|responde|llama|guarda"
USTED = r"usted|sus?|suyas?|revise|escriba|elija|responda|llame|guarde|mire|hable|díganos"


@pytest.mark.parametrize(
    ("group", "never", "where"),
    [
        (RespondentGroup.STUDENT, USTED, ON_FORMS),
        (RespondentGroup.FAMILY, TU, ON_FORMS),
        (RespondentGroup.STAFF, TU, ON_FORMS),
        (None, f"{TU}|{USTED}", FOR_WHOEVER_READS),
    ],
)
def test_spanish_says_tu_to_students_usted_to_adults_and_neither_to_whoever_reads(
    group: RespondentGroup | None, never: str, where: tuple[str, ...]
) -> None:
    said = {name: text for name, text in said_to(group, "es").items() if name.startswith(where)}

    assert len(said) > 20
    assert [text for text in said.values() if re.search(rf"\b({never})\b", text, re.IGNORECASE)] == []


def test_every_text_is_used_and_every_text_that_is_used_is_there() -> None:
    texts, written = catalogues()["en"], sources()
    kinds = {name.partition(".")[0] for name in texts}
    quoted = set(re.findall(r"[\"']([a-z_]+(?:\.[a-z_]+)*)[\"']", written))
    assert {name for name in quoted - texts.keys() if "." in name and name.partition(".")[0] in kinds} == set()
    beginnings = tuple(re.findall(r"\"([a-z_]+\.[a-z_.]*)(?:\{|\" ~)", written))
    unused = {name for name in texts if name not in quoted and not name.startswith(beginnings)}
    assert unused <= {f"{kind}.heading" for kind in StepKind}
    for beginning, values in BEGINNINGS.items():
        assert all(f"{beginning}{value}" in texts for value in values), beginning


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Call 911.", 'Call <a href="tel:911">911</a>.'),
        ("call or text 988, or 555-988-0911", 'call or text <a href="tel:988">988</a>, or 555-988-0911'),
        ("9110 &lt;b&gt;", "9110 &lt;b&gt;"),
    ],
)
def test_emergency_numbers_are_called_when_they_are_touched(said: str, shown: str) -> None:
    assert dialled(Markup(said)) == Markup(shown)


def test_dates_are_written_as_people_there_write_them() -> None:
    evening = datetime(2026, 12, 2, 1, 5, tzinfo=UTC)
    english, spanish = (Speaker(Tongue(language, language), NEW_YORK) for language in ("en", "es"))
    assert ">December 1, 2026, 8:05 PM EST<" in english.moment(evening)
    assert ">1 de diciembre de 2026, 20:05 EST<" in spanish.moment(evening)
    assert 'datetime="2026-12-01T20:05:00-05:00"' in english.moment(evening)
    assert english.day(date(2026, 11, 2)) == '<time datetime="2026-11-02">November 2, 2026</time>'


def test_what_is_said_in_another_language_than_the_page_s_says_so_and_values_are_escaped() -> None:
    arabic = Speaker(Tongue("ar", "en"), NEW_YORK)
    assert arabic.say("form.next") == '<span lang="en" dir="ltr">Next</span>'
    assert arabic.pick({"en": "Yes", "ar": "نعم"}) == "نعم"
    assert arabic.pick({"es": "Sí"}) == '<span lang="es" dir="ltr">Sí</span>'
    assert "&lt;b&gt;" in arabic.say("status.school", school="<b>")
    assert arabic.pick({}) == ""
