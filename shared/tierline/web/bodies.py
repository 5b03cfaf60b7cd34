"""What comes in: a bound on its size, and bodies whose unknown fields are refused by name."""

import difflib
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tierline.web.limits import BODY_BYTES_MAX
from tierline.web.problems import ProblemError, problem_response


class Strict(BaseModel):
    """A body or a query whose unknown fields are refused, naming the one that was meant."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_fields_only(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        for field in data:
            if field not in cls.model_fields:
                raise _unknown(str(field), list(cls.model_fields))
        return data


def _unknown(field: str, known: list[str]) -> PydanticCustomError:
    if not known:
        remedy = "nothing is taken here"
    elif meant := closest(field, known):
        remedy = f"did you mean {meant}?"
    else:
        remedy = f"known here: {', '.join(known)}"
    # JSON may name half a surrogate pair, which no answer could repeat.
    named = field[:100].encode("utf-8", "replace").decode()
    shown = {"field": named, "remedy": remedy}
    return PydanticCustomError("unknown_field", "is not known here; {remedy}", shown)


def closest(given: str, known: list[str]) -> str | None:
    """The known name that `given` most likely stands for; None where nothing is near."""
    lowered = {name.lower(): name for name in known}
    found = difflib.get_close_matches(given[:100].lower(), lowered, n=1, cutoff=0.6)
    return lowered[found[0]] if found else None


def _storable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("text", "must not hold the character NUL")
    return text


Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_storable)]
"""A name or another short text."""

Reason = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(_storable)]
"""A sentence or two."""

LongText = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_storable)]
"""A note, a description. With every character escaped it still fits into one event."""


class BodyLimit:
    """ASGI middleware: a body of more than BODY_BYTES_MAX is refused with 413 as it comes in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, counting what it brings."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced(scope) > BODY_BYTES_MAX:
            await _refuse(scope, receive, send)
            return
        await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0

        async def count() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_BYTES_MAX:
                # An HTTPException is the one error that reading a body passes on as it is.
                raise HTTPException(413, _TOO_LARGE)
            return message

        await self._app(scope, count, send)


_TOO_LARGE = f"the body is larger than {BODY_BYTES_MAX // 1024} KiB"


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await problem_response(ProblemError(413, "too_large", _TOO_LARGE))(scope, receive, send)
