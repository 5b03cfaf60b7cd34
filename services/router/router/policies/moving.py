"""Moving open tickets to the terms of an applied version, a batch at a time, resumable."""

from typing import Any

from router.context import Context
from router.policies.deciding import no_such_preview
from router.policies.limits import IN_FORCE_S, MOVE_BATCH
from tierline.domain.commands import MoveTerms
from tierline.domain.decide import decide
from tierline.policy.source import ACTIVE_VERSION
from tierline.store.policy_previews import (
    Preview,
    left_to_move,
    mark_moved,
    next_to_move,
    read_preview,
)
from tierline.store.tickets import Change, Connection, lock_tickets, policy_now, write_changes
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError


async def move_batch(
    context: Context, connection: Connection, token: str, principal: Principal
) -> dict[str, Any]:
    """Move the next tickets, in the caller's transaction.

    A ticket for which the new terms change nothing stays as it is; asking again for what was done
    finds nothing left.

    Returns:
        `moved` in all, `left`, and whether that was the `end`.

    Raises:
        ProblemError: 404 no such preview; 409 it was not applied with open tickets to move, or
            another version was loaded since; 503 until every service decides under the version.
    """
    preview = await read_preview(connection, token, lock=True)
    if preview is None:
        no_such_preview(token)
    if preview.applied_at is None or not preview.move:
        raise ProblemError(409, "nothing_to_move", "it was not applied to open tickets")
    if preview.ended_at is not None:
        return {"moved": preview.moved, "left": 0, "end": True}
    await _check_in_force(context, connection, preview)
    numbers = await next_to_move(connection, preview, MOVE_BATCH)
    moved = await _move(context, connection, numbers, preview, principal)
    up_to = numbers[-1] if numbers else preview.moved_up_to
    end = len(numbers) < MOVE_BATCH
    await mark_moved(connection, preview, up_to, moved, ended=end)
    left = 0 if end else await left_to_move(connection, preview, up_to)
    return {"moved": preview.moved + moved, "left": left, "end": end}


async def _check_in_force(context: Context, connection: Connection, preview: Preview) -> None:
    if await connection.fetchval(ACTIVE_VERSION) != preview.version:
        raise ProblemError(
            409, "superseded", "another version was loaded since: its own preview moves tickets"
        )
    if preview.applied_s < IN_FORCE_S or context.source.current.version != preview.version:
        wait = {"Retry-After": str(round(IN_FORCE_S))}
        said = f"every service decides under it {IN_FORCE_S:.0f} s after it was applied: try then"
        raise ProblemError(503, "not_in_force", said, headers=wait)


async def _move(
    context: Context,
    connection: Connection,
    numbers: list[int],
    preview: Preview,
    principal: Principal,
) -> int:
    tickets = await lock_tickets(connection, numbers)
    now = await policy_now(connection)
    changes, floor = list[Change](), context.floor.current
    moved = 0
    for ticket in tickets.values():
        command = MoveTerms(preview.reason)
        policy, cause = context.source.current, f"policy/{preview.id}"
        done = decide(ticket, command, principal.asker, policy, floor, now, cause=cause)
        changes.append(Change(ticket, done.ticket, done.events))
        floor = floor.after(ticket, done.ticket, done.events)
        moved += done.rejected is None
    await write_changes(connection, changes)
    return moved
