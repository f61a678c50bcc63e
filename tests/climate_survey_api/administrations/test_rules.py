"""What parents have to be given, when a survey may open, and what of its plan may still be changed."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from climate_survey_api.administrations.rules import (
    Administration,
    ConsentMode,
    Hindrance,
    ParentalChoice,
    Ppra,
    Status,
    Unit,
    changeable,
    consent_needed,
    hindrances_to_opening,
    may_ask,
    most_places,
    stronger,
)
from climate_survey_api.instruments.rules import Item, PpraArea, Scale
from shared.events.surveys import RespondentGroup, SurveyMode
from tests.climate_survey_api.suite import NOON

TODAY = date(2026, 11, 25)
NONE, OPT_OUT, OPT_IN = ConsentMode.NONE, ConsentMode.OPT_OUT, ConsentMode.OPT_IN
OPTED_OUT, CONSENTED = ParentalChoice.OPTED_OUT, ParentalChoice.CONSENTED
MINUTE = timedelta(minutes=1)
DRAFT = Administration(
    district_id="demo",
    administration_id=UUID(int=1),
    instrument_id="words",
    version=1,
    name="Fall",
    opens_at=NOON,
    closes_at=NOON + timedelta(days=7),
    mode=SurveyMode.ANONYMOUS,
    languages=("en",),
    facets=(),
    free_text=False,
    ppra=None,
    units=(Unit("s-1", RespondentGroup.STUDENT, 30), Unit("s-2", RespondentGroup.STAFF, 4)),
    status=Status.DRAFT,
)


def an_item(ppra_area: PpraArea | None = None) -> Item:
    return Item("i", "safety", frozenset({RespondentGroup.STUDENT}), Scale.AGREE4, ppra_area=ppra_area)


PLAIN = an_item()
PROTECTED = an_item(PpraArea.INCOME)


def some_ppra(consent: ConsentMode = OPT_OUT, *, required: bool = False, funded: bool = False) -> Ppra:
    return Ppra(TODAY - timedelta(days=30), consent, required, funded)


@pytest.mark.parametrize(
    ("items", "ppra", "needed"),
    [
        ([PLAIN], None, NONE),
        ([PLAIN], some_ppra(required=True, funded=True), NONE),
        ([PLAIN, PROTECTED], None, OPT_OUT),
        ([PROTECTED], some_ppra(), OPT_OUT),
        ([PROTECTED], some_ppra(required=True), OPT_OUT),
        ([PROTECTED], some_ppra(funded=True), OPT_OUT),
        ([PROTECTED], some_ppra(required=True, funded=True), OPT_IN),
        ([], None, NONE),
    ],
)
def test_what_parents_are_given_follows_from_the_items_that_students_answer(
    items: list[Item], ppra: Ppra | None, needed: ConsentMode
) -> None:
    assert consent_needed(items, ppra) is needed


@pytest.mark.parametrize("area", PpraArea)
def test_each_of_the_eight_areas_is_protected(area: PpraArea) -> None:
    assert consent_needed([an_item(area)], None) is OPT_OUT


def test_what_is_kept_is_what_is_needed_or_more_where_more_was_promised() -> None:
    for needed in ConsentMode:
        for declared in ConsentMode:
            kept = replace(DRAFT, consent_mode=needed, ppra=some_ppra(declared)).consent_kept
            assert kept is stronger(needed, declared) is stronger(declared, needed)
    assert stronger(NONE, OPT_OUT) is OPT_OUT
    assert stronger(OPT_IN, OPT_OUT) is OPT_IN
    assert replace(DRAFT, consent_mode=OPT_OUT).consent_kept is OPT_OUT


@pytest.mark.parametrize(
    ("since_it_opens", "because"),
    [
        (-MINUTE, [Hindrance.BEFORE_OPENS_AT]),
        (timedelta(0), []),
        (timedelta(days=7) - MINUTE, []),
        (timedelta(days=7), [Hindrance.AFTER_CLOSES_AT]),
    ],
)
def test_a_draft_opens_within_its_window_alone(since_it_opens: timedelta, because: list[Hindrance]) -> None:
    now = NOON + since_it_opens
    assert list(hindrances_to_opening(DRAFT, now=now, today=TODAY, notice_days=1)) == because
    takes = replace(DRAFT, status=Status.OPEN).takes_answers(now)
    assert takes is (Hindrance.AFTER_CLOSES_AT not in because)


def test_nothing_forbids_what_is_open_and_everything_what_is_closed() -> None:
    for now in (NOON - MINUTE, NOON, NOON + timedelta(days=8)):
        opened, closed = replace(DRAFT, status=Status.OPEN), replace(DRAFT, status=Status.CLOSED)
        assert hindrances_to_opening(opened, now=now, today=TODAY, notice_days=1) == ()
        assert hindrances_to_opening(closed, now=now, today=TODAY, notice_days=1) == (Hindrance.CLOSED,)
        assert not closed.takes_answers(now)
        assert not DRAFT.takes_answers(now)


@pytest.mark.parametrize(
    ("needed", "declared", "days_ago", "notice_days", "because"),
    [
        (NONE, None, 0, 1, []),
        (NONE, NONE, -5, 1, []),
        (OPT_OUT, None, 0, 1, [Hindrance.CONSENT_TOO_WEAK, Hindrance.NO_NOTICE]),
        (OPT_OUT, NONE, 30, 1, [Hindrance.CONSENT_TOO_WEAK]),
        (OPT_OUT, OPT_OUT, 30, 1, []),
        (OPT_OUT, OPT_IN, 30, 1, []),
        (OPT_IN, OPT_OUT, 30, 1, [Hindrance.CONSENT_TOO_WEAK]),
        (OPT_IN, OPT_IN, 30, 1, []),
        (OPT_OUT, OPT_OUT, 1, 1, []),
        (OPT_OUT, OPT_OUT, 0, 1, [Hindrance.NO_NOTICE]),
        (OPT_OUT, OPT_OUT, -3, 1, [Hindrance.NO_NOTICE]),
        (OPT_OUT, OPT_OUT, 13, 14, [Hindrance.NO_NOTICE]),
        (OPT_OUT, OPT_OUT, 14, 14, []),
        (OPT_OUT, OPT_OUT, 0, 0, []),
    ],
)
def test_protected_items_are_asked_after_notice_and_with_the_consent_they_need(
    needed: ConsentMode, declared: ConsentMode | None, days_ago: int, notice_days: int, because: list[Hindrance]
) -> None:
    ppra = Ppra(TODAY - timedelta(days=days_ago), declared) if declared is not None else None
    draft = replace(DRAFT, consent_mode=needed, ppra=ppra)
    assert list(hindrances_to_opening(draft, now=NOON, today=TODAY, notice_days=notice_days)) == because


def test_of_several_hindrances_the_window_comes_first() -> None:
    early = replace(DRAFT, consent_mode=OPT_IN)
    found = hindrances_to_opening(early, now=NOON - MINUTE, today=TODAY, notice_days=1)
    assert found == (Hindrance.BEFORE_OPENS_AT, Hindrance.CONSENT_TOO_WEAK, Hindrance.NO_NOTICE)


def test_a_plan_is_fixed_bit_by_bit() -> None:
    draft = changeable(DRAFT, NOON)
    with_codes = changeable(replace(DRAFT, has_codes=True), NOON)
    is_open = replace(DRAFT, status=Status.OPEN, has_codes=True)
    opened = changeable(is_open, NOON)
    assert {"instrument_id", "languages", "schools", "mode", "free_text", "consent_kept"} <= draft
    assert with_codes == {"name", "opens_at", "closes_at", "ppra"}
    assert opened == {"closes_at"}
    assert changeable(is_open, is_open.closes_at) == frozenset(), "over, though nobody has closed it yet"
    assert changeable(replace(DRAFT, status=Status.CLOSED), NOON) == frozenset()
    assert draft > with_codes > opened


@pytest.mark.parametrize(
    ("consent", "of_nobody", "of_opted_out", "of_consented"),
    [(NONE, True, True, True), (OPT_OUT, True, False, True), (OPT_IN, False, False, True)],
)
def test_a_student_is_asked_as_his_parents_decided(
    consent: ConsentMode, of_nobody: bool, of_opted_out: bool, of_consented: bool
) -> None:
    assert may_ask(consent, None) is of_nobody
    assert may_ask(consent, OPTED_OUT) is of_opted_out
    assert may_ask(consent, CONSENTED) is of_consented


@pytest.mark.parametrize(
    ("consent", "school_id", "chosen", "places"),
    [
        (NONE, "s-1", {OPTED_OUT: 3}, None),
        (OPT_OUT, "s-1", {}, 30),
        (OPT_OUT, "s-1", {OPTED_OUT: 3, CONSENTED: 9}, 27),
        (OPT_OUT, "s-1", {OPTED_OUT: 31}, 0),
        (OPT_IN, "s-1", {}, 0),
        (OPT_IN, "s-1", {OPTED_OUT: 3, CONSENTED: 9}, 9),
        (OPT_IN, "s-1", {CONSENTED: 31}, 30),
        (OPT_OUT, "s-2", {}, 0),
        (OPT_OUT, "elsewhere", {}, 0),
    ],
)
def test_no_more_students_have_a_place_than_may_be_asked(
    consent: ConsentMode, school_id: str, chosen: dict[ParentalChoice, int], places: int | None
) -> None:
    assert most_places(replace(DRAFT, consent_mode=consent), school_id, chosen) == places
