"""What the events between groups and people change in a ticket; and what changes they share."""

from typing import Any

from tierline.domain.amend import amended
from tierline.domain.approval import Approval
from tierline.domain.booking import Booking
from tierline.domain.events import (
    SYSTEM,
    TIME,
    AssistCalled,
    AssistEnded,
    EscalationProposed,
    Event,
    Held,
    Lapsed,
    PacketGiven,
    Paged,
    PagingEnded,
    PlanRefused,
    ProposalDeclined,
    Retyped,
    Reviewed,
    SurveyAnswered,
    VendorCaseClosed,
    VendorCaseOpened,
    VendorCaseUpdated,
)
from tierline.domain.terms import Answer, Offer
from tierline.domain.ticket import Proposal, Ticket

Changes = dict[str, Any]
"""New values of fields of the ticket, by name."""

TOUCHED: Changes = {"touched": True, "quiet_until": None}
"""Somebody has looked at it: it no longer heals by itself."""

ALONE: Changes = {"assistant": "", "assist_until": None}
"""The lead who joined an owner does not stay without one."""

NOTHING_OWED: Changes = {
    "hold": None,
    "booking": None,
    "called_out": None,
    "plan": None,
    "proposal": None,
    "quiet_until": None,
    "packet_due": None,
    "page": None,
    "owed_at": None,
    "expected_at": None,
    "delayed_until": None,
    "attention": None,
    "joined": (),
    "offer": None,
    "claim_end": None,
    "claim_ended": "",
    **ALONE,
}
"""What does not outlive the work."""

_NOBODY = frozenset({TIME.kind, SYSTEM.kind})


def asked_of_approver(ticket: Ticket, what: Held) -> Approval | None:
    """The question that counts from a pause on: a new one; an older one only if it was answered."""
    if what.approval is not None:
        return what.approval
    past = ticket.approval
    return None if past is None or past.answer is None else past


def is_call_out(said: Approval) -> bool:
    """Whether an answer is the approval to work outside the hours of cover."""
    return said.answer is Answer.APPROVED and said.offer is Offer.AFTER_HOURS


def booked_still(ticket: Ticket, event: Event) -> Booking | None:
    """What was agreed still stands once its time has come, and not where somebody goes on early."""
    return ticket.booking if event.by.kind == TIME.kind else None


def touch_of(event: Event) -> Changes:
    """What is true of a ticket that somebody, rather than time, has moved or judged."""
    return {} if event.by.kind in _NOBODY else TOUCHED


def proposed(_ticket: Ticket, event: Event, what: EscalationProposed) -> Changes:
    """What stands to be accepted or declined."""
    proposal = Proposal(
        event.seq,
        what.to_tier,
        what.to_group,
        what.reason,
        choice=what.choice,
        decide_by=what.decide_by,
    )
    return {"proposal": proposal, "owed_at": None}


def lapsed(_ticket: Ticket, event: Event, what: Lapsed) -> Changes:
    """What a limit that moves nothing yet still owes."""
    return {"owed_at": event.at} if what.put_off else {}


def outliving_a_claim(proposal: Proposal | None) -> Proposal | None:
    """A choice to make for want of somebody is made by a claim; what the mode left open stays."""
    return None if proposal is None or proposal.choice else proposal


def declined(_ticket: Ticket, event: Event, _what: ProposalDeclined) -> Changes:
    """Nothing stands any more, and somebody has looked."""
    return {"proposal": None, **touch_of(event)}


def packet_given(_ticket: Ticket, _event: Event, what: PacketGiven) -> Changes:
    """What the next tier needs is known."""
    return {"packet": what.packet, "packet_due": None}


def assist_called(_ticket: Ticket, _event: Event, what: AssistCalled) -> Changes:
    """The lead is beside the owner."""
    return {"assistant": what.lead, "assist_until": what.until}


def assist_ended(_ticket: Ticket, _event: Event, _what: AssistEnded) -> Changes:
    """The owner is alone again."""
    return dict(ALONE)


def paged(_ticket: Ticket, _event: Event, what: Paged) -> Changes:
    """Whose turn it was to be woken."""
    return {"page": what.page}


def paging_ended(_ticket: Ticket, _event: Event, _what: PagingEnded) -> Changes:
    """Nobody is woken any more."""
    return {"page": None}


def vendor_case(
    _ticket: Ticket, _event: Event, what: VendorCaseOpened | VendorCaseUpdated
) -> Changes:
    """Our case with a vendor, as it stands now."""
    return {"vendor": what.case, **TOUCHED}


def vendor_closed(_ticket: Ticket, _event: Event, _what: VendorCaseClosed) -> Changes:
    """No case with a vendor is open."""
    return {"vendor": None}


def vendor_chased(ticket: Ticket, what: Reviewed) -> Changes:
    """When to ask the vendor again, and how often that was."""
    if ticket.vendor is None or what.next_chase is None:
        return {}
    return {"vendor": amended(ticket.vendor, chases=what.count, next_chase=what.next_chase)}


def plan_refused(_ticket: Ticket, event: Event, _what: PlanRefused) -> Changes:
    """The plan is void, and somebody has looked."""
    return {"plan": None, **touch_of(event)}


def survey_answered(_ticket: Ticket, _event: Event, what: SurveyAnswered) -> Changes:
    """What the requester said."""
    return {"survey": what.survey}


def retyped(ticket: Ticket, event: Event, what: Retyped) -> Changes:
    """Work of another kind; what its tier has used stays with the tier."""
    kept = ticket.tier_used
    if what.used is not None:
        kept = {**kept, ticket.tier: what.used}
    return {"type": what.new, "tier_used": kept, **touch_of(event)}
