"""Which language a reader is spoken to in, and which way it is written."""

import pytest

from climate_survey_api.pages.languages import Tongue, chosen, direction, own_name, tongue

BROWSER = [
    ("es", "es"),
    ("es-MX,es;q=0.9,en;q=0.8", "es"),
    ("en;q=0.4,es;q=0.9", "es"),
    ("fr,de;q=0.9", "en"),
    ("de,es-419;q=0.5", "es"),
    ("es;q=0,en;q=0.1", "en"),
    ("", "en"),
    ("*", "en"),
    ("es;q=often,en", "en"),
    (";;,=,es", "es"),
    ("x" * 5000, "en"),
]


@pytest.mark.parametrize(("accepted", "language"), BROWSER)
def test_a_browser_is_answered_in_what_it_asks_for_as_far_as_that_is_offered(accepted: str, language: str) -> None:
    assert chosen(("en", "es"), accepted=accepted) == language


def test_a_chosen_language_goes_before_the_browser_s_and_one_that_is_not_offered_is_passed_over() -> None:
    assert chosen(("en", "es"), wanted="ES", accepted="en") == "es"
    assert chosen(("en", "es"), wanted="fr", accepted="es") == "es"
    assert chosen(("pt-BR", "en"), wanted="pt") == "pt-BR"
    assert chosen(("zh-Hans", "zh-Hant"), accepted="zh-Hant") == "zh-Hant"


def test_a_survey_in_a_language_of_its_own_stands_in_english_surroundings() -> None:
    arabic = tongue(("ar", "en"), ("en", "es"), accepted="ar-EG")
    assert (arabic, arabic.direction) == (Tongue("ar", "en"), "rtl")
    assert tongue(("es", "en"), ("en", "es"), accepted="es-US") == Tongue("es", "es")


@pytest.mark.parametrize(
    ("language", "way"), [("ar", "rtl"), ("ar-EG", "rtl"), ("fa", "rtl"), ("so", "ltr"), ("zh-Hant", "ltr")]
)
def test_what_is_written_leftwards_is_shown_so(language: str, way: str) -> None:
    assert direction(language) == way


def test_languages_go_by_their_own_names() -> None:
    assert [own_name(language) for language in ("es", "pt-BR", "so", "xx")] == [
        "Español",
        "Português",
        "Soomaali",
        "xx",
    ]
