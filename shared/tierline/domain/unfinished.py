"""What outlives the resolution: a ticket does not close over open actions or an analysis it owes.

People are refused and told what to do; time waits, and closes the ticket when the last of it is
over. So every action keeps its due instant in an open ticket.
"""

from datetime import datetime

from tierline.domain.action import open_of
from tierline.domain.clock import FULL
from tierline.domain.draft import Draft
from tierline.domain.events import Actor, Closed
from tierline.domain.terms import ClockName, Mode, State
from tierline.domain.ticket import Ticket


def unfinished(ticket: Ticket) -> str:
    """What still keeps `ticket` open once it is resolved, in words; empty: nothing."""
    count = len(open_of(ticket.actions))
    actions = f"{count} open action{'' if count == 1 else 's'}" if count else ""
    rca = ticket.rca
    owed = "its root cause analysis" if rca and rca.owed and rca.due else ""
    return " and ".join(part for part in (actions, owed) if part)


def confirmed(ticket: Ticket) -> bool:
    """Whether the client has agreed, and the ticket waits for what is unfinished."""
    clock = ticket.clocks.get(ClockName.CONFIRM)
    return ticket.state is State.RESOLVED and clock is not None and clock.met_at is not None


def close_if_that_was_all(draft: Draft, at: datetime, by: Actor, cause: str) -> None:
    """Close a ticket that only waited for what has just been finished; else do nothing.

    `at` is UTC; `by` finished it.
    """
    ticket = draft.ticket
    clock = ticket.clocks.get(ClockName.CONFIRM)
    if ticket.state is not State.RESOLVED or clock is None or unfinished(ticket):
        return
    if confirmed(ticket):
        reason = "confirmed by the client, and all that was left is done"
    elif FULL in clock.fired and ticket.mode is not Mode.WATCH:
        reason = "nobody answered within the time to confirm, and all that was left is done"
    else:
        return
    why = draft.why("nothing left to do", resolved_at=str(ticket.resolved_at))
    draft.emit(Closed(reason), at=at, by=by, why=why, cause=cause)
