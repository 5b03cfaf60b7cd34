"""Cursors: where a list goes on, opaque to callers and bound to the list they came from."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from tierline.web.problems import ProblemError

CURSOR_MAX = 400
"""Characters of a cursor."""

NUMBER_MAX = 2**63 - 1

RowNumber = Annotated[int, msgspec.Meta(ge=0, le=NUMBER_MAX)]
"""The last sort value of every cursor."""


def encode_cursor(kind: str, *values: Any) -> str:
    """A cursor of the list `kind` after the row with these sort values."""
    return base64.urlsafe_b64encode(msgspec.json.encode([kind, *values])).rstrip(b"=").decode()


def decode_cursor(cursor: str, kind: str, shape: Any) -> list[Any]:
    """The sort values of a cursor.

    Args:
        cursor: as it was given out.
        kind: the list it must belong to.
        shape: the type of the tuple of its values.

    Raises:
        ProblemError: 422 for anything that was not given out by this very list.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        raw = base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True)
        of, *found = msgspec.json.decode(raw, type=list[Any])
        values = msgspec.convert(found if of == kind else None, type=shape)
        return [_in_utc(value) for value in values]
    except (binascii.Error, ArithmeticError, ValueError, msgspec.MsgspecError) as error:
        raise ProblemError(
            422,
            "invalid",
            "cursor: is not one of this list in this order; start again without it",
        ) from error


def _in_utc(value: Any) -> Any:
    """An instant as Postgres is given it. Raises OverflowError outside the years 1 to 9999."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value
