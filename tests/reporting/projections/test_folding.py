"""What events change in the views, and that it never depends on how they arrive."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.codec import (
    CELL_BITS,
    NOT_REACHED,
    STAGES,
    TIMING_BITS,
    Unstorable,
    month_of,
    on_day,
    pack_referrals,
    pack_students,
    timing_of,
)
from reporting.measures.histograms import bucket_of
from reporting.projections.folding import MOST_EVENTS, PROJECTIONS, REFERRED, STAGE_BITS, Folded, fold
from reporting.projections.referrals import student_number
from shared.events.base import Event
from shared.events.catalogue import CATALOGUE
from shared.events.facets import RaceEthnicity, Sex
from shared.events.referrals import (
    Need,
    ReferralAccepted,
    ReferralContacted,
    ReferralContactOverdue,
    ReferralContactReminded,
    ReferralEnteredInError,
    ReferralEvent,
    ReferralPutOnHold,
    ReferralRescheduled,
    ReferralResumed,
    ReferralSubmitted,
    Stage,
)
from shared.testing.events import EVENT_OF_STAGE, a_life, a_submission, an_enrollment, later, some_facets, taken_back

Key = TypeVar("Key")
PLACE = ("demo", "s-1")
SLOT = month_of(date(2026, 9, 14)) << CELL_BITS | pack_referrals(
    a_submission().need, a_submission().urgency, a_submission().facets
)
DAY_SLOT = on_day(SLOT, date(2026, 9, 14))
OUTCOMES = (Stage.COMPLETED, Stage.FAILED, Stage.REJECTED, Stage.CANCELLED)
NOT_DRAWN = {Stage.SUBMITTED, Stage.CONTACTED, *OUTCOMES}


def counts_of(summed: int) -> list[int]:
    """What is to be added to each stage, in the order of `STAGES`, as the tables take it apart."""
    above_zero = summed + sum(MOST_EVENTS << STAGE_BITS * i for i in range(len(STAGES)))
    return [(above_zero >> STAGE_BITS * i & (1 << STAGE_BITS) - 1) - MOST_EVENTS for i in range(len(STAGES))]


def stages_of(folded: Folded) -> dict[str, int]:
    """The stages of the ordinary cell that are not 0."""
    counts = counts_of(folded.tallies[PLACE].get(SLOT, 0))
    return {stage.value: n for stage, n in zip(STAGES, counts, strict=True) if n}


def members_of(folded: Folded) -> dict[tuple[int, int], tuple[int, int]]:
    """How often each student was referred at the ordinary school, and how many of these referrals are open."""
    above_zero = MOST_EVENTS * REFERRED + MOST_EVENTS
    return {
        member: ((counts + above_zero) // REFERRED - MOST_EVENTS, (counts + above_zero) % REFERRED - MOST_EVENTS)
        for member, counts in folded.sightings[PLACE].items()
    }


def clocks_of(folded: Folded) -> dict[int, int]:
    """How many contact clocks of the ordinary cell ended how, without what was taken back."""
    by_slot = folded.timings[PLACE].items()
    assert {slot >> TIMING_BITS for slot, _ in by_slot} <= {SLOT}
    return {slot & (1 << TIMING_BITS) - 1: n for slot, n in by_slot if n}


def contacted(submitted: ReferralSubmitted, after: timedelta, *, was_overdue: bool = False) -> ReferralContacted:
    """Somebody was reached so long after the submission; due after two days."""
    at = submitted.submitted_at + after
    return later(ReferralContacted, submitted, contacted_at=at, was_overdue=was_overdue)


@pytest.mark.parametrize("stage", [s for s in Stage if s is not Stage.SUBMITTED])
def test_each_stage_is_counted_by_its_event_alone(stage: Stage) -> None:
    assert stages_of(fold([later(EVENT_OF_STAGE[stage], a_submission())])) == {stage.value: 1}


def test_a_submission_counts_as_submitted_and_its_student_as_referred() -> None:
    folded = fold([a_submission(), a_submission(), a_submission(student_id="st-2")])
    assert stages_of(folded) == {"submitted": 3}
    one, two = student_number("demo", "st-1"), student_number("demo", "st-2")
    assert members_of(folded) == {(DAY_SLOT, one): (2, 2), (DAY_SLOT, two): (1, 1)}


def test_later_stages_count_under_the_day_of_submission() -> None:
    submitted = a_submission(submitted_on=date(2026, 12, 31))
    accepted = later(ReferralAccepted, submitted, occurred_at="2027-02-01T00:00:00Z")
    assert list(fold([accepted]).tallies[PLACE]) == list(fold([submitted]).tallies[PLACE])


def test_entered_in_error_takes_back_every_stage_reached_and_the_student() -> None:
    life = a_life(a_submission(), Stage.ACCEPTED, Stage.CONTACTED, Stage.STARTED)
    folded = fold([*life, taken_back(life)])
    assert stages_of(folded) == {}
    assert set(folded.sightings[PLACE].values()) == {0}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_referral_is_open_from_its_submission_to_its_outcome(outcome: Stage) -> None:
    life = a_life(a_submission(), Stage.ACCEPTED, Stage.STARTED)
    assert list(members_of(fold(life)).values()) == [(1, 1)]
    ended = a_life(a_submission(), Stage.ACCEPTED, outcome)
    assert list(members_of(fold(ended)).values()) == [(1, 0)]
    assert list(members_of(fold([*life, taken_back(life)])).values()) == [(0, 0)]
    assert list(members_of(fold([*ended, taken_back(ended)])).values()) == [(0, 0)]


def test_a_contact_counts_by_how_long_it_took_and_whether_that_was_in_time() -> None:
    two_days = timedelta(days=2)
    reached = [contacted(a_submission(), after) for after in (timedelta(hours=3), two_days, two_days + timedelta(1))]
    assert clocks_of(fold(reached)) == {
        timing_of(bucket_of(timedelta(hours=3)), in_time=True): 1,
        timing_of(bucket_of(two_days), in_time=True): 1,
        timing_of(bucket_of(timedelta(days=3)), in_time=False): 1,
    }


def test_one_that_is_overdue_counts_as_not_reached_until_somebody_is_reached() -> None:
    submitted = a_submission()
    overdue = later(ReferralContactOverdue, submitted)
    assert clocks_of(fold([overdue])) == {NOT_REACHED: 1}
    after_all = contacted(submitted, timedelta(days=5), was_overdue=True)
    assert clocks_of(fold([overdue, after_all])) == {timing_of(bucket_of(timedelta(days=5)), in_time=False): 1}
    # The calendar was changed in between: it was overdue, and now it is not.
    in_time = contacted(submitted, timedelta(days=1), was_overdue=True)
    assert clocks_of(fold([overdue, in_time])) == {timing_of(bucket_of(timedelta(days=1)), in_time=True): 1}


@pytest.mark.parametrize("was_overdue", [False, True])
@pytest.mark.parametrize("was_reached", [False, True])
def test_entered_in_error_takes_back_what_the_contact_clock_said(was_overdue: bool, was_reached: bool) -> None:
    submitted = a_submission()
    life: list[ReferralEvent] = [submitted]
    if was_overdue:
        life.append(later(ReferralContactOverdue, submitted))
    if was_reached:
        life.append(contacted(submitted, timedelta(days=3), was_overdue=was_overdue))
    assert len(clocks_of(fold(life))) == (was_overdue or was_reached)
    folded = fold([*life, taken_back(life)])
    assert clocks_of(folded) == {}
    assert stages_of(folded) == {}


def test_a_stage_named_twice_is_taken_back_once() -> None:
    error = later(ReferralEnteredInError, a_submission(), reached=(Stage.SUBMITTED, Stage.SUBMITTED))
    assert stages_of(fold([error])) == {"submitted": -1}


def test_nothing_else_about_a_referral_changes_the_funnel() -> None:
    unheard = {ReferralPutOnHold, ReferralResumed, ReferralRescheduled, ReferralContactReminded}
    assert {event for event in CATALOGUE if event.topic in ("roster", "referrals")} - set(PROJECTIONS) == unheard


def test_students_of_two_districts_never_share_a_number() -> None:
    assert student_number("demo", "st-1") == student_number("demo", "st-1") == 6456282517364784695
    assert student_number("demo", "st-1") != student_number("elsewhere", "st-1")


def test_the_latest_enrollment_wins_cell_by_cell_in_any_order() -> None:
    girls, boys = some_facets(), some_facets(sex=Sex.MALE)
    first = an_enrollment((girls, 100), (boys, 90), version=1)
    second = an_enrollment((girls, 101), version=2)
    expected_students = {
        (PLACE, 2027, pack_students(girls)): (2, 101),
        (PLACE, 2027, pack_students(boys)): (1, 90),
    }
    for events in ([first, second], [second, first]):
        folded = fold(events)
        assert folded.versions == {(PLACE, 2027): 2}
        assert folded.students == expected_students


@pytest.mark.parametrize(
    "poisoned",
    [
        a_submission(submitted_on=date(9999, 1, 1)),
        a_submission(school_id="s\0"),
        a_submission(school_id=""),
        a_submission(school_id="s" * 256),
        an_enrollment((some_facets(), 1 << 31)),
        an_enrollment(school_year=1 << 15),
        an_enrollment(version=1 << 63),
    ],
    ids=[
        "far future",
        "NUL in an id",
        "no id",
        "an id as long as a page",
        "too many students",
        "no such school year",
        "version too large",
    ],
)
def test_an_event_that_no_table_can_hold_is_refused(poisoned: Event) -> None:
    with pytest.raises(Unstorable):
        fold([a_submission(), poisoned])


def merged(parts: Sequence[Folded]) -> Folded:
    """What the tables do with the sums of several batches."""
    whole = Folded()
    for part in parts:
        for place, slots in part.tallies.items():
            add(whole.tallies[place], slots)
        for place, timings in part.timings.items():
            add(whole.timings[place], timings)
        for place, sightings in part.sightings.items():
            add(whole.sightings[place], sightings)
        add(whole.counted, part.counted)
        for register, version in part.versions.items():
            whole.versions[register] = max(version, whole.versions.get(register, -1))
        for cell, counted in part.students.items():
            whole.students[cell] = max(counted, whole.students.get(cell, (-1, 0)))
    return whole


def add(to: dict[Key, int], more: dict[Key, int]) -> None:
    """Sums by key."""
    for key, n in more.items():
        to[key] = to.get(key, 0) + n


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Events of a few referrals at a few schools, and counts of their enrolment, each version once."""
    events: list[Event] = []
    for _ in range(draw(st.integers(0, 12))):
        submitted = a_submission(
            school_id=draw(st.sampled_from(["s-1", "s-2", "s-3"])),
            student_id=draw(st.sampled_from(["st-1", "st-2"])),
            submitted_on=date(2026, draw(st.integers(7, 12)), 3),
            need=draw(st.sampled_from(list(Need))),
            race_ethnicity=draw(st.sampled_from(list(RaceEthnicity))),
        )
        stages = draw(st.lists(st.sampled_from([s for s in Stage if s not in NOT_DRAWN]), unique=True))
        stages += draw(st.lists(st.sampled_from(OUTCOMES), max_size=1))
        life = a_life(submitted, *stages)
        was_overdue = draw(st.booleans())
        if was_overdue:
            life.append(later(ReferralContactOverdue, submitted))
        if draw(st.booleans()):
            life.append(contacted(submitted, timedelta(hours=draw(st.integers(-1, 99))), was_overdue=was_overdue))
        events += life
        if draw(st.booleans()):
            events.append(taken_back(life))
    for version in range(draw(st.integers(0, 4))):
        counts = [(some_facets(sex=sex), draw(st.integers(0, 50))) for sex in draw(st.sets(st.sampled_from(list(Sex))))]
        events.append(an_enrollment(*counts, version=version + 1))
    return events


