"""Our CloudEvents binding held against the `cloudevents` package for every event, and against headers from anywhere."""

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import example as with_example
from hypothesis import given
from hypothesis import strategies as st

from scripts.contracts.golden import example
from shared.bus.local.log import LocalRecord
from shared.cloudevents import NotAnEvent, event_id, from_record, to_message
from shared.dead_letters import to_dead_letter
from shared.events.base import Event
from shared.events.catalogue import BY_NAME, CATALOGUE, PRODUCERS
from shared.outbox import pack_headers, unpack_headers

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
SUBMITTED = BY_NAME["referral.submitted.v1"]

each_event = pytest.mark.parametrize("event_class", CATALOGUE, ids=lambda event_class: event_class.name)


def a_record(value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> LocalRecord:
    """A record as either bus hands it out."""
    return LocalRecord("referrals", 0, 0, 0, b"key", value, headers)


def a_submission() -> Event:
    """A fact of any kind."""
    return SUBMITTED.model_validate(example(SUBMITTED))


@each_event
def test_the_package_reads_what_we_write(event_class: type[Event]) -> None:
    event = event_class.model_validate(example(event_class))
    message = to_message(event, source=PRODUCERS[event.topic], traceparent=TRACEPARENT)

    read = from_binary(KafkaMessage(dict(message.headers), message.key, message.value or b""), JSONFormat())

    assert read.get_attributes() == {
        "specversion": "1.0",
        "type": event.name,
        "id": str(event.event_id),
        "source": f"/{PRODUCERS[event.topic]}",
        "time": event.occurred_at,
        "subject": event.subject,
        "districtid": event.district_id,
        "traceparent": TRACEPARENT,
        "datacontenttype": "application/json",
        "partitionkey": event.key,
    }
    written, first_published = read.get_data(), example(event_class)
    assert written == event.model_dump(mode="json")
    # Fields that were added since stand beside those that were published, which are as they were.
    assert {name: written[name] for name in first_published} == first_published


@each_event
def test_we_read_what_the_package_writes(event_class: type[Event]) -> None:
    payload = example(event_class)
    attributes = {
        "type": event_class.name,
        "source": "/elsewhere",
        "id": payload["event_id"],
        "specversion": "1.0",
        "time": datetime.fromisoformat(payload["occurred_at"]),
        "datacontenttype": "application/json",
    }
    message = to_binary(CloudEvent(attributes, payload), JSONFormat())
    record = a_record(message.value, tuple(message.headers.items()))

    assert from_record(record, BY_NAME) == event_class.model_validate(payload)
    assert event_id(record.headers) == event_class.model_validate(payload).event_id


@each_event
def test_what_we_write_we_read(event_class: type[Event]) -> None:
    event = event_class.model_validate(example(event_class))
    message = to_message(event, source="anyone")

    assert from_record(a_record(message.value, message.headers), BY_NAME) == event
    assert "ce_traceparent" not in dict(message.headers)


def test_an_event_that_nobody_here_listens_to_is_passed_over_unread() -> None:
    record = a_record(b"not even json", [("ce_type", b"badge.lost.v1")])

    assert from_record(record, BY_NAME) is None


HEADER_NAMES = st.sampled_from(["ce_specversion", "ce_type", "ce_id", "ce_time", "CE_TYPE", "content-type", ""])
HEADER_VALUES = st.one_of(
    st.none(), st.binary(max_size=20), st.sampled_from([b"1.0", b"referral.submitted.v1", b"\xff\xfe"])
)
HEADERS = st.lists(st.tuples(HEADER_NAMES | st.text(max_size=5), HEADER_VALUES), max_size=6)


@given(headers=HEADERS, value=st.none() | st.binary(max_size=30))
@with_example(headers=[("ce_specversion", b"1.0")], value=b"{}")
@with_example(headers=[("ce_specversion", b"1.0"), ("ce_type", None)], value=b"{}")
@with_example(headers=[("ce_type", b"referral.submitted.v1"), ("ce_id", b"{not a uuid}")], value=None)
def test_headers_from_anywhere_are_an_event_or_not_but_never_another_error(
    headers: list[tuple[str, bytes]], value: bytes | None
) -> None:
    record = a_record(value, headers)
    with suppress(NotAnEvent):
        from_record(record, BY_NAME)
    with suppress(NotAnEvent):
        event_id(headers)


@given(headers=HEADERS)
def test_headers_from_anywhere_can_be_set_aside(headers: list[tuple[str, bytes]]) -> None:
    letter = to_dead_letter(a_record(b"bytes", headers), group="reporting", reason="odd", error="NotAnEvent")

    assert unpack_headers(pack_headers(letter.headers)) == letter.headers


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda part: st.lists(part) | st.dictionaries(st.text(), part),
)


@given(field=st.sampled_from(sorted(SUBMITTED.model_fields)), odd=JSON)
@with_example(field="occurred_at", odd="0001-01-01T00:00:00+14:00")
@with_example(field="submitted_at", odd="9999-12-31T23:59:59-14:00")
@with_example(field="submitted_on", odd="10000-01-01")
@with_example(field="version", odd=10**4000)
def test_a_field_of_any_content_is_an_event_or_not_but_never_another_error(field: str, odd: object) -> None:
    payload = json.dumps({**example(SUBMITTED), field: odd}).encode()
    with suppress(NotAnEvent):
        from_record(a_record(payload, [("ce_type", b"referral.submitted.v1")]), BY_NAME)


@pytest.mark.parametrize("field", sorted(SUBMITTED.model_fields))
def test_a_refusal_names_the_field_and_never_the_value(field: str) -> None:
    secret = "Jordan Doe"
    payload = json.dumps({**example(SUBMITTED), field: {secret: secret}, secret: secret}).encode()

    with pytest.raises(NotAnEvent) as refusal:
        from_record(a_record(payload, [("ce_type", b"referral.submitted.v1")]), BY_NAME)

    assert field in str(refusal.value)
    assert secret not in str(refusal.value)
    # A traceback prints the cause too, and pydantic's quotes what it was given.
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_a_payload_that_is_no_json_is_not_quoted() -> None:
    with pytest.raises(NotAnEvent, match=r"^payload of referral\.submitted\.v1 does not fit: payload$"):
        from_record(a_record(b'{"name": "Jordan Doe', [("ce_type", b"referral.submitted.v1")]), BY_NAME)
