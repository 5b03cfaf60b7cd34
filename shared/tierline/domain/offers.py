"""What the agreement does not hold, and what the client's approver is asked about it.

A ticket outside the hours of cover, or on what is not covered, is never silently worked: whoever
may approve is asked, for so much an hour. Refused or unanswered, it waits like any other.
"""

from datetime import datetime
from typing import NamedTuple

from tierline.domain import clock as clocks
from tierline.domain.amend import amended
from tierline.domain.approval import Approval, Approver
from tierline.domain.business_time import is_open, next_opening
from tierline.domain.calendar import Calendar
from tierline.domain.changes import is_call_out
from tierline.domain.clock import Clock
from tierline.domain.commands import Asker
from tierline.domain.draft import Draft
from tierline.domain.events import SYSTEM
from tierline.domain.handlers.asked import Asked
from tierline.domain.handlers.holds import pause, paused
from tierline.domain.promises import approval_expiry, sla_of
from tierline.domain.serving import is_clients
from tierline.domain.terms import HoldReason, Mode, Offer, TicketType

CALLED = frozenset({TicketType.INCIDENT, TicketType.REQUEST})
"""What is offered outside the hours: an alert has nobody who waits for it."""

_ALWAYS = Calendar.always()


class Found(NamedTuple):
    """What is offered, to whom, for how much an hour, and when (UTC) it would be held anyway."""

    offer: Offer
    approver: Approver
    rate: int
    opens: datetime | None


def found_for(draft: Draft, approvers: tuple[Approver, ...]) -> Found | None:
    """What the new ticket is to be asked about, of the first who may approve it; None: nothing.

    In `watch` nobody is asked, as no message leaves; nor about what lies with the client's own
    people.
    """
    ticket, policy = draft.ticket, draft.policy
    group = policy.groups.get(ticket.group)
    quiet = ticket.mode is Mode.WATCH or not ticket.unclaimed
    if quiet or group is None or is_clients(group):
        return None
    agreement = policy.agreement(ticket.agreement)
    cover = sla_of(policy, ticket.agreement).cover[ticket.priority]
    opens: datetime | None = None
    if not ticket.covered:
        offer, rate = Offer.NOT_COVERED, agreement.not_covered
    elif ticket.type in CALLED and not is_open(cover, draft.now):
        offer, rate = Offer.AFTER_HOURS, agreement.after_hours.get(ticket.priority)
        opens = next_opening(cover, draft.now)
    else:
        return None
    approver = next((one for one in approvers if rate is not None and one.may(rate)), None)
    return None if approver is None or rate is None else Found(offer, approver, rate, opens)


def make(draft: Draft, approvers: tuple[Approver, ...], cause: str) -> bool:
    """Ask, where there is something to ask about the new ticket; says whether there was."""
    found = found_for(draft, approvers)
    if found is None:
        return False
    words, opens = _WORDS[found.offer], found.opens
    if opens is not None:
        words += f"; otherwise it waits until {opens:%Y-%m-%d %H:%M} UTC"
    approval = Approval(
        id=draft.next_seq,
        approver=found.approver.name,
        email=found.approver.email,
        asked=words,
        asked_by="",
        asked_at=draft.now,
        expires_at=opens or approval_expiry(draft),
        amount=found.rate,
        per_hour=True,
        currency=draft.policy.currency,
        offer=found.offer,
    )
    hold = paused(
        draft, HoldReason.APPROVAL, asked=words, of=approval.approver, until=approval.expires_at
    )
    asked = Asked(Asker(SYSTEM), cause)
    pause(draft, hold, asked, approval=approval, price=approval.price, offer=found.offer)
    return True


_WORDS = {
    Offer.AFTER_HOURS: "working on it now, outside the hours of your agreement",
    Offer.NOT_COVERED: "working on something that your agreement does not cover",
}


def accepted(draft: Draft, said: Approval, at: datetime) -> list[Clock]:
    """The client's clocks from an answer on: round the clock where it was called out."""
    if not is_call_out(said):
        return []
    return [
        _round_the_clock(draft, clock, at)
        for clock in draft.ticket.clocks.values()
        if clock.to_client and not clock.over
    ]


def _round_the_clock(draft: Draft, clock: Clock, at: datetime) -> Clock:
    calendars = draft.policy.calendars
    stopped = amended(clocks.stop(clock, at, "called out", calendars), calendar=_ALWAYS.hash)
    if not clock.running:
        return stopped
    return clocks.resume(stopped, at, {**calendars, _ALWAYS.hash: _ALWAYS})
