"""What events of the topic `training` change in the views, and that it never depends on how they arrive."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.codec import (
    ANY_TYPE,
    DRILL_TYPES,
    FIRST_DAY,
    GRADE_BANDS,
    KINDS,
    LAST_DAY,
    NO_MONTH,
    ROLES,
    STANDINGS,
    TOLD,
    Unstorable,
    month_of,
)
from reporting.projections.changes import ActivityCell, DrillCell, QuotaRow
from reporting.projections.folding import PROJECTIONS, Folded, fold
from reporting.projections.training_sums import FoldedTraining
from shared.events.base import Event
from shared.events.catalogue import CATALOGUE
from shared.events.facets import GradeBand
from shared.events.training import (
    ActivityKind,
    ActivityLogged,
    AgreementChanged,
    AgreementEndApproached,
    AgreementTurned,
    CredentialIssued,
    CredentialRevoked,
    DeadlineApproached,
    DrillType,
    StandingStatus,
    StandingTurned,
    TriadRole,
)
from shared.testing.training_events import a_drill, a_lesson, a_quota, a_standing, an_activity, no_activity

PLACE = ("demo", "s-1")
OFFICER = ("demo", "o-1")
JANUARY = date(2026, 1, 1)
SEPTEMBER = month_of(date(2026, 9, 14))
CURRENT, DUE, EXPIRED = StandingStatus.CURRENT, StandingStatus.DUE, StandingStatus.EXPIRED


def of_training(*events: Event) -> FoldedTraining:
    """What these events change of the topic's tables."""
    return fold(events).training


def test_an_activity_counts_under_the_month_it_began_in_its_role_and_kind() -> None:
    folded = of_training(an_activity(), an_activity(minutes=15, students_reached=2), a_lesson())
    patrol = ActivityCell(PLACE, SEPTEMBER, ROLES[TriadRole.LAW_ENFORCEMENT], KINDS[ActivityKind.PATROL], 0)
    lesson = ActivityCell(
        PLACE, SEPTEMBER, ROLES[TriadRole.EDUCATOR], KINDS[ActivityKind.LESSON], GRADE_BANDS[GradeBand.G6_8]
    )
    assert folded.activities == {patrol: (2, 45, 2), lesson: (1, 60, 20)}


@pytest.mark.parametrize("logged", [an_activity(), a_lesson(), a_lesson(grade_band=None)], ids=["patrol", "6-8", "?"])
def test_an_entry_taken_back_leaves_nothing(logged: ActivityLogged) -> None:
    assert set(of_training(logged, no_activity(logged)).activities.values()) == {(0, 0, 0)}


def test_only_a_lesson_has_grades() -> None:
    (cell,) = of_training(an_activity(grade_band=GradeBand.G9_12)).activities
    assert cell.grade_band == GRADE_BANDS[None] == 0


def test_what_a_drill_does_not_tell_is_counted_apart_from_no() -> None:
    folded = of_training(a_drill(), a_drill(notice_in_time=False, trauma_informed=True), a_drill())
    lockdown = DRILL_TYPES[DrillType.LOCKDOWN]
    assert folded.drills == {
        DrillCell(PLACE, SEPTEMBER, lockdown, TOLD[True], TOLD[None], TOLD[None]): 2,
        DrillCell(PLACE, SEPTEMBER, lockdown, TOLD[True], TOLD[False], TOLD[True]): 1,
    }


def test_a_standing_says_for_every_day_there_is_how_it_is_on_it() -> None:
    steps = [(date(2026, 1, 1), DUE), (date(2026, 3, 1), CURRENT), (date(2029, 3, 1), EXPIRED)]
    folded = of_training(a_standing({"basic": steps}, "s-1", ("s-2", date(2025, 1, 1), date(2025, 6, 30)), "s-1"))
    assert folded.steps == {
        (OFFICER, "basic", 0): (1, (FIRST_DAY, day(2026, 2, 28), STANDINGS[DUE], 1)),
        (OFFICER, "basic", 1): (1, (day(2026, 3, 1), day(2029, 2, 28), STANDINGS[CURRENT], 1)),
        (OFFICER, "basic", 2): (1, (day(2029, 3, 1), LAST_DAY, STANDINGS[EXPIRED], 1)),
    }
    assert folded.terms == {
        (PLACE, "o-1", 0): (1, (day(2026, 1, 1), LAST_DAY)),
        (("demo", "s-2"), "o-1", 0): (1, (day(2025, 1, 1), day(2025, 6, 30))),
        (PLACE, "o-1", 1): (1, (day(2026, 1, 1), LAST_DAY)),
    }
    assert folded.districts() == {"demo"}


