"""Every row of the statutes that are shipped, on officers whose standing under it is known."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import pytest

from shared.events.training import Blocks, StandingStatus
from tests.training_registry.standing.facts import a_completion, an_officer
from training_registry.completions.rules import Completion
from training_registry.officers.rules import Officer, Position
from training_registry.requirements.catalogue import shipped_requirements, shipped_topics
from training_registry.requirements.rules import Requirement
from training_registry.standing.rules import binds, standing_on

DUE, CURRENT, OVERDUE = StandingStatus.DUE, StandingStatus.CURRENT, StandingStatus.OVERDUE
EXEMPT, EXPIRED = StandingStatus.EXEMPT, StandingStatus.EXPIRED

HIRED, PLACED = date(2025, 7, 1), date(2025, 8, 20)
"""Appointed in July, assigned to a school before it opens."""
MID_YEAR = date(2026, 1, 12)
SRO = an_officer(appointed_on=HIRED, assigned=[(PLACED, None)])
PLACED_MID_YEAR = an_officer(appointed_on=HIRED, assigned=[(MID_YEAR, None)])
GUARD = an_officer(appointed_on=HIRED, assigned=[(PLACED, None)], position=Position.SECURITY_STAFF)
OF_OLD = an_officer(appointed_on=date(2020, 7, 1), assigned=[(date(2020, 7, 2), None)])
WASHINGTON = [topic for topic in shipped_topics().topics.values() if topic.framework == "US-WA"]


def took(course: str, on: date, hours: float = 8, **more: Any) -> Completion:
    return a_completion(course, on, topics={"any": hours}, **more)


def _thirteen(on: date) -> Completion:
    return a_completion("Academy", on, topics={topic.code: 1 for topic in WASHINGTON})


def _core(**hours: float) -> list[Completion]:
    names = {
        "nc_sro": "North Carolina SRO",
        "nc_ethics": "North Carolina Ethics",
        "nc_survival": "North Carolina Survival",
        "nc_community_policing": "North Carolina Community-Oriented Policing",
    }
    return [a_completion(names[topic], date(2025, 9, 1), topics={topic: told}) for topic, told in hours.items()]


class Case(NamedTuple):
    """A rule, an officer, what he completed, a day, and how he stands on it."""

    rule: str
    officer: Officer
    completions: Sequence[Completion]
    on: date
    status: StandingStatus
    deadline: date | None
    hours: float = 0
    missing: float = 0


TEXAS = date(2026, 2, 16)  # 180 days after 20 August 2025
BY_LAW, FULL, PRE = (
    "TCOLE School-Based Law Enforcement",
    "Maryland SRO Model Curriculum",
    "Maryland SRO Preliminary Curriculum",
)
OJT, CHECK_IN = "On-the-Job Training Day", "On-the-Job Check-In"
AMHT = "NASRO Adolescent Mental Health Training"
YMHFA = "Youth Mental Health First Aid"
SEPTEMBER = date(2025, 9, 1)
HALF_A_YEAR, A_YEAR = date(2026, 2, 20), date(2026, 8, 20)  # after the assignment
CASES = [
    # Texas: 16 hours within 180 days of placement; the advanced course exempts.
    Case("us-tx-1701-263", SRO, [], TEXAS, DUE, TEXAS, 0, 16),
    Case("us-tx-1701-263", SRO, [took(BY_LAW, SEPTEMBER, 10)], date(2026, 2, 17), OVERDUE, TEXAS, 10, 6),
    Case("us-tx-1701-263", SRO, [took(BY_LAW, SEPTEMBER, 16)], date(2026, 2, 17), CURRENT, None, 16),
    Case("us-tx-1701-263", SRO, [took("NASRO Advanced SRO", HIRED, 24)], date(2026, 2, 17), EXEMPT, None),
    Case("us-tx-37-0812", SRO, [], date(2026, 2, 17), OVERDUE, TEXAS),
    Case("us-tx-37-0812", SRO, [took("TCOLE Active Shooter Response", SEPTEMBER)], SEPTEMBER, CURRENT, None, 8),
    # Florida: three checks; a crisis course; guardians' 144 hours.
    Case("us-fl-1006-12-screening", SRO, [took("Background Check", HIRED, 0)], PLACED, DUE, PLACED),
    Case(
        "us-fl-1006-12-screening",
        SRO,
        [took(check, HIRED, 0) for check in ("Background Check", "Drug Test", "Psychological Evaluation")],
        date(2025, 8, 21),
        CURRENT,
        None,
    ),
    Case("us-fl-1006-12-crisis", SRO, [], date(2025, 8, 21), OVERDUE, PLACED),
    Case("us-fl-1006-12-crisis", SRO, [took("Mental Health Crisis Intervention", HIRED)], PLACED, CURRENT, None, 8),
    Case("us-fl-1006-12-guardian", GUARD, [took("School Guardian Program", HIRED, 140)], PLACED, DUE, PLACED, 140, 4),
    Case("us-fl-1006-12-guardian", SRO, [], PLACED, EXEMPT, None),
    # Indiana: minimum and 40 hours before appointment.
    Case("us-in-minimum", SRO, [], HIRED, DUE, HIRED),
    Case("us-in-minimum", SRO, [], date(2025, 7, 2), OVERDUE, HIRED),
    Case("us-in-sro", SRO, [took("NASRO Basic SRO", HIRED, 40)], date(2025, 7, 2), CURRENT, None, 40),
    Case("us-in-sro", SRO, [took("Approved SRO Training", HIRED, 39.5)], date(2025, 7, 2), OVERDUE, HIRED, 39.5, 0.5),
    # Kentucky: SRO I, II, III in a year each; 120 hours in three.
    Case("us-ky-sro-i", SRO, [], date(2026, 8, 21), OVERDUE, date(2026, 8, 20)),
    Case("us-ky-sro-ii", SRO, [], date(2026, 8, 21), DUE, date(2027, 8, 20)),
    Case("us-ky-sro-iii", SRO, [took("SRO III", SEPTEMBER, 40)], date(2028, 8, 21), CURRENT, None, 40),
    Case(
        "us-ky-120-hours",
        SRO,
        [took("SRO I", SEPTEMBER, 40), took("SRO II", date(2026, 9, 1), 40)],
        date(2028, 8, 20),
        DUE,
        date(2028, 8, 20),
        80,
        40,
    ),
    # Maryland: the model curriculum before assignment; during the year the preliminary one, the full one by the next.
    Case("us-md-model-curriculum", SRO, [], date(2025, 8, 21), OVERDUE, PLACED, 0, 40),
    Case("us-md-model-curriculum", PLACED_MID_YEAR, [], MID_YEAR, EXEMPT, None),
    Case("us-md-preliminary-curriculum", PLACED_MID_YEAR, [took(PRE, SEPTEMBER)], MID_YEAR, CURRENT, None, 8),
    Case("us-md-preliminary-curriculum", SRO, [], MID_YEAR, EXEMPT, None),
    Case("us-md-model-curriculum-later", PLACED_MID_YEAR, [], date(2026, 6, 30), DUE, date(2026, 6, 30), 0, 40),
    Case("us-md-model-curriculum-later", PLACED_MID_YEAR, [], date(2026, 7, 1), OVERDUE, date(2026, 6, 30), 0, 40),
    Case("us-md-yearly", SRO, [], date(2026, 7, 1), OVERDUE, date(2026, 6, 30)),
    Case(
        "us-md-yearly",
        SRO,
        [took("Maryland SRO Annual Training", SEPTEMBER)],
        date(2026, 7, 1),
        DUE,
        date(2027, 6, 30),
    ),
    # Virginia: who was employed after 1 July 2020.
    Case("us-va-9-1-114-1", SRO, [], date(2025, 8, 21), OVERDUE, PLACED),
    Case("us-va-9-1-114-1", OF_OLD, [], date(2025, 8, 21), EXEMPT, None),
    # Washington: thirteen topics in six months; two days, six check-ins in a year.
    Case("us-wa-topics", SRO, [], date(2026, 2, 20), DUE, date(2026, 2, 20)),
    Case(
        "us-wa-topics",
        SRO,
        [a_completion("X", SEPTEMBER, topics={"ferpa": 9})],
        date(2026, 2, 21),
        OVERDUE,
        date(2026, 2, 20),
        9,
    ),
    Case("us-wa-topics", SRO, [_thirteen(SEPTEMBER)], date(2026, 2, 21), CURRENT, None, 13),
    Case("us-wa-topics-staff", GUARD, [_thirteen(SEPTEMBER)], date(2026, 2, 21), CURRENT, None, 13),
    Case("us-wa-on-the-job", SRO, [took(OJT, SEPTEMBER)], date(2026, 8, 20), DUE, date(2026, 8, 20), 8),
    Case(
        "us-wa-on-the-job",
        SRO,
        [took(OJT, SEPTEMBER), took(OJT, date(2025, 9, 2))],
        date(2026, 8, 21),
        CURRENT,
        None,
        16,
    ),
    Case("us-wa-check-ins", GUARD, [took(CHECK_IN, SEPTEMBER, 1)] * 5, date(2026, 8, 21), OVERDUE, A_YEAR, 5),
    Case("us-wa-check-ins", GUARD, [took(CHECK_IN, SEPTEMBER, 1)] * 6, date(2026, 8, 21), CURRENT, None, 6),
    # North Carolina: 120 core hours; 400 in all, of which 120 outside; what some courses are credited.
    Case(
        "us-nc-certificate-core",
        SRO,
        _core(nc_sro=40, nc_ethics=32, nc_survival=24, nc_community_policing=24),
        SEPTEMBER,
        CURRENT,
        None,
        120,
    ),
    Case("us-nc-certificate-core", SRO, _core(nc_sro=40, nc_ethics=30, nc_survival=24), SEPTEMBER, DUE, None, 94, 26),
    Case("us-nc-certificate", SRO, [took("College", SEPTEMBER, 300, is_outside=True)], SEPTEMBER, DUE, None, 120, 280),
    Case("us-nc-certificate", SRO, [took(YMHFA, SEPTEMBER, 6.5)], SEPTEMBER, DUE, None, 8, 392),
    Case("us-nc-certificate", SRO, [took("D.A.R.E. Instructor", SEPTEMBER, 1)], SEPTEMBER, DUE, None, 80, 320),
    Case("us-nc-certificate", SRO, [took("Core", SEPTEMBER, 400)], SEPTEMBER, CURRENT, None, 400),
    # Youth Mental Health First Aid: three years, then ninety days for the short course.
    Case("ymhfa", SRO, [took(YMHFA, SEPTEMBER)], date(2028, 9, 1), CURRENT, date(2028, 9, 1), 8),
    Case("ymhfa", SRO, [took(YMHFA, SEPTEMBER)], date(2028, 9, 2), EXPIRED, date(2028, 9, 1)),
    Case(
        "ymhfa",
        SRO,
        [took(YMHFA, SEPTEMBER), took(f"{YMHFA} Recertification", date(2028, 11, 30), 4)],
        date(2028, 11, 30),
        CURRENT,
        date(2031, 11, 30),
        4,
    ),
    Case(
        "ymhfa",
        SRO,
        [took(YMHFA, SEPTEMBER), took(f"{YMHFA} Recertification", date(2028, 12, 1), 4)],
        date(2028, 12, 1),
        EXPIRED,
        date(2028, 9, 1),
    ),
    # NASRO's own, which nobody is bound to by when.
    Case("nasro-basic", SRO, [], date(2030, 1, 1), DUE, None, 0, 40),
    Case("nasro-basic", SRO, [took("NASRO Basic SRO", SEPTEMBER, 40)], SEPTEMBER, CURRENT, None, 40),
    Case("nasro-advanced", SRO, [took("NASRO Advanced SRO", SEPTEMBER, 20)], SEPTEMBER, DUE, None, 20, 4),
    Case(
        "nasro-amht",
        SRO,
        [took(AMHT, SEPTEMBER, 12)],
        SEPTEMBER,
        CURRENT,
        None,
        12,
    ),
]


def _rule(requirement_id: str) -> Requirement:
    return shipped_requirements().requirements[requirement_id].requirement(requirement_id)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.status}-{case.on}")
def test_an_officer_stands_as_the_statute_has_it(case: Case) -> None:
    found = standing_on(_rule(case.rule), case.officer, case.completions, case.on)
    assert (found.status, found.deadline_on) == (case.status, case.deadline), found.because
    assert (found.hours_counted / 100, found.hours_missing / 100) == (case.hours, case.missing)


def test_every_shipped_rule_has_a_case_and_binds_somebody() -> None:
    shipped = shipped_requirements().requirements
    assert {case.rule for case in CASES} == set(shipped)
    everybody = (SRO, PLACED_MID_YEAR, GUARD, OF_OLD)
    assert all(any(binds(_rule(rule), officer) for officer in everybody) for rule in shipped)


def test_what_is_not_confirmed_says_what_and_blocks_nothing() -> None:
    shipped: Mapping[str, Any] = shipped_requirements().requirements
    unconfirmed = {rule for rule, terms in shipped.items() if not terms.confirmed}
    assert {"us-tx-37-0812", "us-fl-1006-12-guardian", "us-va-9-1-114-1", "us-md-yearly"} <= unconfirmed
    for rule, terms in shipped.items():
        assert terms.source
        assert terms.as_of
        assert ("UNCONFIRMED" in (terms.note or "")) is (rule in unconfirmed), rule
        if rule in unconfirmed:
            assert terms.blocks == [], rule
    assert shipped["us-wa-topics"].blocks == [Blocks.SERVE, Blocks.OPEN_RECORDS]


def test_the_default_topics_are_washingtons_thirteen_and_rules_name_shipped_topics_only() -> None:
    taxonomy = shipped_topics()
    assert taxonomy.default_framework == "US-WA"
    assert len(WASHINGTON) == 13
    assert sum(topic.framework == "NASRO" for topic in taxonomy.topics.values()) == 10
    named = {topic for terms in shipped_requirements().requirements.values() for topic in terms.topics}
    assert named <= taxonomy.topics.keys()
