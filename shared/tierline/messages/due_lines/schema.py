"""JSON Schema (2020-12) of the lines of `tierline due --jsonl`.

`python -m tierline.messages.due_lines.schema > docs/reference/due-lines.schema.json`
"""

import json
import sys
from typing import Any, get_args

from tierline.domain.calendar import MAX_HOLIDAYS, WEEKDAYS
from tierline.domain.due_ledger import Kind
from tierline.domain.windows import MAX_WINDOWS_PER_DAY
from tierline.messages.due_lines.limits import (
    LINE_BYTES_MAX,
    MINUTES_MAX,
    PAUSES_MAX,
    REASON_MAX,
)

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_SCALAR = {"type": ["string", "number", "boolean", "null"]}
_GIVEN_INSTANT = {
    "type": "string",
    "description": "ISO 8601 with `Z` or an offset, to the microsecond, from 2000 to 2100.",
    "examples": ["2026-11-20T16:30:00+01:00"],
}
_INSTANT = {
    "type": "string",
    "description": "In UTC; microseconds only where there are any.",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z$",
}
_OPEN_INSTANT = {**_INSTANT, "type": ["string", "null"]}
_WINDOWS = {
    "type": "array",
    "maxItems": MAX_WINDOWS_PER_DAY,
    "description": "Local times; an end at or before the start is on the next day.",
    "items": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$"},
}
_DATE = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$"}


def due_lines_schema() -> dict[str, Any]:
    """The schema: a line of input is `#/$defs/input`, a line of output `#/$defs/output`."""
    return {
        "$schema": DIALECT,
        "title": "Lines of `tierline due --jsonl`",
        "description": "A line of input is `#/$defs/input`, of output `#/$defs/output`."
        f" A line has at most {LINE_BYTES_MAX} bytes.",
        "$defs": {
            "input": _input(),
            "output": {"oneOf": [{"$ref": "#/$defs/answer"}, {"$ref": "#/$defs/refusal"}]},
            "calendar": _calendar(),
            "answer": _answer(),
            "segment": _segment(),
            "refusal": _refusal(),
        },
    }


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _input() -> dict[str, Any]:
    pause = {
        "type": "array",
        "description": "[start, end] or [start, end, reason]: from the start up to, and without,"
        " the end; null is the end of one that is still open.",
        "minItems": 2,
        "maxItems": 3,
        "prefixItems": [
            _GIVEN_INSTANT,
            {**_GIVEN_INSTANT, "type": ["string", "null"]},
            {"type": ["string", "null"], "maxLength": REASON_MAX},
        ],
    }
    minutes = {
        "type": "number",
        "minimum": 0,
        "maximum": MINUTES_MAX,
        "description": "Minutes of open time; a fraction counts to the nearest microsecond.",
    }
    return _object(
        ["calendar", "start", "target_minutes"],
        calendar={"$ref": "#/$defs/calendar"},
        start=_GIVEN_INSTANT,
        target_minutes=minutes,
        pauses={"type": "array", "maxItems": PAUSES_MAX, "items": pause},
        id={**_SCALAR, "description": "Any plain value; it is in the answer as written."},
    ) | {"additionalProperties": False}


def _calendar() -> dict[str, Any]:
    part = _object(["date", "hours"], date=_DATE, hours=_WINDOWS) | {"additionalProperties": False}
    return _object(
        ["timezone", "hours"],
        timezone={"type": "string", "description": "IANA name.", "examples": ["Europe/Berlin"]},
        hours={
            "type": "object",
            "properties": dict.fromkeys(WEEKDAYS, _WINDOWS),
            "additionalProperties": False,
        },
        holidays={
            "type": "array",
            "maxItems": MAX_HOLIDAYS,
            "description": "A date is closed; with hours, these replace the windows that start"
            " on it.",
            "items": {"oneOf": [_DATE, part]},
        },
    ) | {"additionalProperties": False}


def _answer() -> dict[str, Any]:
    ledger = {
        "type": "array",
        "items": {"$ref": "#/$defs/segment"},
        "description": "From the start to the due instant, without gap or overlap; the counted"
        " seconds sum exactly to the target. Empty for a target of zero.",
    }
    due = {**_OPEN_INSTANT, "description": "Null while an open pause keeps the clock."}
    return _object(["due", "ledger"], id=_SCALAR, due=due, ledger=ledger)


def _segment() -> dict[str, Any]:
    return _object(
        ["start", "end", "kind", "counted_s"],
        start=_INSTANT,
        end={**_OPEN_INSTANT, "description": "Null once an open pause keeps the clock."},
        kind={"enum": list(get_args(Kind))},
        reason={"type": "string", "description": "Of the pauses, or the dates of the holidays."},
        counted_s={"type": "number", "minimum": 0, "description": "Seconds, six decimals at most."},
    )


def _refusal() -> dict[str, Any]:
    error = _object(
        ["field", "reason", "remedy"],
        field={"type": "string", "description": "Path of what is wrong; empty: the whole line."},
        reason={"type": "string"},
        remedy={"type": "string"},
    )
    line = {"type": "integer", "minimum": 1, "description": "Which line of the input."}
    return _object(["error", "line"], id=_SCALAR, error=error, line=line)


def schema_text() -> str:
    """The schema as it stands in the documentation."""
    return json.dumps(due_lines_schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
