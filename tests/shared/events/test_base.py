"""What every public fact promises: instants in UTC, no change after it was made, and patience with later fields."""

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from scripts.contracts.golden import example
from shared.events.base import Event
from shared.events.catalogue import CATALOGUE
from shared.events.referrals import ReferralAccepted

each_event = pytest.mark.parametrize("event_class", CATALOGUE, ids=lambda event_class: event_class.name)


def an_acceptance(**fields: object) -> ReferralAccepted:
    """A fact of any kind."""
    return ReferralAccepted.model_validate({**example(ReferralAccepted), **fields})


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("2026-11-09T14:42:07-08:00", "2026-11-09T22:42:07Z"),
        ("2026-11-09T22:42:07Z", "2026-11-09T22:42:07Z"),
        ("2026-11-10T04:12:07.000001+05:30", "2026-11-09T22:42:07.000001Z"),
    ],
)
def test_an_instant_is_told_in_utc_whatever_zone_it_was_written_in(written: str, told: str) -> None:
    event = an_acceptance(occurred_at=written)

    assert event.occurred_at.tzinfo is UTC
    assert json.loads(event.model_dump_json())["occurred_at"] == told


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001
def test_normalising_never_moves_an_instant(instant: datetime) -> None:
    assert an_acceptance(occurred_at=instant).occurred_at == instant.astimezone(UTC)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="occurred_at"):
        an_acceptance(occurred_at="2026-11-09T22:42:07")


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_that_utc_cannot_tell_is_refused_like_any_other_fault(edge: str) -> None:
    with pytest.raises(ValidationError, match="occurred_at"):
        an_acceptance(occurred_at=edge)


@each_event
def test_a_fact_cannot_be_changed(event_class: type[Event]) -> None:
    event = event_class.model_validate(example(event_class))

    for field in event_class.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(event, field, None)


@each_event
def test_a_field_added_later_is_ignored_at_every_depth(event_class: type[Event]) -> None:
    def with_more(part: object) -> object:
        if isinstance(part, list):
            return [with_more(item) for item in part]
        if isinstance(part, dict):
            return {name: with_more(value) for name, value in part.items()} | {"added_later": 1}
        return part

    assert event_class.model_validate(with_more(example(event_class))) == event_class.model_validate(
        example(event_class)
    )


@each_event
@pytest.mark.parametrize("field", ["event_id", "occurred_at", "district_id"])
def test_what_every_fact_has_is_never_left_out(event_class: type[Event], field: str) -> None:
    without = {name: value for name, value in example(event_class).items() if name != field}

    with pytest.raises(ValidationError, match=field):
        event_class.model_validate(without)


def test_facts_about_one_referral_share_a_key_and_others_do_not() -> None:
    other = an_acceptance(referral_id=UUID(int=7))

    assert an_acceptance(version=1).key == an_acceptance(version=9).key == an_acceptance().subject
    assert other.key != an_acceptance().key


def test_a_bare_event_has_no_key() -> None:
    bare = Event(event_id=UUID(int=1), occurred_at=datetime(2026, 11, 9, tzinfo=UTC), district_id="demo")

    with pytest.raises(NotImplementedError):
        _ = bare.key
