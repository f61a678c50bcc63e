"""What events of the topic `surveys` change in the views, and that it never depends on how they arrive."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.codec import AT_OPENING, LAST_DAY, RESPONDENT_GROUPS, WHOLE_DISTRICT, Unstorable
from reporting.projections.changes import Answered, Counting, Finding, Unit
from reporting.projections.folding import PROJECTIONS, Folded, fold
from reporting.projections.survey_registers import FoldedSurveys
from shared.events.base import Event
from shared.events.catalogue import CATALOGUE
from shared.events.surveys import HelpRequested, RespondentGroup, SurveyFacet
from shared.testing.survey_events import SURVEY, a_closing, a_count, a_finding, an_opening, some_progress

STUDENT = RESPONDENT_GROUPS[RespondentGroup.STUDENT]
UNIT = Unit(("demo", "s-1"), str(SURVEY), STUDENT)
DISTRICT = Unit(("demo", WHOLE_DISTRICT), str(SURVEY), STUDENT)
OPENED, COUNTED, CLOSED = (date(2026, 10, day).toordinal() for day in (5, 6, 16))


def of_surveys(*events: Event) -> FoldedSurveys:
    """What these events change of the topic's tables."""
    return fold(events).surveys


def test_an_opening_says_when_and_whom_and_that_nobody_has_answered() -> None:
    folded = of_surveys(an_opening())
    assert [said for _, said in folded.openings.values()] == [(2027, OPENED)]
    assert folded.answered == {UNIT: Answered(AT_OPENING, 100, None, 0)}
    assert (set(folded.places()), folded.districts()) == ({("demo", "s-1")}, {"demo"})


def test_a_later_day_takes_the_place_of_an_earlier_one_and_the_closing_that_of_any() -> None:
    late, early = some_progress(counted_on=date(2026, 10, 9), used=41), some_progress()
    assert of_surveys(late, early, an_opening()).answered == {UNIT: Answered(COUNTED + 3, 100, 90, 41)}
    folded = of_surveys(a_closing(), late, early)
    assert folded.answered == {UNIT: Answered(LAST_DAY, 100, 90, 72)}
    assert [said for _, said in folded.closings.values()] == [(2027, CLOSED)]


def test_a_count_says_of_each_dimension_its_sums_or_that_they_are_suppressed() -> None:
    folded = of_surveys(a_count(a_finding(), a_finding("equity", suppressed=True), school_id=None))
    assert [counting for _, counting in folded.counts.values()] == [Counting(2027, CLOSED, 1, 100, 10)]
    assert {key: finding for key, (_, finding) in folded.findings.items()} == {
        (DISTRICT, "safety"): Finding(72, 210, 147, 208.5),
        (DISTRICT, "equity"): Finding(None, None, None, None),
    }
    assert (set(folded.places()), folded.districts()) == (set(), {"demo"})


def test_facets_and_items_change_nothing() -> None:
    assert of_surveys(a_count(facet=SurveyFacet.SEX)) == FoldedSurveys()
    assert of_surveys(a_count(a_finding(item_id="safety-1"))).findings == {}


def test_what_has_no_view_is_passed_over() -> None:
    assert {event for event in CATALOGUE if event.topic == "surveys"} - set(PROJECTIONS) == {HelpRequested}


POISONED = {
    "sums beyond any number": a_count(a_finding(means=float("inf"))),
    "more favourable answers than answers": a_count(a_finding(favorable=211)),
    "more respondents than there are": a_count(a_finding(n=1 << 31)),
    "more invited than there are": a_count(invited=1 << 31),
    "more codes than there are": some_progress(generated=1 << 31),
    "a dimension told twice": a_count(a_finding(), a_finding()),
    "a dimension without a name": a_count(a_finding("")),
    "a dimension as long as a page": a_count(a_finding("d" * 256)),
    "NUL in a dimension": a_count(a_finding("d\0")),
    "a school without an id, which is no district": a_count(school_id=""),
    "such a school that is asked": an_opening({"school_id": ""}),
    "such a school that has answered": some_progress(school_id=""),
    "such a school at the end": a_closing({"school_id": ""}),
    "NUL in a school": some_progress(school_id="s\0"),
    "a district without an id": an_opening(district_id=""),
    "a year that no school has, opened": an_opening(school_year=1 << 15),
    "a year that no school has, closed": a_closing(school_year=-1),
    "a year that no school has, counted": a_count(school_year=1 << 15),
}


@pytest.mark.parametrize("poisoned", POISONED.values(), ids=POISONED.keys())
def test_an_event_that_no_table_can_hold_is_refused(poisoned: Event) -> None:
    with pytest.raises(Unstorable):
        fold([an_opening(), poisoned])


def merged(parts: Sequence[Folded]) -> FoldedSurveys:
    """What the tables do with the sums of several batches."""
    whole = FoldedSurveys()
    for part in (folded.surveys for folded in parts):
        for survey, opened in part.openings.items():
            whole.openings[survey] = max(opened, whole.openings.get(survey, opened))
        for survey, closed in part.closings.items():
            whole.closings[survey] = max(closed, whole.closings.get(survey, closed))
        for unit, answered in part.answered.items():
            whole.answered[unit] = max(answered, whole.answered.get(unit, answered), key=lambda a: a.counted_day)
        for unit, counted in part.counts.items():
            whole.counts[unit] = max(counted, whole.counts.get(unit, counted))
        for key, found in part.findings.items():
            whole.findings[key] = max(found, whole.findings.get(key, found), key=lambda f: f[0])
    return whole


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Two surveys at two schools: opened, told of on some days, closed, and counted, perhaps more than once."""
    events: list[Event] = []
    for survey in (UUID(int=44), UUID(int=45)):
        units = [{"school_id": school_id} for school_id in draw(st.sets(st.sampled_from(["s-1", "s-2"]), min_size=1))]
        events += draw(st.sampled_from([[], [an_opening(*units, administration_id=survey)]]))
        for day in draw(st.sets(st.integers(6, 15))):
            events += [
                some_progress(**unit, administration_id=survey, counted_on=date(2026, 10, day), used=day)
                for unit in units
            ]
        events += draw(st.sampled_from([[], [a_closing(*units, administration_id=survey)]]))
        for hour in draw(st.sets(st.integers(10, 12))):
            at = datetime(2026, 10, 16, hour, tzinfo=UTC)
            suppressed = draw(st.booleans())
            for school_id in (None, "s-1"):
                found = [
                    a_finding(name, suppressed=suppressed, favorable=hour)
                    for name in draw(st.sets(st.sampled_from(["safety", "equity"])))
                ]
                events.append(a_count(*found, administration_id=survey, school_id=school_id, occurred_at=at))
    return events


@given(histories(), st.randoms(use_true_random=False), st.integers(1, 7))
def test_neither_order_nor_batch_size_nor_duplicates_change_the_result(
    events: list[Event], random: Random, size: int
) -> None:
    whole = of_surveys(*events)
    shuffled = random.sample(events, len(events))
    assert of_surveys(*shuffled, *events) == whole
    assert merged([fold(shuffled[i : i + size]) for i in range(0, len(events), size)]) == whole
    assert merged([fold(shuffled[i::size]) for i in range(size)]) == whole
