"""A command on a ticket: locked, decided, written, committed; all or nothing.

A refused command still commits the events of the time that had passed.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
from prometheus_client import Counter

from router.context import Context
from router.together import check_names, informed, mark_majors
from tierline.domain.commands import Asker, Command, Rejected, Reopen
from tierline.domain.decide import Decision, decide
from tierline.domain.events import Prioritised
from tierline.domain.terms import State
from tierline.domain.ticket import Ticket
from tierline.messages.logged import from_here_on
from tierline.store.tickets import (
    Change,
    Connection,
    TooLargeError,
    lock_tickets,
    policy_now,
    read_ticket,
    write_changes,
)
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError, problem_body
from tierline.web.walls import no_such_ticket, sight_of, ticket_wall

COMMANDS = Counter("tierline_router_commands_total", "Commands decided.", ["command", "outcome"])

UNPROCESSABLE = frozenset(
    {
        "missing",
        "promise_past",
        "instant_past",
        "promise_too_far",
        "not_an_instant",
        "out_of_range",
        "invalid",
        "at_outside",
        "over_limit",
        "in_freeze",
    }
)
"""Refusals of what was said rather than of when: 422. Likewise every `unknown_` and `same_`."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command after its decision: the ticket before it, what came of it, and when (UTC)."""

    before: Ticket
    decision: Decision
    now: datetime


def status_of(refused: Rejected) -> int:
    """The HTTP status of a refusal."""
    if refused.code in UNPROCESSABLE or refused.code.startswith(("unknown_", "same_")):
        return 422
    return 403 if refused.code == "lead_decides" else 409


def refusal(refused: Rejected) -> dict[str, Any]:
    """The problem document of a refusal, with the place the ticket is at."""
    place = dict(refused.place)
    return problem_body(status_of(refused), refused.code, refused.reason, place=place)


@asynccontextmanager
async def refusals(context: Context, number: int) -> AsyncIterator[None]:
    """Turns what a write of ticket `number` runs into, into what the caller can understand.

    Raises:
        ProblemError: 409 `key_taken` where reopening would make a second open ticket of one
            problem, 413 where an event would be too large to be told.
    """
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name != "ticket_open_problem":
            raise
        raise await _key_taken(context, number) from error
    except TooLargeError as error:
        raise ProblemError(413, "too_large", "the text is too long: shorten it") from error


async def decide_within(
    context: Context,
    connection: Connection,
    number: int,
    command: Command,
    asker: Asker,
    cause: str,
) -> Done:
    """Decide `command` on ticket `number` and write what follows, in the caller's transaction.

    Args:
        context: its policy and floor are used.
        connection: inside a transaction that the caller commits.
        number: the ticket's.
        command: what is asked.
        asker: by whom.
        cause: the identity of the request, kept with the events.

    Returns:
        The decision, refused or not.

    Raises:
        ProblemError: 404 for no such ticket, 422 for words that must not go to other clients.
    """
    if isinstance(command, Reopen):
        await _lock_problem(connection, number)
    ticket = (await lock_tickets(connection, [number])).get(number)
    if ticket is None:
        no_such_ticket(number)
    from_here_on(ticket=number, client=ticket.client)
    await check_names(connection, ticket, command)
    done = await _decided(context, connection, ticket, command, asker, cause)
    after = done.decision.ticket
    changes = [Change(ticket, after, done.decision.events)]
    await write_changes(connection, changes)
    await mark_majors(connection, changes)
    context.floor.fold(ticket, after, done.decision.events)
    if ticket.state is State.CLOSED and after.open:
        await _point_problem_at(connection, after)
    outcome = done.decision.rejected.code if done.decision.rejected else "done"
    COMMANDS.labels(type(command).__name__.lower(), outcome).inc()
    return done


POINT_PROBLEM = "UPDATE tierline.problem SET ticket = $3 WHERE client = $1 AND key = $2"


async def _point_problem_at(connection: Connection, ticket: Ticket) -> None:
    """A reopened ticket is its problem's open one again."""
    await connection.execute(POINT_PROBLEM, ticket.client, ticket.problem_key, ticket.id)


async def foresee(
    context: Context,
    connection: Connection,
    number: int,
    command: Command,
    asker: Asker,
    cause: str,
) -> Done:
    """What deciding `command` now would bring; nothing is locked or written."""
    ticket = await read_ticket(connection, number)
    if ticket is None:
        no_such_ticket(number)
    return await _decided(context, connection, ticket, command, asker, cause)


async def _decided(
    context: Context,
    connection: Connection,
    ticket: Ticket,
    command: Command,
    asker: Asker,
    cause: str,
) -> Done:
    command = await informed(connection, ticket, command)
    now = await policy_now(connection)
    policy, floor = context.source.current, context.floor.current
    return Done(ticket, decide(ticket, command, asker, policy, floor, now, cause=cause), now)


LOCK_PROBLEM = (
    "SELECT 1 FROM tierline.problem p JOIN tierline.ticket t"
    " ON p.client = t.client AND p.key = t.problem_key WHERE t.id = $1 FOR UPDATE OF p"
)


async def _lock_problem(connection: Connection, number: int) -> None:
    """Triage's lock comes before the ticket's, in the order triage takes them."""
    await connection.execute(LOCK_PROBLEM, number)


OPEN_ELSEWHERE = (
    "SELECT o.id FROM tierline.ticket t JOIN tierline.ticket o"
    " ON o.client = t.client AND o.problem_key = t.problem_key AND o.id <> t.id"
    " WHERE t.id = $1 AND o.state <> 'closed'"
)


async def _key_taken(context: Context, number: int) -> ProblemError:
    """Name the ticket that is open for the same problem."""
    async with context.db.connection() as connection:
        other = await connection.fetchval(OPEN_ELSEWHERE, number)
    if other is None:
        return ProblemError(409, "key_taken", "another ticket was just open for it: try again")
    detail = f"ticket {other} is open for the same problem: work on that one"
    return ProblemError(409, "key_taken", detail, other=other)


CLIENT_OF = (
    "SELECT t.client FROM tierline.ticket t"
    f" WHERE t.id = $2 AND {ticket_wall('t.id', 't.client', 1)}"
)


async def check_visible(connection: Connection, number: int, principal: Principal) -> str:
    """The client of a ticket; raises the 404 of a missing one unless `principal` may see it."""
    client: str | None = await connection.fetchval(CLIENT_OF, sight_of(principal), number)
    if client is None:
        no_such_ticket(number)
    from_here_on(ticket=number, client=client)
    return client


def dues(change: Prioritised) -> Mapping[str, Any]:
    """The due instant of each client clock before and after a change of priority."""
    return {name: {"old": old, "new": new} for name, (old, new) in change.dues.items()}
