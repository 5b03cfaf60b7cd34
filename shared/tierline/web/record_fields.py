"""A record's field as one line of text, for forms and command lines, and back.

Lists of texts stand apart by `;`, what is nested is JSON. What the line means is read off the
field's JSON Schema, as the router describes it.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

SEPARATOR: Final = ";"
_WORDS = {"true": True, "false": False}


class NotAValueError(ValueError):
    """A line that begins like JSON and is none; says why."""


def read_value(text: str, shape: Mapping[str, Any]) -> Any:
    """The value a line stands for; None for an empty one.

    Args:
        text: as typed.
        shape: the field's JSON Schema; an empty one: any text.

    Raises:
        NotAValueError: JSON that cannot be read.
    """
    line = text.strip()
    if not line:
        return None
    if line[0] in "[{":
        try:
            return json.loads(line)
        except (ValueError, RecursionError) as error:
            raise NotAValueError(f"`{line[:60]}` is not JSON: {error}") from None
    kinds = kinds_of(shape)
    if "boolean" in kinds:
        return _WORDS.get(line.lower(), line)
    if "integer" in kinds and line.isascii() and line.isdigit():
        return int(line)
    if "array" in kinds:
        return [part for item in line.split(SEPARATOR) if (part := item.strip())]
    return line


def write_value(value: Any) -> str:
    """The line of a value; an empty one for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and all(isinstance(it, str) and SEPARATOR not in it for it in value):
        return f"{SEPARATOR} ".join(value)
    return json.dumps(value, ensure_ascii=False)


def kinds_of(shape: Mapping[str, Any]) -> set[str]:
    """The JSON types that a schema lets in."""
    found = {str(shape["type"])} if "type" in shape else set()
    for one in shape.get("anyOf", ()):
        found |= kinds_of(one)
    return found
