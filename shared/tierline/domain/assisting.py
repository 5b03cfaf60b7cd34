"""The lead joins before the ticket moves: a quarter of an hour of two heads is cheaper than a tier.

Called at the fraction of a claimed ticket's limit that the path's step names. While the lead is
beside the owner, the limit's running out moves nothing; it is judged when that time is over.
"""

from datetime import datetime, timedelta
from typing import Final

from tierline.domain.business_time import add
from tierline.domain.clock import FULL
from tierline.domain.draft import Draft
from tierline.domain.events import TIME, AssistCalled, AssistEnded
from tierline.domain.lapsing import SKILL, after_tier_lapse
from tierline.domain.promises import step_of
from tierline.domain.terms import ClockName

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


def end(draft: Draft, at: datetime) -> None:
    """The lead's time is over: a limit that ran out meanwhile takes effect, if nothing stops it."""
    ticket = draft.ticket
    clock = draft.clock(ClockName.TIER)
    ran_out = clock is not None and clock.running and FULL in clock.fired
    cause = f"assist/{ticket.stay}/{ticket.assist_until}"
    because = "the limit has run out meanwhile" if ran_out else "its time is over"
    why = draft.why("assist over", owner=ticket.owner, planned=ticket.plan is not None)
    draft.emit(AssistEnded(ticket.assistant, because), at=at, by=TIME, why=why, cause=cause)
    if ran_out:
        after_tier_lapse(draft, SKILL, at, cause)
