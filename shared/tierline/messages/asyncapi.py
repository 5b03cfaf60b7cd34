"""AsyncAPI 3.0 of the two topics, made from the types that encode and decode them.

`python -m tierline.messages.asyncapi > docs/reference/asyncapi.json`
"""

import dataclasses
import inspect
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any, get_args, get_type_hints

import msgspec

from tierline.messages.alert import AcceptedAlert
from tierline.messages.events import EVENT_TYPES, SOURCE, _Envelope, type_of
from tierline.messages.topics import ALERTS, EVENT_BYTES_MAX, EVENTS, PARTITIONS

VERSION = "1.0.0"
JSON_TYPE = "application/json"
KAFKA_BINDING = "0.5.0"
ENVELOPE = "TicketEvent"
DATA = "TicketEventData"
_COMPONENT = "#/components/schemas/"
_PUBLIC_NAMES = {"_Envelope": ENVELOPE, "_Data": DATA}
_ENVELOPE_WORDS = "CloudEvents 1.0, structured JSON mode; `type` says what `data.what` is."
_DATA_WORDS = (
    "`what`: the event itself, by type. `at`: the instant it counts for; `recorded_at`: when it "
    "was decided; both UTC policy time. `by`: who; `why`: the rule, the policy version, the values "
    "seen; `cause`: the identity of what brought it about. `clocks`: the new value of every clock "
    "it changed. `ticket`: the ticket just after it."
)
_EVENTS_WORDS = (
    "What happened to tickets. The key is the ticket's number, so events of one ticket keep their "
    "order; `id` is ticket/seq, and seq has no gaps. A message may come twice: drop what you have "
    f"seen. No message is larger than {EVENT_BYTES_MAX // 1024} KB. Within a version nothing is "
    "removed or retyped; expect new fields and new types."
)
_ALERTS_WORDS = (
    "Alerts after their commit, on their way to triage. Internal: subscribe to tickets.events "
    "instead. The key holds the integration and its dedup key."
)


def asyncapi() -> dict[str, Any]:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tierline events",
            "version": VERSION,
            "description": "What Tierline says about tickets, as they are opened, escalated, "
            "timed, planned and resolved.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON_TYPE,
        "channels": {
            "ticketEvents": _channel(EVENTS, _EVENTS_WORDS, list(EVENT_TYPES)),
            "alertsReceived": _channel(ALERTS, _ALERTS_WORDS, ["accepted_alert"]),
        },
        "operations": {
            "sendTicketEvents": _operation("send", "ticketEvents"),
            "receiveTicketEvents": _operation("receive", "ticketEvents"),
            "sendAlerts": _operation("send", "alertsReceived"),
            "receiveAlerts": _operation("receive", "alertsReceived"),
        },
        "components": {
            "messages": {
                **{name: _event_message(name, kind) for name, kind in EVENT_TYPES.items()},
                "accepted_alert": {
                    "name": "accepted_alert",
                    "title": "Alert accepted",
                    "contentType": JSON_TYPE,
                    "payload": {"$ref": _COMPONENT + AcceptedAlert.__name__},
                    "bindings": _key_binding("integration and dedup key, joined by U+001F"),
                },
            },
            "schemas": _schemas(),
        },
    }


def asyncapi_text() -> str:
    """The document as it stands in the reference."""
    return json.dumps(asyncapi(), indent=1, ensure_ascii=False) + "\n"


def _channel(topic: str, words: str, messages: list[str]) -> dict[str, Any]:
    return {
        "address": topic,
        "description": words,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": {"partitions": PARTITIONS, "bindingVersion": KAFKA_BINDING}},
    }


def _operation(action: str, channel: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}}


def _key_binding(words: str) -> dict[str, Any]:
    key = {"type": "string", "description": words}
    return {"kafka": {"key": key, "bindingVersion": KAFKA_BINDING}}


def _event_message(name: str, kind: type) -> dict[str, Any]:
    what = {"$ref": _COMPONENT + kind.__name__}
    narrowed = {
        "type": {"const": type_of(name)},
        "data": {"type": "object", "properties": {"what": what}, "required": ["what"]},
    }
    return {
        "name": type_of(name),
        "title": name.replace("_", " ").capitalize(),
        "summary": inspect.getdoc(kind),
        "contentType": JSON_TYPE,
        "payload": {
            "allOf": [
                {"$ref": _COMPONENT + ENVELOPE},
                {"type": "object", "properties": narrowed},
            ]
        },
        "bindings": _key_binding("the ticket's number"),
    }


def _schemas() -> dict[str, Any]:
    kinds = [_Envelope, AcceptedAlert, *EVENT_TYPES.values()]
    _, found = msgspec.json.schema_components(kinds, ref_template=_COMPONENT + "{name}")
    by_name = {kind.__name__: kind for kind in _reached(kinds)}
    schemas = {}
    for name, schema in sorted(found.items()):
        if name in by_name:
            _mark_instants(schema, by_name[name])
        schemas[_PUBLIC_NAMES.get(name, name)] = _renamed(schema)
    _describe(schemas[ENVELOPE], ENVELOPE, _ENVELOPE_WORDS)
    _describe(schemas[DATA], DATA, _DATA_WORDS)
    envelope = schemas[ENVELOPE]["properties"]
    for constant, value in (("specversion", "1.0"), ("source", SOURCE)):
        envelope[constant] = {"const": value}
    schemas[ENVELOPE]["required"] += ["source", "specversion"]
    return schemas


def _describe(schema: dict[str, Any], title: str, words: str) -> None:
    schema["title"], schema["description"] = title, words


def _renamed(schema: Any) -> Any:
    """The same schema with its references by public names and its descriptions unindented."""
    if isinstance(schema, dict):
        return {key: _renamed_value(key, value) for key, value in schema.items()}
    if isinstance(schema, (list, tuple)):
        return [_renamed(value) for value in schema]
    return schema


def _renamed_value(key: str, value: Any) -> Any:
    if key == "$ref":
        name = value.removeprefix(_COMPONENT)
        return _COMPONENT + _PUBLIC_NAMES.get(name, name)
    if key == "description":
        return inspect.cleandoc(value)
    return _renamed(value)


def _reached(kinds: list[type]) -> Iterator[type]:
    """The structures among `kinds` and all they are made of, each once."""
    seen: set[type] = set()
    waiting: list[Any] = list(kinds)
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if kind in seen or not _has_fields(kind):
            continue
        seen.add(kind)
        yield kind
        waiting += get_type_hints(kind).values()


def _has_fields(kind: Any) -> bool:
    return isinstance(kind, type) and (
        dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct)
    )


def _mark_instants(schema: dict[str, Any], kind: type) -> None:
    """Say `date-time` of every text of `schema` that is an instant in `kind`."""
    for name, hint in get_type_hints(kind).items():
        if _holds_instants(hint):
            _mark(schema["properties"][name])


def _holds_instants(hint: Any) -> bool:
    return hint is datetime or any(_holds_instants(part) for part in get_args(hint))


def _mark(schema: Any) -> None:
    if isinstance(schema, dict):
        if schema.get("type") == "string":
            schema["format"] = "date-time"
        for part in schema.values():
            _mark(part)
    elif isinstance(schema, list):
        for part in schema:
            _mark(part)


if __name__ == "__main__":
    sys.stdout.write(asyncapi_text())
