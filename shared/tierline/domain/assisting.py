"""The lead joins before the ticket moves: a quarter of an hour of two heads is cheaper than a tier.

Called at the fraction of a claimed ticket's limit that the path's step names. While the lead is
beside the owner, the limit's running out moves nothing; it is judged when that time is over.
"""

from datetime import datetime, timedelta
from typing import Final

from tierline.domain.business_time import add
from tierline.domain.draft import Draft
from tierline.domain.events import TIME, AssistCalled, AssistEnded
from tierline.domain.promises import step_of
from tierline.domain.ticket import Ticket

ASSIST_FOR: Final = timedelta(minutes=15)
"""Staffed time of the group that the lead spends beside the owner."""


def call(draft: Draft, fraction: float, at: datetime, cause: str) -> None:
    """Call the group's lead where the tier clock has reached the step's fraction for it.

    Nobody is called for a ticket nobody works on, nor where the lead owns it.
    """
    ticket, policy = draft.ticket, draft.policy
    step = step_of(policy, ticket, ticket.tier)
    group = policy.groups.get(ticket.group)
    if step.assist != fraction or group is None:
        return
    if not ticket.owner or not group.lead or group.lead == ticket.owner:
        return
    until = add(group.hours, at, ASSIST_FOR)
    if until is None:  # pragma: no cover - without holds there is always an instant
        return
    why = draft.why("assist", fraction=fraction, owner=ticket.owner, path=ticket.path)
    draft.emit(AssistCalled(group.lead, until), at=at, by=TIME, why=why, cause=cause)


def going_on(ticket: Ticket, at: datetime) -> bool:
    """Whether the lead is beside the owner at `at`, so that a limit's running out moves nothing."""
    return ticket.assist_until is not None and ticket.assist_until > at


def end(draft: Draft, at: datetime) -> None:
    """The lead's time is over: a limit that ran out meanwhile takes effect, if nothing stops it."""
    ticket = draft.ticket
    ran_out = ticket.owed_at is not None
    cause = f"assist/{ticket.stay}/{ticket.assist_until}"
    because = "the limit has run out meanwhile" if ran_out else "its time is over"
    why = draft.why("assist over", owner=ticket.owner, planned=ticket.plan is not None)
    draft.emit(AssistEnded(ticket.assistant, because), at=at, by=TIME, why=why, cause=cause)
