"""A ticket command as the router's routes perform it, without HTTP around it."""

from dataclasses import dataclass
from typing import Any

from router.commands import check_visible, decide_within, refusal, refusals, status_of
from router.context import Context
from router.transactions import write
from tierline.domain.commands import Command
from tierline.messages.events import event_name
from tierline.store.tickets import Connection
from tierline.web.idempotency import Answer, Attempt, Given, once
from tierline.web.principal import Principal


@dataclass(frozen=True, slots=True)
class Request:
    """One command of one person under one Idempotency-Key."""

    principal: Principal
    number: int
    command: Command
    key: str

    @property
    def attempt(self) -> Attempt:
        """What the router keeps the answer under."""
        path = f"/v1/tickets/{self.number}/{type(self.command).__name__.lower()}"
        said = repr(self.command).encode()
        return Attempt.of(self.principal.identity, self.key, "POST", path, said)

    @property
    def cause(self) -> str:
        """The identity its events are kept with."""
        return f"command/{self.key}"


@dataclass(frozen=True, slots=True)
class Commands:
    """What a person reaches of a router."""

    context: Context

    async def perform(self, request: Request) -> Given:
        """Decide the command and keep its answer, in one transaction.

        Raises:
            ProblemError: no such ticket, or its problem is open on another one.
            One of UNREACHABLE or REPLAYABLE, NoPolicyError: ask again.
        """
        context = self.context

        async def work(connection: Connection) -> Given:
            await check_visible(connection, request.number, request.principal)
            return await once(connection, request.attempt, lambda: decided(connection))

        async def decided(connection: Connection) -> Answer:
            done = await decide_within(
                context,
                connection,
                request.number,
                request.command,
                request.principal.asker,
                request.cause,
            )
            return _answer(done.decision.rejected, done.decision.ticket, done.decision.events)

        async with refusals(context, request.number):
            return await write(context, work)


def _answer(refused: Any, ticket: Any, events: Any) -> Answer:
    if refused is not None:
        return Answer.of(status_of(refused), refusal(refused))
    names = [event_name(event) for event in events]
    return Answer.of(200, {"seq": ticket.seq, "owner": ticket.owner, "events": names})