def test_a_step_says_whether_its_rule_is_confirmed() -> None:
    always = [(JANUARY, CURRENT)]
    folded = of_training(a_standing({"basic": always, "state": always}, unconfirmed={"state"}))
    confirmed = {requirement_id: step[-1] for (_, requirement_id, _), (_, step) in folded.steps.items()}
    assert confirmed == {"basic": 1, "state": 0}


def day(year: int, month: int, number: int) -> int:
    """A day as the tables have it."""
    return date(year, month, number).toordinal()


def test_the_latest_version_wins_row_by_row_in_any_order() -> None:
    first = a_standing({"basic": [(JANUARY, DUE), (date(2026, 2, 1), EXPIRED)]}, "s-1")
    second = a_standing({"basic": [(JANUARY, CURRENT)]}, "s-2", version=2)
    for events in ([first, second], [second, first]):
        folded = of_training(*events)
        assert folded.standing_versions == {OFFICER: 2}
        assert {number: version for (_, _, number), (version, _) in folded.steps.items()} == {0: 2, 1: 1}
        assert {place[1]: version for (place, _, _), (version, _) in folded.terms.items()} == {"s-1": 1, "s-2": 2}


def test_a_quota_without_months_names_none() -> None:
    folded = of_training(
        a_quota({}, {"type": "lockdown", "least": 2, "from_month": 9, "to_month": 12}, {"to_month": 6})
    )
    assert folded.quota_versions == {"demo": 1}
    assert folded.quotas == {
        ("demo", 0): (1, QuotaRow("q-0", ANY_TYPE, 1, NO_MONTH, NO_MONTH)),
        ("demo", 1): (1, QuotaRow("q-1", DRILL_TYPES[DrillType.LOCKDOWN], 2, 9, 12)),
        ("demo", 2): (1, QuotaRow("q-2", ANY_TYPE, 1, NO_MONTH, 6)),
    }


def test_what_has_no_view_is_passed_over() -> None:
    told_to_people = {StandingTurned, DeadlineApproached, AgreementTurned, AgreementEndApproached}
    unheard = {AgreementChanged, CredentialIssued, CredentialRevoked, *told_to_people}
    assert {event for event in CATALOGUE if event.topic == "training"} - set(PROJECTIONS) == unheard


POISONED = {
    "minutes below zero": an_activity(minutes=-5),
    "more minutes than there are": an_activity(minutes=1 << 31),
    "students below zero": an_activity(students_reached=-1),
    "a year that no school has": an_activity(started_on=date(9999, 1, 1)),
    "NUL in a school": an_activity(school_id="s\0"),
    "a school as long as a page": a_drill(school_id="s" * 256),
    "a drill in a year that no school has": a_drill(held_on=date(2800, 1, 1)),
    "no district": a_quota(district_id=""),
    "NUL in a district": a_standing({}, district_id="d\0"),
    "NUL in an officer": a_standing({}, officer_id="o\0"),
    "an officer as long as a page": a_standing({}, officer_id="o" * 256),
    "NUL in a requirement": a_standing({"r\0": [(JANUARY, DUE)]}),
    "no requirement": a_standing({"": [(JANUARY, DUE)]}),
    "NUL in an assignment": a_standing({}, "s\0"),
    "no steps": a_standing({"basic": []}),
    "two steps on a day": a_standing({"basic": [(JANUARY, DUE), (JANUARY, CURRENT)]}),
    "steps out of order": a_standing({"basic": [(date(2026, 2, 1), DUE), (JANUARY, CURRENT)]}),
    "a version too large": a_standing({}, version=1 << 63),
    "a version below zero": a_quota(version=-1),
    "NUL in a quota": a_quota({"quota_id": "q\0"}),
    "drills below zero": a_quota({"least": -1}),
    "more drills than there are": a_quota({"least": 1 << 31}),
    "a thirteenth month": a_quota({"from_month": 13}),
    "no month": a_quota({"to_month": 0}),
}


