"""The one decision of a storm: written on one of its tickets, from where each of them follows it.

Whoever decides, decides about the tickets they see; others of the storm go on waiting for somebody
who sees them, or for the end of its time.
"""

from collections.abc import Sequence

from router.caller import Caller
from router.commands import Done, decide_within
from router.context import Context
from router.storms.limits import STORM_TICKETS_MAX
from router.storms.requests import Choice, DecideBody
from router.storms.store import Member, read_members, storm_of
from router.storms.views import no_such_storm, seen
from tierline.domain.storm_commands import DecideStorm
from tierline.store.tickets import Connection, policy_now
from tierline.web.problems import ProblemError

LOCK_STORM = """
SELECT id, grp, first, opened_at, until, over_at FROM tierline.storm WHERE id = $1 FOR UPDATE
"""

MARK_DECIDED = """
UPDATE tierline.storm_ticket SET decided = true WHERE storm = $1 AND ticket = ANY($2::bigint[])
"""

END_STORM = "UPDATE tierline.storm SET over_at = $2 WHERE id = $1"


async def decide_storm(
    context: Context, connection: Connection, number: int, body: DecideBody, caller: Caller
) -> tuple[Done, DecideStorm]:
    """Decide storm `number` as `caller` says, in the caller's transaction.

    Of several who decide at once the first one does: its row is locked.

    Returns:
        What came of it on the ticket that it is written on, refused or not; the command.

    Raises:
        ProblemError: 404 for no such storm, 409 `storm_over` where nothing that the caller sees
            waits any more, 422 for a picked ticket that does not wait in it.
    """
    row = await connection.fetchrow(LOCK_STORM, number)
    every = await read_members(connection, [number]) if row is not None else []
    members = seen(caller.principal, every)
    if row is None:
        no_such_storm(number)
    storm, waiting = storm_of(row), [one for one in members if one.waits]
    if storm.over_at is not None or not waiting:
        raise ProblemError(409, "storm_over", f"storm {number} is over: it was decided or ran out")
    moved, kept = _split(number, waiting, body)
    command = DecideStorm(number, moved, kept, body.reason)
    done = await decide_within(
        context,
        connection,
        min(moved + kept),
        command,
        caller.principal.asker,
        caller.cause,
    )
    if done.decision.rejected is None:
        await connection.execute(MARK_DECIDED, number, [one.ticket.id for one in members])
        if len(every) < STORM_TICKETS_MAX and _all_seen(every, waiting):
            await connection.execute(END_STORM, number, await policy_now(connection))
    return done, command


def _all_seen(every: Sequence[Member], waiting: Sequence[Member]) -> bool:
    """Whether what was decided is all that waited."""
    return sum(1 for one in every if one.waits) == len(waiting)


def _split(
    number: int, waiting: Sequence[Member], body: DecideBody
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The tickets that move, and those that stay."""
    numbers = tuple(one.ticket.id for one in waiting)
    if body.decision is Choice.MOVE_ALL:
        return numbers, ()
    if body.decision is Choice.KEEP_ALL:
        return (), numbers
    if unknown := sorted(set(body.tickets) - set(numbers)):
        detail = f"tickets: {unknown[0]} does not wait in storm {number}; look again"
        raise ProblemError(422, "unknown_ticket", detail)
    picked = set(body.tickets)
    moved = tuple(one for one in numbers if one in picked)
    return moved, tuple(one for one in numbers if one not in picked)
