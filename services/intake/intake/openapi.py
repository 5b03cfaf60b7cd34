"""The OpenAPI document of intake: `python -m intake.openapi` prints it.

The addresses are plain ASGI, so it is written here by hand; tests send what it says and compare.
"""

import json
import sys
from importlib.metadata import version
from typing import Any

from intake.adapters import ADAPTERS
from intake.adapters.fields import SEVERITIES, STATUSES
from intake.limits import ALERTS_MAX, DEDUP_KEY_MAX, LABEL_VALUE_MAX, LABELS_MAX, LINKS_MAX

JSON = "application/json"
_ALERT = {"$ref": "#/components/schemas/Alert"}
_EVENT = {"$ref": "#/components/schemas/CloudEvent"}
_KEY_IN_HEADER: list[dict[str, list[str]]] = [{"integrationKey": []}]


def document() -> dict[str, Any]:
    """The document, made anew at each call."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tierline intake",
            "version": version("tierline-intake"),
            "description": "Takes alerts in. 202 means: stored, whatever happens next.",
        },
        "paths": {"/v1/alerts": _plain(), "/v1/alerts/{kind}/{key}": _by_source()},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"integrationKey": {"type": "http", "scheme": "bearer"}},
        },
    }


def _plain() -> dict[str, Any]:
    several = {"type": "array", "items": _ALERT, "minItems": 1, "maxItems": ALERTS_MAX}
    events = {"type": "array", "items": _EVENT, "minItems": 1, "maxItems": ALERTS_MAX}
    content = {
        JSON: {"schema": {"oneOf": [_ALERT, several]}},
        "application/cloudevents+json": {"schema": _EVENT},
        "application/cloudevents-batch+json": {"schema": events},
    }
    operation = {
        "operationId": "postAlerts",
        "summary": "Post one alert, a list of them, or CloudEvents that carry them",
        "security": _KEY_IN_HEADER,
        "requestBody": {"required": True, "content": content},
        "responses": _responses(),
    }
    return {"post": operation}


def _by_source() -> dict[str, Any]:
    parameters = [
        _path_parameter("kind", {"type": "string", "enum": sorted(ADAPTERS)}),
        _path_parameter("key", {"type": "string", "pattern": "^tli_[A-Za-z0-9_-]{43}$"}),
    ]
    body = {"required": True, "content": {JSON: {"schema": {"type": ["object", "array"]}}}}
    missing = _problem("No such source, or the key is another source's")
    operation = {
        "summary": "Post what a monitor sends of itself, in its own format",
        "security": [],
        "parameters": parameters,
        "requestBody": body,
        "responses": {**_responses(), "404": missing},
    }
    return {
        "post": {"operationId": "postSourceAlerts", **operation},
        "put": {"operationId": "putSourceAlerts", **operation},
    }


def _path_parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _responses() -> dict[str, Any]:
    taken = {"$ref": "#/components/schemas/Taken"}
    retry = {"description": "Seconds to wait", "schema": {"type": "integer"}}
    return {
        "202": {"description": "Stored", "content": {JSON: {"schema": taken}}},
        "400": _problem("No member could be taken; `rejected` says why of each"),
        "401": _problem("The key is missing, unknown or revoked"),
        "408": _problem("The body took too long"),
        "413": _problem("Too large, or too many alerts"),
        "415": _problem("Compressed bodies are not taken"),
        "503": {**_problem("Send it again; the key absorbs it"), "headers": {"Retry-After": retry}},
    }


def _problem(description: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {"application/problem+json": {"schema": schema}}}


def _schemas() -> dict[str, Any]:
    return {
        "Alert": _alert(),
        "CloudEvent": _cloudevent(),
        "Taken": _taken(),
        "Rejected": _rejected(),
        "Problem": _problem_document(),
    }


def _alert() -> dict[str, Any]:
    text, scalar = {"type": ["string", "number", "null"]}, ["string", "number", "boolean", "null"]
    labels = {
        "type": ["object", "null"],
        "additionalProperties": {"type": scalar},
        "description": f"The first {LABELS_MAX} count, each up to {LABEL_VALUE_MAX} characters",
    }
    links = {
        "type": ["array", "null"],
        "items": {"type": "string", "format": "uri"},
        "description": f"Up to {LINKS_MAX} http(s) addresses",
    }
    return {
        "type": "object",
        "description": "Members that are not named here are kept with the alert.",
        "required": ["dedup_key", "title"],
        "properties": {
            "dedup_key": {
                "type": ["string", "number"],
                "minLength": 1,
                "maxLength": DEDUP_KEY_MAX,
                "description": "What identifies the problem; the same in its recovery",
            },
            "title": {"type": ["string", "number"], "minLength": 1},
            "status": {"enum": sorted(STATUSES), "default": "firing"},
            "severity": {"enum": sorted(SEVERITIES), "default": "error"},
            **dict.fromkeys(("client", "site", "host", "service", "body"), text),
            "labels": labels,
            "links": links,
            "occurred_at": {"type": ["string", "null"], "description": "ISO 8601"},
        },
        "additionalProperties": True,
    }


def _cloudevent() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    return {
        "type": "object",
        "description": "CloudEvents 1.0; `subject` is the dedup key where the data has none.",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            **dict.fromkeys(("id", "source", "type", "subject"), text),
            "time": {"type": "string", "format": "date-time"},
            "data": {**_alert(), "required": []},
        },
        "additionalProperties": True,
    }


def _taken() -> dict[str, Any]:
    number = {"type": "integer"}
    accepted = {
        "type": "object",
        "required": ["index", "id"],
        "properties": {"index": number, "id": number},
    }
    rejected = {"$ref": "#/components/schemas/Rejected"}
    return {
        "type": "object",
        "required": ["accepted", "rejected"],
        "properties": {
            "id": {**number, "description": "Of a single alert"},
            "accepted_at": {"type": "string", "format": "date-time"},
            "accepted": {"type": "array", "items": accepted},
            "rejected": {"type": "array", "items": rejected},
        },
    }


def _rejected() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["index", "field", "detail"],
        "properties": {
            "index": {"type": "integer"},
            "field": {"type": "string"},
            "detail": {"type": "string", "description": "What is wrong, and what to do"},
        },
    }


def _problem_document() -> dict[str, Any]:
    text = {"type": "string"}
    rejected = {"type": "array", "items": {"$ref": "#/components/schemas/Rejected"}}
    return {
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            **dict.fromkeys(("type", "title", "detail", "code"), text),
            "status": {"type": "integer"},
            "rejected": rejected,
        },
    }


def main() -> None:
    """Print the document, as `docs/reference/openapi-intake.json` holds it."""
    sys.stdout.write(rendered())


def rendered() -> str:
    """The document as text."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
