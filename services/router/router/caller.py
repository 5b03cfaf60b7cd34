"""Who calls, and with what: what every write needs to be done once and answered alike."""

import uuid
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel

from tierline.web.auth import needs
from tierline.web.idempotency import Attempt, IdempotencyKey
from tierline.web.principal import ADMIN, ANSWER, CLOCK, NOTICES, READ, REPLAY, WRITE, Principal
from tierline.web.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Caller:
    """A request that writes."""

    principal: Principal
    key: str | None
    method: str
    path: str

    def attempt(self, body: BaseModel | None = None) -> Attempt:
        """This request for the sake of idempotency; bodies are compared as understood."""
        said = b"" if body is None else body.model_dump_json().encode()
        return Attempt.of(self.principal.identity, self.key, self.method, self.path, said)

    @property
    def cause(self) -> str:
        """The identity that the events it brings about are kept with."""
        return f"command/{self.key or uuid.uuid4().hex}"


def writer(scope: str) -> Any:
    """A dependency that gives the Caller, refusing with 403 one without `scope`."""
    allowed = needs(scope)

    async def make(  # a plain function would be run by a thread
        request: Request,
        key: IdempotencyKey = None,
        principal: Principal = allowed,
    ) -> Caller:
        return Caller(principal, key, request.method, request.url.path)

    return Depends(make)


Anybody = Annotated[Principal, needs(None)]
Reader = Annotated[Principal, needs(READ)]
NoticeReader = Annotated[Principal, needs(NOTICES)]
Administrator = Annotated[Principal, needs(ADMIN)]
Guest = Annotated[Principal, needs(ANSWER)]
"""How a route asks for a principal with a scope."""

Writer = Annotated[Caller, writer(WRITE)]
ClockWriter = Annotated[Caller, writer(CLOCK)]
AdminWriter = Annotated[Caller, writer(ADMIN)]
Answerer = Annotated[Caller, writer(ANSWER)]
ReplayWriter = Annotated[Caller, writer(REPLAY)]
"""How a writing route asks for its caller."""


def every_client(principal: Principal) -> None:
    """Dead letters and findings are of any client, some of none: only who sees all may look."""
    if principal.clients is not None:
        raise ProblemError(403, "walled", "this is for credentials that see every client")
