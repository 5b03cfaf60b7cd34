"""Reading JSON that monitors send, and making its text safe to store.

PostgreSQL's text and json refuse U+0000, and no UTF-8 exists for a lone surrogate; both arrive.
Each becomes U+FFFD here, so that one alert's data can never fail the statement of its neighbours.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

import msgspec

from intake.adapters.parsed import MemberError
from intake.limits import DEPTH_MAX

REPLACEMENT = "\ufffd"
INTEGER_MAX = 2**63

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def read_json(body: bytes) -> Any:
    """The value of a JSON text.

    What the fast reader refuses and a monitor may well send is read too: a byte order mark, bytes
    that are not UTF-8, lone surrogates, NaN (as text).

    Raises:
        MemberError: it is no JSON, or nests too deep to read.
    """
    try:
        return _decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _read_leniently(body)


def _read_leniently(body: bytes) -> Any:
    text = body.decode("utf-8-sig", "replace")
    try:
        return json.loads(text, parse_constant=str, strict=False)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise MemberError("", f"is not JSON ({error.msg}, {where})") from None
    except (ValueError, RecursionError):
        raise MemberError("", "is JSON with a number too long, or nested too deep") from None


def clean_text(text: str) -> str:
    """The text with U+FFFD for U+0000 and for every lone surrogate."""
    if "\x00" in text:
        text = text.replace("\x00", REPLACEMENT)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def clean(value: Any, depth: int = DEPTH_MAX) -> Any:
    """A JSON value with all of its text clean, no number JSON cannot say, and a bounded depth."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not -INTEGER_MAX <= value < INTEGER_MAX:
        return str(value)
    if isinstance(value, dict | list) and depth <= 0:
        return clean_text(as_text(value))
    if isinstance(value, dict):
        return {clean_text(key): clean(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item, depth - 1) for item in value]
    return value


def as_text(value: Any) -> str:
    """A JSON value as text: text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return f"({type(value).__name__}, nested too deep)"


def raw_of(value: Any) -> bytes:
    """A JSON value as bytes to keep, valid JSON wherever it can be; never raises."""
    try:
        return _encode(value)
    except (UnicodeError, RecursionError, ValueError, msgspec.MsgspecError):
        pass
    try:
        return json.dumps(value).encode()  # says a lone surrogate as an escape
    except (ValueError, RecursionError):
        return as_text(value).encode()


def text_of(source: Mapping[str, Any], key: str) -> str:
    """A member's text: clean, its ends trimmed; numbers as they are written, null as nothing.

    Raises:
        MemberError: it is a list, an object or a boolean.
    """
    value = source.get(key)
    if isinstance(value, str):
        return clean_text(value).strip()
    if value is None:
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise MemberError(key, f"must be text, and it is {_kind(value)}")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", bool: "a boolean"}
    return names.get(type(value), type(value).__name__)
