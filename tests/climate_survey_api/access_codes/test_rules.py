"""What a code looks like, and what is still read as one."""

import unicodedata
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from climate_survey_api.access_codes import rules
from climate_survey_api.access_codes.errors import (
    NoPlacesLeft,
    RecipientsMissing,
    RecipientsUnwanted,
    SurveyOver,
    TooManyForOneSheet,
    UnitNotAsked,
)
from climate_survey_api.access_codes.rules import ALPHABET, MOST_PRINTED, POSSIBLE, code_of, normalise, printed
from climate_survey_api.administrations.rules import Administration, Status, Unit
from shared.errors import ServiceError
from shared.events.surveys import RespondentGroup, SurveyMode

NOON = datetime(2026, 11, 25, 17, tzinfo=UTC)
NUMBERS = st.integers(0, POSSIBLE - 1)
CONFUSABLE = set("01OIl") | set("AEIOUY") | set("BGSZQL")
STUDENT, FAMILY = RespondentGroup.STUDENT, RespondentGroup.FAMILY


@given(NUMBERS)
def test_no_code_holds_a_symbol_that_could_be_taken_for_another(number: int) -> None:
    code = printed(code_of(number))

    groups = code.split("-")
    assert [len(group) for group in groups] == [4, 4, 4]
    assert not set(code) & (CONFUSABLE | {symbol.lower() for symbol in CONFUSABLE})
    assert set("".join(groups)) <= set(ALPHABET)


def test_the_space_is_as_large_as_the_decision_says() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 22
    assert POSSIBLE == 22**12 == 12_855_002_631_049_216


def test_every_number_is_another_code_from_the_first_to_the_last() -> None:
    numbers = (0, 1, 21, 22, 22**11 - 1, 22**11, POSSIBLE - 1)
    assert len({code_of(number) for number in numbers}) == len(numbers)
    assert (code_of(0), code_of(POSSIBLE - 1)) == ("2" * 12, "X" * 12)


@given(NUMBERS, NUMBERS)
def test_two_codes_are_the_same_only_where_their_numbers_are(one: int, other: int) -> None:
    assert (code_of(one) == code_of(other)) == (one == other)


@given(NUMBERS, st.data())
def test_a_code_is_read_in_any_case_and_however_it_is_spaced(number: int, data: st.DataObject) -> None:
    symbols = code_of(number)
    between = st.sampled_from(["", "-", " ", "--", " - ", "\u2013", "\u00a0", "\u2014"])
    typed = "".join(data.draw(between) + (symbol.lower() if data.draw(st.booleans()) else symbol) for symbol in symbols)

    assert normalise(typed + data.draw(between)) == symbols


@given(st.text(max_size=80))
def test_whatever_is_typed_is_a_code_or_none_and_never_a_fault(typed: str) -> None:
    found = normalise(typed)

    assert found is None or (len(found) == 12 and set(found) <= set(ALPHABET))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "RK4T-9X2M-7HD",
        "RK4T-9X2M-7HDPP",
        "RK4T-9X2M-7HD0",
        "RK4T-9X2M-7HDO",
        "RK4T/9X2M/7HDP",
        "RK4T-9X2M-7HDP" + " " * 60,
        "../../etc/pass",
        "\x00" * 12,
        unicodedata.lookup("FULLWIDTH DIGIT TWO") * 12,
        "ß" * 6,
    ],
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert normalise(typed) is None


def test_a_digest_tells_codes_apart_and_nothing_without_the_pepper() -> None:
    first = rules.digest_of("RK4T9X2M7HDP", b"pepper")

    assert len(first) == 32
    assert first == rules.digest_of("RK4T9X2M7HDP", b"pepper")
    assert first != rules.digest_of("RK4T9X2M7HDR", b"pepper")
    assert first != rules.digest_of("RK4T9X2M7HDP", b"another")


