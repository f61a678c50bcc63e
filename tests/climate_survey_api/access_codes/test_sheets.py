"""Codes on paper: what stands on a card, that its square can be read, and that a spreadsheet runs none of it."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfbase.pdfmetrics import stringWidth

from climate_survey_api.access_codes.rules import MadeCode, code_of, printed
from climate_survey_api.access_codes.sheets.cards import Heading, cards_of
from climate_survey_api.access_codes.sheets.rows import csv_of
from climate_survey_api.access_codes.sheets.wording import readable, shown, words_in
from climate_survey_api.administrations.rules import Unit
from shared.events.surveys import RespondentGroup
from tests.climate_survey_api.access_codes.qr_reading import read_square, squares_in

ADDRESS = "https://surveys.example.org/s/"
CLOSES = datetime(2026, 10, 23, 17, tzinfo=UTC)
CODES = [MadeCode(printed(code_of(number * 7_919**3)), None) for number in range(10)]


def drawn(
    codes: list[MadeCode],
    *,
    languages: tuple[str, ...] = ("en", "es"),
    survey: str = "Otoño 2026",
    school: str | None = "Lincoln Middle School",
) -> str:
    """The document's text, as its bytes have it."""
    unit = Unit("s-1", RespondentGroup.STUDENT, 64, school_name=school)
    made = cards_of(codes, Heading(survey, unit, CLOSES, languages), address_of=ADDRESS, compressed=False)
    return made.decode("latin-1")


def lines_in(document: str) -> list[str]:
    """Every line that is shown, in the order in which it is drawn."""
    shown_lines = re.findall(r"\(((?:[^()\\]|\\.)*)\) Tj", document)
    octal = re.compile(r"\\(\d{3})")
    return [octal.sub(lambda found: bytes([int(found[1], 8)]).decode("cp1252"), line) for line in shown_lines]


def test_a_csv_has_exactly_code_and_url() -> None:
    assert csv_of(CODES[:2], address_of=ADDRESS) == (
        f"code,url\r\n{CODES[0].code},{ADDRESS}{CODES[0].code}\r\n{CODES[1].code},{ADDRESS}{CODES[1].code}\r\n"
    )


def test_a_csv_of_named_people_says_whose_each_is_and_runs_nothing_in_a_spreadsheet() -> None:
    named = [MadeCode(CODES[0].code, "p-1"), MadeCode(CODES[1].code, "=1+1")]

    rows = csv_of(named, address_of=ADDRESS).splitlines()

    assert rows[0] == "code,url,recipient"
    assert [row.rpartition(",")[2] for row in rows[1:]] == ["p-1", "'=1+1"]


def test_a_card_says_what_it_is_for_how_long_and_how_in_the_languages_of_the_survey() -> None:
    lines = lines_in(drawn(CODES[:1]))

    said = " ".join(lines)
    assert "Otoño 2026" in lines
    assert CODES[0].code in lines
    assert f"{ADDRESS}{CODES[0].code}" in lines
    assert "Open until October 23, 2026, 5:00 PM UTC." in said
    assert "Abierta hasta el 23 de octubre de 2026, 17:00 UTC." in said
    assert "The code works once." in said
    assert "El código sirve una sola vez." in said


def test_a_language_without_words_of_ours_gets_english_where_there_is_nothing_else() -> None:
    staff = RespondentGroup.STAFF
    assert len(words_in(["so", "es"], staff, CLOSES)) == 1
    assert words_in(["so"], staff, CLOSES) == words_in(["en"], staff, CLOSES)
    assert words_in(["es", "en"], staff, CLOSES)[0].until.startswith("Abierta")


@pytest.mark.parametrize("group", RespondentGroup)
def test_every_group_is_named_on_its_cards(group: RespondentGroup) -> None:
    english, spanish = words_in(["en", "es"], group, CLOSES)
    assert english.group != spanish.group


@pytest.mark.parametrize(("school", "named"), [("Lincoln Middle School", "Lincoln Middle School"), (None, "s-1")])
def test_a_card_says_of_which_school_and_group_it_is(school: str | None, named: str) -> None:
    lines = lines_in(drawn(CODES[:1], school=school))

    assert named in lines
    assert "Students · Estudiantes" in lines


def test_names_that_a_card_has_no_letters_for_give_way_to_plain_ones() -> None:
    lines = lines_in(drawn(CODES[:1], survey="学校气候调查 2026", school="第一小学"))

    assert {"Survey · Encuesta", "s-1"} <= set(lines)
    assert not any("?" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "seen"),
    [("Łódź", "?ódz"), ("École № 4", "École No 4"), ("学校 s", "id"), ("2026-27", "2026-27"), ("😀😀", "id"), ("", "")],
)
def test_a_name_is_shown_as_long_as_most_of_its_letters_are(name: str, seen: str) -> None:
    assert readable(name, "id") == seen


def test_ten_codes_take_two_pages_and_each_stands_once() -> None:
    document = drawn(CODES)

    assert len(re.findall(r"/Type /Page\b", document)) == 2
    lines = lines_in(document)
    assert [line for line in lines if line in {code.code for code in CODES}] == [code.code for code in CODES]


def test_a_card_names_its_recipient_where_there_is_one() -> None:
    assert "p-17" in lines_in(drawn([MadeCode(CODES[0].code, "p-17")]))


@pytest.mark.parametrize("name", ["The climate of our schools " * 7, "Climate" * 28])
def test_a_name_that_is_too_long_ends_in_dots_and_within_the_card(name: str) -> None:
    lines = lines_in(drawn(CODES[:1], survey=name, school=name))

    cut = [line for line in lines if line.endswith("…")]
    assert len(cut) == 2
    assert all(stringWidth(line, "Helvetica-Bold", 10) < 150 for line in cut)


@pytest.mark.parametrize(
    ("text", "seen"), [("Otoño — “16”", "Otoño — “16”"), ("Łódź ờ", "?ódz o"), ("调查", "??"), ("a\tb", "a b")]
)
def test_letters_that_the_fonts_lack_are_shown_without_accents_or_as_a_question_mark(text: str, seen: str) -> None:
    assert shown(text) == seen


@given(st.text(max_size=200))
def test_any_name_can_be_drawn(text: str) -> None:
    assert shown(text).encode("cp1252") is not None


def test_every_square_reads_as_the_address_beside_it() -> None:
    read = [read_square(modules) for modules in squares_in(drawn(CODES))]

    assert read == [f"{ADDRESS}{code.code}" for code in CODES]


def test_all_lies_where_either_paper_is_printed() -> None:
    pages = [page for page in re.findall(r"/MediaBox \[([^\]]*)\]", drawn(CODES))]

    assert {tuple(map(float, page.split())) for page in pages} == {(0, 0, 612, 792)}
    # A4 is 595 by 842: centred, it shows the letter page from 8.5 to 603.5.
    cuts = re.findall(r"(-?[\d.]+) (-?[\d.]+) m (-?[\d.]+) (-?[\d.]+) l", drawn(CODES))
    across = [float(x) for line in cuts for x in (line[0], line[2])]
    assert cuts
    assert (min(across), max(across)) == (36, 576)
