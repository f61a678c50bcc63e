"""The life cycle as tables: which step, by whom, due when."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from referral_api.referrals import rules
from referral_api.referrals.errors import NoSuchStep, NotedInFuture, NotedTooLongAgo, NotYourStep
from referral_api.referrals.rules import Referral, Status, StatusClass
from shared.auth import Caller, Role
from shared.events.facets import Disability, Facets, GradeBand, RaceEthnicity, Sex
from shared.events.referrals import Need, Stage, Urgency

NOW = datetime(2026, 11, 2, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in New York
EDGES = {
    "draft": {"requested"},
    "requested": {"accepted", "rejected", "cancelled"},
    "accepted": {"in_progress", "on_hold", "completed", "failed", "cancelled"},
    "in_progress": {"on_hold", "completed", "failed", "cancelled"},
    "on_hold": {"in_progress", "completed", "failed", "cancelled"},
    "rejected": set(),
    "completed": set(),
    "failed": set(),
    "cancelled": set(),
    "entered_in_error": set(),
}


def a_referral(**changes: object) -> Referral:
    """A sent referral from officer o-1 at school s-1."""
    base = Referral(
        district_id="demo",
        referral_id=UUID("0197a4c2-1f00-7c3a-9a51-5b0f0c1d2e3f"),
        student_id="st-1",
        school_id="s-1",
        need=Need.GRIEF,
        urgency=Urgency.SOON,
        summary=b"sealed",
        requested_service=None,
        status=Status.REQUESTED,
        provider_id=None,
        consent_agreed=None,
        consent_by=None,
        consent_on=None,
        reopens=None,
        submitted_by="o-1",
        submitter_role="officer",
        noted_at=None,
        created_at=NOW,
        updated_at=NOW,
        facets=Facets(
            race_ethnicity=RaceEthnicity.ASIAN,
            sex=Sex.FEMALE,
            disability=Disability.NONE,
            english_learner=None,
            grade_band=GradeBand.G6_8,
        ),
        submitted_at=NOW,
        reached=frozenset({Stage.SUBMITTED}),
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def a_caller(role: str, sub: str = "somebody", schools: set[str] | None = None, provider: str | None = None) -> Caller:
    """Somebody with a token."""
    school_ids = frozenset(schools) if schools is not None else None
    return Caller(sub=sub, district_id="demo", role=Role(role), school_ids=school_ids, provider_id=provider)


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("to", list(Status))
def test_every_pair_of_states_is_an_edge_or_is_refused(status: Status, to: Status) -> None:
    mistake = to is Status.ENTERED_IN_ERROR and status is not Status.ENTERED_IN_ERROR
    if mistake or to in EDGES[status]:
        rules.ensure_step(status, to)
    else:
        with pytest.raises(NoSuchStep):
            rules.ensure_step(status, to)


@pytest.mark.parametrize(
    ("caller", "status", "to", "may"),
    [
        (a_caller("counselor"), "requested", "accepted", True),
        (a_caller("administrator"), "in_progress", "completed", True),
        (a_caller("counselor"), "completed", "entered_in_error", True),
        (a_caller("officer", "o-1"), "requested", "accepted", False),
        (a_caller("officer", "o-1"), "requested", "cancelled", True),
        (a_caller("officer", "o-1"), "accepted", "cancelled", False),
        (a_caller("officer", "o-1"), "draft", "requested", True),
        (a_caller("officer", "o-1"), "requested", "entered_in_error", True),
        (a_caller("officer", "o-1"), "accepted", "entered_in_error", False),
        (a_caller("provider", provider="p-1"), "requested", "accepted", True),
        (a_caller("provider", provider="p-1"), "accepted", "entered_in_error", False),
        (a_caller("provider", provider="p-2"), "requested", "accepted", False),
    ],
)
def test_who_may_take_which_step(caller: Caller, status: str, to: str, may: bool) -> None:
    sent_at = None if status == "draft" else NOW
    referral = a_referral(status=Status(status), submitted_at=sent_at, provider_id="p-1", consent_agreed=True)
    if may:
        rules.ensure_may_take(caller, referral, Status(to))
    else:
        with pytest.raises(NotYourStep):
            rules.ensure_may_take(caller, referral, Status(to))


@pytest.mark.parametrize(
    ("caller", "changes", "full", "by_status"),
    [
        (a_caller("counselor", schools={"s-1"}), {}, True, False),
        (a_caller("counselor", schools={"s-2"}), {}, False, False),
        (a_caller("counselor", schools=set()), {}, False, False),
        (a_caller("officer", "o-1", schools={"s-1"}), {}, False, True),
        (a_caller("officer", "o-2", schools={"s-1"}), {}, False, False),
        (a_caller("provider", provider="p-1"), {"provider_id": "p-1", "consent_agreed": True}, True, False),
        (a_caller("provider", provider="p-1"), {"provider_id": "p-1", "consent_agreed": False}, False, False),
        (a_caller("provider", provider="p-1"), {"provider_id": "p-1"}, False, False),
        (a_caller("provider", "o-1", provider="p-2"), {"provider_id": "p-1", "consent_agreed": True}, False, False),
        (a_caller("counselor"), {"status": Status.DRAFT, "submitted_at": None}, False, False),
        (a_caller("counselor"), {"status": Status.ENTERED_IN_ERROR, "submitted_at": None}, False, False),
        (a_caller("officer", "o-1"), {"status": Status.DRAFT, "submitted_at": None}, True, True),
        (a_caller("analyst"), {}, False, False),
        (a_caller("district_admin"), {}, False, False),
    ],
)
def test_who_reads_how_much(caller: Caller, changes: dict[str, object], full: bool, by_status: bool) -> None:
    referral = a_referral(**changes)
    assert rules.may_read_in_full(caller, referral) is full
    assert rules.may_read_status(caller, referral) is by_status


@pytest.mark.parametrize(
    ("status", "contacted", "seen"),
    [
        ("draft", False, None),
        ("requested", False, "received"),
        ("accepted", False, "received"),
        ("accepted", True, "contacted"),
        ("in_progress", False, "contacted"),
        ("completed", True, "closed"),
        ("rejected", False, "closed"),
        ("entered_in_error", False, "closed"),
    ],
)
def test_a_referrer_learns_the_class_only(status: str, contacted: bool, seen: str | None) -> None:
    referral = a_referral(status=Status(status), contacted_at=NOW if contacted else None)
    assert rules.status_class(referral) == seen


def test_what_a_referrer_learns_never_goes_back() -> None:
    """Along every way through the life cycle, whoever is contacted and whenever."""
    order = [None, *StatusClass]

    def walk(referral: Referral, steps: int) -> None:
        seen = order.index(rules.status_class(referral))
        for to in EDGES[referral.status] | {"entered_in_error"} - {referral.status} if steps else ():
            moved = rules.take_step(referral, Status(to), None, NOW)
            for after in (moved, replace(moved, contacted_at=NOW)):
                assert order.index(rules.status_class(after)) >= seen, (referral.status, to)
                walk(after, steps - 1)

    walk(a_referral(status=Status.DRAFT), 7)


def test_what_a_phone_noted_lies_in_the_last_year_and_not_ahead_of_its_skew() -> None:
    rules.ensure_noted_in_time(None, NOW)
    rules.ensure_noted_in_time(NOW.replace(minute=4), NOW)
    with pytest.raises(NotedInFuture):
        rules.ensure_noted_in_time(NOW.replace(minute=6), NOW)
    with pytest.raises(NotedTooLongAgo):
        rules.ensure_noted_in_time(NOW.replace(year=2025, month=10), NOW)


def test_a_stage_is_reached_once() -> None:
    working = a_referral(status=Status.ON_HOLD, reached=frozenset({Stage.SUBMITTED, Stage.ACCEPTED, Stage.STARTED}))
    assert rules.newly_reached(working, Status.IN_PROGRESS) is None
    assert rules.newly_reached(working, Status.COMPLETED) is Stage.COMPLETED


def test_the_loop_closes_when_outcome_and_feedback_are_both_there() -> None:
    told = a_referral(feedback_at=NOW)
    assert not rules.closes_loop(told)
    done = rules.take_step(told, Status.COMPLETED, None, NOW)
    assert rules.closes_loop(done)
    assert not rules.closes_loop(rules.close_loop(done))
    assert not rules.closes_loop(rules.take_step(a_referral(), Status.COMPLETED, None, NOW))
