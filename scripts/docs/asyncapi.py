"""The catalogue as an AsyncAPI 3.0 document: topics are channels, events are messages, producers send.

Source: AsyncAPI specification 3.0.0 and its Kafka bindings 0.5.0. Payloads are the same JSON Schemas that
`tests/contracts` holds golden; examples are the same files.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from scripts.contracts.golden import example
from shared.bus.base import PARTITIONS
from shared.bus.kafka.bus import KEPT_FOR_EVER
from shared.cloudevents import to_message
from shared.events.base import Event
from shared.events.catalogue import CATALOGUE, PRODUCERS, TOPICS

ROOT = Path(__file__).parents[2]
KAFKA_BINDING = "0.5.0"


def asyncapi_document() -> str:
    """The whole document as JSON, stable from run to run."""
    return json.dumps(_document(), indent=2, ensure_ascii=False) + "\n"


def _document() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "asyncapi": "3.0.0",
        "id": "urn:rapport:events",
        "info": {
            "title": "Rapport events",
            "version": project["version"],
            "description": (
                "The public facts that Rapport's services announce. Every message is a CloudEvent 1.0 in Kafka binary "
                "mode: attributes are `ce_` headers, the value is the event's JSON. Fields may be added to a version; "
                "readers ignore what they do not know. An event may arrive twice, with the same `ce_id`."
            ),
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The broker that EVENT_BUS_URL names; the embedded bus has the same topics and headers.",
                "variables": {"bootstrap": {"description": "Host and port.", "default": "localhost:9092"}},
            }
        },
        "channels": {topic: _channel(topic) for topic in TOPICS},
        "operations": {f"announce-{topic}": _announcement(topic) for topic in TOPICS},
        "components": {
            "messages": {event_class.name: _message(event_class) for event_class in CATALOGUE},
            "messageTraits": {"cloudevent": _cloudevent_trait()},
            "schemas": _schemas(),
        },
    }


def _of(topic: str) -> list[type[Event]]:
    return [event_class for event_class in CATALOGUE if event_class.topic == topic]


def _channel(topic: str) -> dict[str, Any]:
    return {
        "address": topic,
        "description": f"Announced by {PRODUCERS[topic]}, kept for ever: a reader may start at the beginning.",
        "messages": {e.name: {"$ref": f"#/components/messages/{e.name}"} for e in _of(topic)},
        "bindings": {
            "kafka": {
                "topic": topic,
                "partitions": PARTITIONS,
                "topicConfiguration": {
                    "cleanup.policy": [KEPT_FOR_EVER["cleanup.policy"]],
                    "retention.ms": int(KEPT_FOR_EVER["retention.ms"]),
                    "retention.bytes": int(KEPT_FOR_EVER["retention.bytes"]),
                },
                "bindingVersion": KAFKA_BINDING,
            }
        },
    }


def _announcement(topic: str) -> dict[str, Any]:
    """`send`, seen from the service that the operation belongs to."""
    return {
        "action": "send",
        "title": f"{PRODUCERS[topic]} announces {topic}",
        "summary": f"{PRODUCERS[topic]} sends these when the transaction that made them true has committed.",
        "channel": {"$ref": f"#/channels/{topic}"},
        "messages": [{"$ref": f"#/channels/{topic}/messages/{e.name}"} for e in _of(topic)],
        "tags": [{"name": PRODUCERS[topic]}],
    }


def _message(event_class: type[Event]) -> dict[str, Any]:
    summary, _, more = (event_class.__doc__ or "").strip().partition("\n\n")
    payload = example(event_class)
    announced = to_message(event_class.model_validate(payload), source=PRODUCERS[event_class.topic])
    key_words = event_class.key.__doc__
    return {
        "name": event_class.name,
        "title": event_class.__name__,
        "summary": summary,
        **({"description": " ".join(more.split())} if more else {}),
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudevent"}],
        "payload": {"$ref": f"#/components/schemas/{event_class.__name__}"},
        "bindings": {
            "kafka": {"key": {"type": "string", "description": key_words}, "bindingVersion": KAFKA_BINDING},
        },
        "examples": [
            {
                "name": event_class.name,
                "summary": f"As {PRODUCERS[event_class.topic]} writes it.",
                "headers": {name: value.decode() for name, value in announced.headers},
                "payload": payload,
            }
        ],
    }


def _cloudevent_trait() -> dict[str, Any]:
    def text(description: str, **more: object) -> dict[str, object]:
        return {"type": "string", "description": description, **more}

    return {
        "headers": {
            "type": "object",
            "required": ["ce_specversion", "ce_type", "ce_id", "ce_source", "ce_time", "ce_subject", "content-type"],
            "properties": {
                "ce_specversion": text("CloudEvents version.", const="1.0"),
                "ce_type": text("The event's name with its version.", enum=[e.name for e in CATALOGUE]),
                "ce_id": text("The event's id; a second message with it says nothing new.", format="uuid"),
                "ce_source": text("The service that announces it.", enum=sorted({f"/{p}" for p in PRODUCERS.values()})),
                "ce_time": text("When it became true (UTC).", format="date-time"),
                "ce_subject": text("The thing that the event is about."),
                "ce_districtid": text("The district it belongs to."),
                "ce_traceparent": text("W3C trace context, where the request was traced."),
                "content-type": text("What the value is.", const="application/json"),
            },
        }
    }


def _schemas() -> dict[str, Any]:
    """Every event's schema and what they share, each once."""
    _, document = models_json_schema(
        [(event_class, "serialization") for event_class in CATALOGUE], ref_template="#/components/schemas/{model}"
    )
    schemas: dict[str, Any] = _references_alone(document["$defs"])
    return schemas


def _references_alone(schema: Any) -> Any:
    """The same with words beside a `$ref` moved around it: AsyncAPI's schemas (draft 7) ignore what stands beside."""
    if isinstance(schema, list):
        return [_references_alone(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema and len(schema) > 1:
        beside = {name: value for name, value in schema.items() if name != "$ref"}
        return {"allOf": [{"$ref": schema["$ref"]}], **beside}
    return {name: _references_alone(part) for name, part in schema.items()}
