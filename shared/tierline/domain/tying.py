"""What one ticket does by itself about its ties to others."""

from typing import Final

from tierline.domain.draft import Draft
from tierline.domain.events import Actor, MajorLeft, ProblemCalled
from tierline.domain.terms import TicketType
from tierline.domain.ticket import Ticket

STILL_FIRES: Final = "it still fires"
FIRES_AGAIN: Final = "it fires again"
NOBODYS_WORDS: Final = frozenset({STILL_FIRES, FIRES_AGAIN})
"""Why something leaves a major incident by itself."""

THIRD_TIME: Final = 2
"""Times that an alert has come back when it fires for the third time."""


def leave(draft: Draft, because: str, *, leftover: bool, by: Actor, cause: str) -> None:
    """Have the ticket worked by itself again, with its own group, where its work had stood."""
    ticket = draft.ticket
    if ticket.under is None:
        return
    rule = "leftover of a major incident" if leftover else "left a major incident"
    why = draft.why(rule, parent=ticket.under.parent, since=ticket.under.since.isoformat())
    what = MajorLeft(ticket.under.parent, because, leftover)
    draft.emit(what, at=draft.now, by=by, why=why, cause=cause)


def still_fires(ticket: Ticket) -> bool:
    """Whether it is of an alert that has not recovered."""
    return ticket.type is TicketType.ALERT and ticket.restored_at is None


def call_problem_the_third_time(draft: Draft, *, by: Actor, cause: str) -> None:
    """An alert that keeps coming back has a cause that nobody has found: ask for a problem."""
    ticket = draft.ticket
    wanted = draft.policy.recovery.third_time and ticket.refired >= THIRD_TIME
    if not wanted or ticket.problem:
        return
    times = ticket.refired + 1
    why = draft.why("third time", fired=times)
    what = ProblemCalled(ticket.title, f"it fired {times} times")
    draft.emit(what, at=draft.now, by=by, why=why, cause=cause)
