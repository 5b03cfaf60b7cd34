"""What every route of the router stands on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Request

from router.people import People
from router.wrong_passwords import WrongPasswords
from tierline.policy.source import PolicySource
from tierline.store.database import Database
from tierline.store.floor import FloorSource
from tierline.web.auth import Authenticator
from tierline.web.passwords import Passwords
from tierline.web.sse import Hub


class Nudged(Protocol):
    """The relay, as far as a writer knows it."""

    def nudge(self) -> None:
        """Rows were committed: look now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One router's parts. `development`: policy time may be moved."""

    db: Database
    source: PolicySource
    floor: FloorSource
    relay: Nudged
    hub: Hub
    authenticator: Authenticator
    people: People
    passwords: Passwords
    wrong_passwords: WrongPasswords
    development: bool = False


async def here(request: Request) -> Context:
    """The context of the running application; a plain function would be run by a thread."""
    context: Context = request.app.state.context
    return context


Here = Annotated[Context, Depends(here)]
"""How a route asks for the context."""

Row = Mapping[str, Any]
"""A row that asyncpg fetched, by column."""
