"""What offers, and claims that end, change in a ticket."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain.amend import amended
from tierline.domain.assignment import (
    AbsenceNoted,
    ClaimEnded,
    ClaimKept,
    ClaimStands,
    HandedOver,
    NotOffered,
    OfferDeclined,
    Offered,
    OfferLapsed,
    ShiftEnding,
)
from tierline.domain.changes import ALONE, TOUCHED, Changes
from tierline.domain.events import Event
from tierline.domain.terms import State
from tierline.domain.ticket import Offer, Ticket

NOBODYS: Changes = {"offer": None, "claim_end": None, "claim_ended": ""}
"""What does not outlive a stay: a new group asks its own people."""


def _offered(ticket: Ticket, _event: Event, what: Offered) -> Changes:
    told = ticket.offer is not None and ticket.offer.lead_told
    return {"offer": Offer(what.to, what.until, what.tried, lead_told=told)}


def _offer_over(ticket: Ticket, _event: Event, _what: OfferDeclined | OfferLapsed) -> Changes:
    if ticket.offer is None:
        return {}
    tried = (*ticket.offer.tried, ticket.offer.to)
    return {"offer": Offer(tried=tried, lead_told=ticket.offer.lead_told)}


def _not_offered(ticket: Ticket, _event: Event, what: NotOffered) -> Changes:
    told = what.tell_lead or (ticket.offer is not None and ticket.offer.lead_told)
    return {"offer": Offer(tried=what.tried, again_at=what.again_at, lead_told=told)}


def _ending(ticket: Ticket, _event: Event, _what: ShiftEnding) -> Changes:
    return {} if ticket.claim_end is None else {"claim_end": amended(ticket.claim_end, told=True)}


def _kept(ticket: Ticket, _event: Event, _what: ClaimKept) -> Changes:
    return {} if ticket.claim_end is None else {"claim_end": amended(ticket.claim_end, kept=True)}


def _handed_over(_ticket: Ticket, _event: Event, what: HandedOver) -> Changes:
    return {"owner": what.to, "plan": None, "claim_end": what.ends, **ALONE, **TOUCHED}


def _ends(_ticket: Ticket, _event: Event, what: ClaimStands | AbsenceNoted) -> Changes:
    return {"claim_end": what.ends}


def _ended(ticket: Ticket, _event: Event, what: ClaimEnded) -> Changes:
    state = State.ON_HOLD if ticket.hold else State.QUEUED
    gone = {"owner": "", "plan": None, "claim_end": None, "state": state}
    return {**gone, "claim_ended": what.because, **ALONE}


FOLD: Mapping[type, Callable[[Ticket, Event, Any], Changes]] = {
    Offered: _offered,
    OfferDeclined: _offer_over,
    OfferLapsed: _offer_over,
    NotOffered: _not_offered,
    ShiftEnding: _ending,
    ClaimKept: _kept,
    HandedOver: _handed_over,
    ClaimStands: _ends,
    ClaimEnded: _ended,
    AbsenceNoted: _ends,
}
