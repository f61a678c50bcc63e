"""Our CloudEvents over both buses, held against the `cloudevents` package."""

import json

from cloudevents.core.bindings.kafka import KafkaMessage, from_binary, to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.bus.base import Bus, Message
from shared.cloudevents import event_id, from_record, to_message
from shared.events.catalogue import BY_NAME
from shared.testing.events import a_submission
from shared.testing.readers import all_records

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_the_package_reads_what_we_announce(bus: Bus, topic: str) -> None:
    event = a_submission()
    sent = to_message(event, source="referral-api", traceparent=TRACE)
    await bus.publish([Message(topic, sent.key, sent.value, sent.headers)])

    (record,) = await all_records(bus, topic, 1)
    message = KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value or b"")
    read = from_binary(message, JSONFormat())

    assert read.get_attributes() == {
        "specversion": "1.0",
        "type": event.name,
        "id": str(event.event_id),
        "source": "/referral-api",
        "time": event.occurred_at,
        "subject": event.subject,
        "districtid": event.district_id,
        "datacontenttype": "application/json",
        "traceparent": TRACE,
        "partitionkey": event.key,
    }
    assert read.get_data() == json.loads(event.model_dump_json())


async def test_we_read_what_the_package_announces(bus: Bus, topic: str) -> None:
    event = a_submission()
    announced = CloudEvent(
        attributes={
            "id": str(event.event_id),
            "source": "/elsewhere",
            "type": event.name,
            "specversion": "1.0",
            "time": event.occurred_at,
            "datacontenttype": "application/json",
            "partitionkey": event.key,
        },
        data=json.loads(event.model_dump_json()),
    )
    message = to_binary(announced, JSONFormat())
    await bus.publish([Message(topic, str(message.key).encode(), message.value, tuple(message.headers.items()))])

    (record,) = await all_records(bus, topic, 1)

    assert from_record(record, BY_NAME) == event
    assert event_id(record.headers) == event.event_id