@given(histories(), st.randoms(use_true_random=False), st.integers(1, 7))
def test_neither_order_nor_batch_size_nor_partitions_change_the_result(
    events: list[Event], random: Random, size: int
) -> None:
    whole = fold(events)
    shuffled = random.sample(events, len(events))
    assert fold(shuffled) == whole
    assert merged([fold(shuffled[i : i + size]) for i in range(0, len(events), size)]) == whole
    assert merged([fold(shuffled[i::size]) for i in range(size)]) == whole


@given(histories())
def test_no_stage_ever_exceeds_the_submissions_of_its_cell(events: list[Event]) -> None:
    for slots in fold(events).tallies.values():
        for summed in slots.values():
            counts = counts_of(summed)
            assert all(0 <= n <= counts[0] for n in counts)


@given(histories())
def test_every_referral_has_at_most_one_clock_and_none_that_was_taken_back(events: list[Event]) -> None:
    folded = fold(events)
    for place, slots in folded.timings.items():
        by_cell: dict[int, int] = {}
        for slot, n in slots.items():
            assert n >= 0
            by_cell[slot >> TIMING_BITS] = by_cell.get(slot >> TIMING_BITS, 0) + n
        for cell, n in by_cell.items():
            assert n <= counts_of(folded.tallies[place].get(cell, 0))[0]