@pytest.mark.parametrize("poisoned", POISONED.values(), ids=POISONED.keys())
def test_an_event_that_no_table_can_hold_is_refused(poisoned: Event) -> None:
    with pytest.raises(Unstorable):
        fold([an_activity(), poisoned])


def test_two_standings_to_one_requirement_are_refused() -> None:
    twice = a_standing({"basic": [(JANUARY, DUE)]}).requirements * 2
    with pytest.raises(Unstorable):
        fold([a_standing({}, requirements=twice)])


def merged(parts: Sequence[Folded]) -> FoldedTraining:
    """What the tables do with the sums of several batches."""
    whole = FoldedTraining()
    for part in (folded.training for folded in parts):
        for cell, counts in part.activities.items():
            known = whole.activities.get(cell, (0, 0, 0))
            whole.activities[cell] = (known[0] + counts[0], known[1] + counts[1], known[2] + counts[2])
        for drill, n in part.drills.items():
            whole.drills[drill] = whole.drills.get(drill, 0) + n
        for officer, version in part.standing_versions.items():
            whole.standing_versions[officer] = max(version, whole.standing_versions.get(officer, -1))
        for district, version in part.quota_versions.items():
            whole.quota_versions[district] = max(version, whole.quota_versions.get(district, -1))
        for step, said in part.steps.items():
            whole.steps[step] = max(said, whole.steps.get(step, said))
        for term, days in part.terms.items():
            whole.terms[term] = max(days, whole.terms.get(term, days))
        for quota, row in part.quotas.items():
            whole.quotas[quota] = max(row, whole.quotas.get(quota, row))
    return whole


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Entries, some of them taken back, drills, and versions of the standings of two officers and of the quotas."""
    events: list[Event] = []
    for _ in range(draw(st.integers(0, 8))):
        logged = an_activity(
            school_id=draw(st.sampled_from(["s-1", "s-2"])),
            role=draw(st.sampled_from(TriadRole)),
            kind=draw(st.sampled_from(ActivityKind)),
            grade_band=draw(st.none() | st.sampled_from(GradeBand)),
            started_on=date(2026, draw(st.integers(8, 10)), 3),
            minutes=draw(st.integers(0, 90)),
        )
        events.append(logged)
        if draw(st.booleans()):
            events.append(no_activity(logged))
    told = st.none() | st.booleans()
    for _ in range(draw(st.integers(0, 5))):
        events.append(a_drill(type=draw(st.sampled_from(DrillType)), notice_in_time=draw(told)))
    for officer_id in ("o-1", "o-2"):
        for version in range(draw(st.integers(0, 3))):
            events.append(draw(standings(officer_id, version)))
    for version in range(draw(st.integers(0, 3))):
        events.append(a_quota(*[{"least": n} for n in draw(st.lists(st.integers(0, 3)))], version=version))
    return events


@st.composite
def standings(draw: st.DrawFn, officer_id: str, version: int) -> Event:
    """A version of an officer's standing."""
    days = st.lists(st.integers(0, 900), min_size=1, max_size=4, unique=True).map(sorted)
    steps = {
        requirement: [(JANUARY + timedelta(n), draw(st.sampled_from(StandingStatus))) for n in draw(days)]
        for requirement in draw(st.sets(st.sampled_from(["basic", "yearly"])))
    }
    schools = draw(st.lists(st.sampled_from(["s-1", "s-2", "s-3"]), max_size=3))
    return a_standing(steps, *schools, officer_id=officer_id, version=version)


@given(histories(), st.randoms(use_true_random=False), st.integers(1, 7))
def test_neither_order_nor_batch_size_nor_partitions_change_the_result(
    events: list[Event], random: Random, size: int
) -> None:
    whole = of_training(*events)
    shuffled = random.sample(events, len(events))
    assert of_training(*shuffled) == whole
    assert merged([fold(shuffled[i : i + size]) for i in range(0, len(events), size)]) == whole
    assert merged([fold(shuffled[i::size]) for i in range(size)]) == whole


@given(histories())
def test_no_cell_ever_has_less_than_nothing(events: list[Event]) -> None:
    assert all(count >= 0 for counts in of_training(*events).activities.values() for count in counts)
