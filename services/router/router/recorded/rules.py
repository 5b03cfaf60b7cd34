"""When a recorded command may have happened: the rules of its `at`. Pure."""

from datetime import datetime

from tierline.domain.commands import Rejected
from tierline.domain.ticket import Ticket
from tierline.store.replays import Replay

OUTSIDE, PASSED = "at_outside", "at_passed"


def refused_at(
    at: datetime, replay: Replay, held: datetime, ticket: Ticket | None
) -> Rejected | None:
    """Why a command cannot have happened at `at`; None where it can.

    Inside the log's own span; not before held policy time, up to which time may have passed on
    every ticket already; not before the last recorded instant of its own ticket, since a ticket's
    events have one order. Each instant is UTC policy time.

    Args:
        at: `now` for its ticket.
        replay: the one that is running.
        held: where policy time stands.
        ticket: None where the command opens it.
    """
    if not replay.start_at <= at <= replay.end_at:
        span = f"{replay.start_at.isoformat()} to {replay.end_at.isoformat()}"
        return Rejected(OUTSIDE, f"at: it lies outside the replay, which goes from {span}")
    if at < held:
        return Rejected(
            PASSED, f"at: time has passed up to {held.isoformat()}; send commands in their order"
        )
    if ticket is not None and at < ticket.recorded_at:
        last = ticket.recorded_at.isoformat()
        return Rejected(PASSED, f"at: its ticket has events up to {last}; send them in their order")
    return None
