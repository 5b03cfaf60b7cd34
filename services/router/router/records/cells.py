"""One field of a record as a cell of a table, and back, without loss.

A text stands as it is; a list of texts is joined by `; `; what is nested, or would be read as
something else, is JSON. Spreadsheets run what begins like a formula, so that gets an apostrophe,
which reading takes away again.
"""

import json
import re
from typing import Any, Final

from tierline.policy.shapes import Checked, Either, Flag, ListOf, Shape, Text, Whole

SEPARATOR: Final = ";"
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_FLAGS = {"true": True, "false": False}


def write_cell(shape: Shape, value: Any) -> str:
    """The cell of a value that the shape accepted; None is an empty one."""
    if value is None:
        return ""
    plain = _plain(value)
    if plain is None or _read(shape, plain) != value:
        plain = json.dumps(value, ensure_ascii=False)
    return f"'{plain}" if _FORMULA.match(plain) else plain


def _plain(value: Any) -> str | None:
    """The form without JSON; None where there is none."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return f"{SEPARATOR} ".join(value)
    return None if isinstance(value, list | dict) else str(value)


def read_cell(shape: Shape, cell: str) -> Any:
    """The value of a cell, not yet checked by the shape; None for an empty one."""
    text = cell.strip()
    text = text[1:] if _GUARDED.match(text) else text
    return _read(shape, text) if text else None


def _read(shape: Shape, text: str) -> Any:
    inner = shape.shape if isinstance(shape, Checked) else shape
    if isinstance(inner, Text):
        return text
    if isinstance(inner, Flag):
        return _FLAGS.get(text.lower(), text)
    if text[:1] in {"[", "{", '"'}:
        return _json(text)
    if isinstance(inner, ListOf) and isinstance(inner.item, Text):
        return [part for item in text.split(SEPARATOR) if (part := item.strip())]
    if isinstance(inner, Whole | Either) and _WHOLE.fullmatch(text):
        return int(text)
    return text


def _json(text: str) -> Any:
    """What the JSON says; the text itself where it is none, for the shape to complain about."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
