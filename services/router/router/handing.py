"""What is to be done on a ticket moves to a problem: both locked, both written, or neither."""

from router.caller import Caller
from router.commands import COMMANDS, Done, check_visible
from router.context import Context
from tierline.domain.correction import CorrectionHanded
from tierline.domain.decide import Decision, decide
from tierline.domain.oversight_commands import HandCorrection, TakeCorrection
from tierline.domain.terms import TicketType
from tierline.store.tickets import Change, Connection, lock_tickets, policy_now, write_changes
from tierline.web.problems import ProblemError
from tierline.web.walls import no_such_ticket


async def hand_to_problem(
    context: Context,
    connection: Connection,
    number: int,
    problem: int,
    client: str,
    caller: Caller,
) -> Done:
    """Decide that `problem` carries on with what is to be done on ticket `number`, and write it.

    Args:
        context: its policy and floor are used.
        connection: inside a transaction that the caller commits.
        number: the ticket's; the caller may see it.
        problem: the number of the ticket that takes over.
        client: whose ticket it is.
        caller: who asks.

    Returns:
        The decision on ticket `number`, refused or not. Refused by the problem: nothing is moved.

    Raises:
        ProblemError: 404 for no such ticket; 422 where `problem` is no problem of the same client.
    """
    await _check_problem(connection, problem, client, caller)
    locked = await lock_tickets(connection, sorted({number, problem}))
    ticket, target = locked.get(number), locked.get(problem)
    if ticket is None or target is None:
        no_such_ticket(number)
    if target.type is not TicketType.PROBLEM:
        raise ProblemError(
            422,
            "unknown_problem",
            f"problem: ticket {problem} is no problem: open one (type problem)",
        )
    now = await policy_now(connection)
    asker, cause = caller.principal.asker, caller.cause
    policy, floor = context.source.current, context.floor.current
    given = decide(ticket, HandCorrection(problem), asker, policy, floor, now, cause=cause)
    changes = [Change(ticket, given.ticket, given.events)]
    if given.rejected is None:
        taken = decide(target, _taking(given), asker, policy, floor, now, cause=cause)
        if taken.rejected is not None:
            given = Decision(ticket, (), taken.rejected)
            changes = []
        else:
            changes.append(Change(target, taken.ticket, taken.events))
    await write_changes(connection, changes)
    for change in changes:
        context.floor.fold(change.before, change.after)
    outcome = given.rejected.code if given.rejected else "done"
    COMMANDS.labels("handcorrection", outcome).inc()
    return Done(ticket, given, now)


async def _check_problem(connection: Connection, problem: int, client: str, caller: Caller) -> None:
    """A problem of another client would show its people what belongs to this one."""
    if await check_visible(connection, problem, caller.principal) != client:
        raise ProblemError(
            422, "unknown_problem", f"problem: ticket {problem} is of another client: open one here"
        )


def _taking(given: Decision) -> TakeCorrection:
    """What the problem is asked: to carry on with what was handed over."""
    (what,) = [e.what for e in given.events if isinstance(e.what, CorrectionHanded)]
    return TakeCorrection(given.ticket.id, what.actions, what.rca)