def test_the_same_person_has_other_digests_in_another_survey_and_group() -> None:
    surveys = (UUID(int=1), UUID(int=2))
    digests = {
        rules.recipient_digest_of("p-1", b"pepper", administration_id=survey, group=group)
        for survey in surveys
        for group in (STUDENT, FAMILY)
    }

    assert len(digests) == 4
    assert rules.digest_of("p-1", b"pepper") not in digests


def a_plan(mode: SurveyMode = SurveyMode.ANONYMOUS, status: Status = Status.DRAFT) -> Administration:
    """Asks the students of s-1."""
    return Administration(
        district_id="demo",
        administration_id=uuid4(),
        instrument_id="rapport-climate",
        version=1,
        name="Fall",
        opens_at=NOON - timedelta(days=1),
        closes_at=NOON + timedelta(days=1),
        mode=mode,
        languages=("en",),
        facets=(),
        free_text=False,
        ppra=None,
        units=(Unit("s-1", STUDENT, 30),),
        status=status,
    )


def ensure(plan: Administration, *, recipients: list[str] | None = None, count: int = 2, **other: object) -> None:
    """May they be made?"""
    asked = {"school_id": "s-1", "group": STUDENT, "now": NOON} | other
    rules.ensure_may_make(plan, count=count, recipients=recipients, **asked)  # type: ignore[arg-type]


def is_refused(plan: Administration, recipients: list[str] | None) -> bool:
    """Whether none may be made, for whatever reason."""
    try:
        ensure(plan, recipients=recipients)
    except ServiceError:
        return True
    return False


def test_codes_may_be_made_ahead_and_while_a_survey_is_open() -> None:
    asked = [(SurveyMode.ANONYMOUS, None), (SurveyMode.CONFIDENTIAL, ["p-1", "p-2"])]
    refused = {status for status in Status for mode, whom in asked if is_refused(a_plan(mode, status), whom)}
    assert refused == set(Status) - {Status.DRAFT, Status.OPEN}


@pytest.mark.parametrize(
    ("plan", "asked", "refusal", "paths"),
    [
        (a_plan(status=Status.CLOSED), {}, SurveyOver, []),
        (a_plan(), {"now": NOON + timedelta(days=1)}, SurveyOver, []),
        (a_plan(), {"group": FAMILY}, UnitNotAsked, ["respondent_group"]),
        (a_plan(), {"school_id": "s-9"}, UnitNotAsked, ["school_id"]),
        (a_plan(), {"recipients": ["p-1", "p-2"]}, RecipientsUnwanted, ["recipients"]),
        (a_plan(SurveyMode.CONFIDENTIAL), {}, RecipientsMissing, ["recipients"]),
        (a_plan(SurveyMode.CONFIDENTIAL), {"recipients": ["p-1"]}, RecipientsMissing, ["recipients"]),
        (a_plan(SurveyMode.CONFIDENTIAL), {"recipients": ["p-1", "p-1"]}, RecipientsMissing, ["recipients.1"]),
    ],
)
def test_codes_that_the_plan_does_not_bear_are_refused(
    plan: Administration, asked: dict[str, object], refusal: type[ServiceError], paths: list[str]
) -> None:
    with pytest.raises(refusal) as refused:
        ensure(plan, **asked)  # type: ignore[arg-type]
    assert [fault.path for fault in refused.value.errors] == paths


def test_students_codes_stay_within_those_who_may_be_asked() -> None:
    rules.ensure_places(None, taken=1000, wanted=1000)
    rules.ensure_places(30, taken=20, wanted=10)
    with pytest.raises(NoPlacesLeft) as refused:
        rules.ensure_places(30, taken=20, wanted=11)
    assert refused.value.extensions == {"left": 10}
    with pytest.raises(NoPlacesLeft) as refused:
        rules.ensure_places(18, taken=20, wanted=1)
    assert refused.value.extensions == {"left": 0}, "some parents decided after the codes were made"


def test_a_document_holds_so_many_codes_and_not_one_more() -> None:
    rules.ensure_printable(MOST_PRINTED)
    with pytest.raises(TooManyForOneSheet):
        rules.ensure_printable(MOST_PRINTED + 1)
