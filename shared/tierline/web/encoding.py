"""JSON out: dataclasses, enums and instants as they stand, instants as RFC 3339 with `Z`."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/json"

_encode = msgspec.json.Encoder().encode


def encode(value: Any) -> bytes:
    """The JSON text of `value`. Raises TypeError for what JSON has no form for."""
    return _encode(value)


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer whose body is `value`; never kept by caches on the way."""
    return Response(
        encode(value), status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE
    )
