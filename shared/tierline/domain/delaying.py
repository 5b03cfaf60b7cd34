"""A ticket that is opened at once and let into its queue later: what may mend itself meanwhile.

Until then it has its place, its promises run, and nobody is told. It is let in when its delay is
over, or by whoever does something with it; where its alert recovers first, it resolves unseen.
"""

from datetime import datetime

from tierline.domain import waiting
from tierline.domain.commands import Attach, Command, MoveTerms, Recover
from tierline.domain.draft import Draft
from tierline.domain.events import TIME, Actor, Entered
from tierline.domain.promises import on_arrival, review_after
from tierline.domain.ticket import TierUse
from tierline.domain.triage import starting_group

_LEAVE_IT = (Attach, Recover, MoveTerms)
"""What may be asked of a delayed ticket without anybody having looked at it."""


def lets_in(draft: Draft, command: Command) -> bool:
    """Whether a command ends the delay of the draft's ticket, if it has one."""
    return draft.ticket.delayed_until is not None and not isinstance(command, _LEAVE_IT)


def let_in(draft: Draft, at: datetime, by: Actor, cause: str) -> None:
    """Put the ticket into its queue at `at`: its internal clocks start, and people are told.

    Whoever is to be woken, or asked to take it, is so once it is known what becomes of it there.
    """
    ticket = draft.ticket
    group, _ = starting_group(
        draft.policy, draft.floor, ticket.group, ticket.category, at, client=ticket.client
    )
    arrival = on_arrival(draft, group, at, TierUse(0))
    draft.emit(
        Entered(group.tier, group.name, arrival.budget, arrival.expected_at),
        at=at,
        by=by,
        why=draft.why("delay over", until=str(ticket.delayed_until), state=ticket.state),
        cause=cause,
        changed=arrival.started,
        review_at=review_after(group, at, unclaimed=True),
    )


def over(draft: Draft, due: datetime, at: datetime) -> None:
    """The delay that ended at `due` is over: it waits in its queue from `at` (both UTC)."""
    cause = f"delay/{due.isoformat()}"
    let_in(draft, at, TIME, cause)
    waiting.begin(draft, at, cause)
