"""What has to be stated for a record, and what an emergency has to say."""

from dataclasses import replace
from datetime import timedelta

import pytest

from referral_api.disclosures.errors import EmergencyNotExplained, PurposeNotStated, PurposeUnknown
from referral_api.disclosures.rules import Emergency, Purpose, Sent, Statement, statement_if_any, statement_of
from shared.errors import Malformed
from tests.referral_api.clearance.officers import NOON

EMERGENCY = Sent("health_safety_emergency", "A threat.", "2026-11-03T17:00:00Z", None)


def refusal(sent: Sent) -> tuple[type[Malformed], str]:
    """Why it is not enough, and which header it names."""
    with pytest.raises(Malformed) as refused:
        statement_of(sent, requested_by="o-1", now=NOON)
    (fault,) = refused.value.errors
    assert statement_if_any(sent, requested_by="o-1", now=NOON) is None
    return type(refused.value), fault.path


@pytest.mark.parametrize("purpose", ["safety_plan", "threat_assessment", "school_official_duty"])
def test_a_purpose_of_the_list_is_enough_by_itself(purpose: str) -> None:
    assert statement_of(Sent(purpose), requested_by="o-1", now=NOON) == Statement(Purpose(purpose))


def test_nothing_and_what_is_not_on_the_list_is_refused_by_the_name_of_the_header() -> None:
    assert refusal(Sent()) == (PurposeNotStated, "header.Purpose-Of-Use")
    for curious in ("curiosity", "", "SAFETY_PLAN", "safety_plan, school_official_duty"):
        assert refusal(Sent(curious)) == (PurposeUnknown, "header.Purpose-Of-Use"), curious


def test_an_emergency_is_told_to_those_who_are_named_or_to_who_asks() -> None:
    told = statement_of(replace(EMERGENCY, recipients=" Ms. Lee, o-2,,o-2 "), requested_by="o-1", now=NOON)
    assert told.emergency == Emergency("A threat.", ("Ms. Lee", "o-2"), NOON + timedelta(days=1))
    alone = statement_of(EMERGENCY, requested_by="o-1", now=NOON)
    assert alone.emergency is not None
    assert alone.emergency.recipients == ("o-1",)


@pytest.mark.parametrize("threat", [None, "", "  ", "x" * 2001])
def test_an_emergency_names_its_threat_in_two_thousand_characters(threat: str | None) -> None:
    assert refusal(replace(EMERGENCY, threat=threat)) == (EmergencyNotExplained, "header.Emergency-Threat")
    assert statement_of(replace(EMERGENCY, threat="x" * 2000), requested_by="o-1", now=NOON)


@pytest.mark.parametrize(
    "until",
    [
        *(None, "", "tomorrow", "20261103", "2026-11-03", "2026-11-03T17:00:00", "1793700000"),
        *("2026-11-02T17:00:00Z", "2026-11-05T17:00:01Z", "2026-11-02T11:59:59-05:00"),
    ],
)
def test_an_emergency_ends_at_an_instant_ahead_and_within_three_days(until: str | None) -> None:
    assert refusal(replace(EMERGENCY, until=until)) == (EmergencyNotExplained, "header.Emergency-Until")


@pytest.mark.parametrize("until", ["2026-11-05T17:00:00Z", "2026-11-02T12:00:01-05:00"])
def test_three_days_ahead_and_a_second_ahead_will_do(until: str) -> None:
    assert statement_of(replace(EMERGENCY, until=until), requested_by="o-1", now=NOON).emergency


def test_recipients_are_few_and_short() -> None:
    for many in (",".join(f"o-{n}" for n in range(21)), "x" * 201):
        assert refusal(replace(EMERGENCY, recipients=many)) == (EmergencyNotExplained, "header.Emergency-Recipients")
