"""A batch of recorded commands: several tickets, one transaction, each command its own answer.

That is sound because a ticket's commands are folded in their order under its row lock, as they
would be one transaction after the other, and because a batch is written whole or not at all; it is
fast because locking, writing and committing are paid once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from router.commands import COMMANDS, status_of
from router.context import Context
from router.opening import facts_for
from router.queries.records import ClientFacts
from router.recorded.desk import Desk, Place, place_of
from router.recorded.reading import OPEN, Recorded
from router.requests import OpenBody
from router.together import mark_majors
from tierline.domain.commands import Claim
from tierline.store.replays import Kept, Replay, answered, keep, read_replay, tickets_of
from tierline.store.tickets import (
    Connection,
    draw_numbers,
    lock_tickets,
    policy_now,
    write_changes,
)
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError

LOGINS = "SELECT login FROM tierline.person WHERE active AND login = ANY($1::text[])"


@dataclass(frozen=True, slots=True)
class Known:
    """What the records say of those a batch names."""

    logins: frozenset[str]
    clients: Mapping[Place, ClientFacts | ProblemError]


async def record(
    context: Context, connection: Connection, principal: Principal, commands: Sequence[Recorded]
) -> list[dict[str, Any]]:
    """Do those of `commands` that were not done before; in the caller's transaction.

    Returns:
        An answer for each, in order: what became of it, `repeated` where that was earlier.

    Raises:
        ProblemError: 409 where no replay is running.
        asyncpg.SerializationError: another request did one of them meanwhile; run it again.
    """
    replay = await running(connection)
    earlier = await answered(connection, [command.key for command in commands])
    fresh = [command for command in commands if command.key not in earlier]
    kept = await _do(context, connection, principal, replay, fresh) if fresh else []
    done = {one.key: _answer(one) for one in kept}
    return [
        done[command.key] if command.key in done else _repeated(command, earlier[command.key])
        for command in commands
    ]


async def running(connection: Connection) -> Replay:
    """The replay that is running; ProblemError (409) where none is."""
    replay = await read_replay(connection)
    if replay is None or replay.ended_at is not None:
        raise ProblemError(409, "no_replay", "no replay is running: `tierline replay` runs one")
    return replay


async def _do(
    context: Context,
    connection: Connection,
    principal: Principal,
    replay: Replay,
    commands: Sequence[Recorded],
) -> list[Kept]:
    known = await _known(connection, principal, commands)
    numbers = await tickets_of(connection, {command.case for command in commands})
    opening = [c.case for c in commands if c.verb == OPEN and c.case not in numbers]
    drawn = dict(zip(opening, await draw_numbers(connection, len(opening)), strict=True))
    tickets = await lock_tickets(connection, sorted(numbers.values()))
    held = await policy_now(connection)
    desk = Desk(
        policy=context.source.current,
        floor=context.floor.current,
        principal=principal,
        replay=replay,
        held=held,
        logins=known.logins,
        clients=known.clients,
        drawn=drawn,
        tickets={case: tickets[number] for case, number in numbers.items()},
    )
    kept = [_kept(command, desk) for command in commands]
    changes = desk.changes()
    await write_changes(connection, changes)
    await mark_majors(connection, changes)
    try:
        await keep(connection, kept)
    except asyncpg.UniqueViolationError as error:
        raise asyncpg.SerializationError("one of the keys was answered meanwhile") from error
    return kept


async def _known(
    connection: Connection, principal: Principal, commands: Sequence[Recorded]
) -> Known:
    named = {command.by for command in commands}
    named |= {command.asked.owner for command in commands if isinstance(command.asked, Claim)}
    rows = await connection.fetch(LOGINS, sorted(named - {""}))
    clients: dict[Place, ClientFacts | ProblemError] = {}
    for command in commands:
        body = command.asked
        if isinstance(body, OpenBody) and place_of(body) not in clients:
            try:
                clients[place_of(body)] = await facts_for(connection, body, principal)
            except ProblemError as problem:
                clients[place_of(body)] = problem
    return Known(frozenset(row["login"] for row in rows), clients)


def _kept(command: Recorded, desk: Desk) -> Kept:
    refused = desk.judge(command)
    ticket = desk.tickets.get(command.case)
    opened = 201 if command.verb == OPEN else 200
    COMMANDS.labels(command.verb, refused.code if refused else "done").inc()
    return Kept(
        key=command.key,
        case=command.case,
        digest=command.digest,
        verb=command.verb,
        at=command.at,
        status=status_of(refused) if refused else opened,
        ticket=0 if refused and command.verb == OPEN else ticket.id if ticket else 0,
        seq=ticket.seq if ticket else 0,
        code=refused.code if refused else "",
        reason=refused.reason if refused else "",
    )


def _answer(kept: Kept) -> dict[str, Any]:
    return {
        "key": kept.key,
        "status": kept.status,
        "ticket": kept.ticket or None,
        "seq": kept.seq,
        "code": kept.code,
        "detail": kept.reason,
        "repeated": False,
    }


def _repeated(command: Recorded, row: Mapping[str, Any]) -> dict[str, Any]:
    """The first answer again; a key that stands for another command is refused."""
    if row["digest"] != command.digest:
        kept = Kept(
            key=command.key,
            case=command.case,
            digest=command.digest,
            verb=command.verb,
            at=command.at,
            status=422,
            code="idempotency_key_reused",
            reason="this key was used for another command: use a new key for a new command",
        )
        return _answer(kept)
    return {
        "key": command.key,
        "status": row["status"],
        "ticket": row["ticket"] or None,
        "seq": row["seq"],
        "code": row["code"],
        "detail": row["reason"],
        "repeated": True,
    }
