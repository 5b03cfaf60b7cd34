"""What callers may send about schedules."""

from typing import Annotated

from pydantic import Field

from router.requests import Instant
from tierline.web.bodies import Line, Reason, Strict


class ReturnBody(Strict):
    """What is given in return: the duty of `person`, between two instants."""

    from_at: Instant
    until_at: Instant


class OverrideBody(Strict):
    """Who comes, who goes, between two instants; with `in_return` both swap.

    An override that has begun by now begins now: what was stays as it was.
    """

    from_at: Instant
    until_at: Instant
    person: Annotated[
        Line, Field(description="Who comes: a name or a login. Left out, nobody does.")
    ] = ""
    instead_of: Annotated[
        Line,
        Field(description="Who goes: a name, a login, or `everybody`. Left out, nobody does."),
    ] = ""
    reason: Reason = ""
    in_return: Annotated[
        ReturnBody | None,
        Field(description="A swap: `instead_of` takes over this duty of `person`."),
    ] = None
