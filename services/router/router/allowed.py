"""Which commands make sense on a ticket now, for whoever looks: what a page offers.

A hint, not a verdict: `decide` judges, and knows more (whose decision a move is, how far a plan may
reach).
"""

from tierline.domain.claim_ends import NEVER_KEPT
from tierline.domain.people import BACK
from tierline.domain.terms import State
from tierline.domain.ticket import Ticket
from tierline.web.principal import WRITE, Principal


def _owns(ticket: Ticket, principal: Principal) -> bool:
    return ticket.owner == principal.login


def _is_asked(ticket: Ticket, principal: Principal) -> bool:
    return bool(ticket.offered_to) and ticket.offered_to == principal.login


def _may_be_kept(ticket: Ticket) -> bool:
    end = ticket.claim_end
    ends = end is not None and end.because != BACK and not end.kept
    return ends and ticket.priority not in NEVER_KEPT


def allowed(ticket: Ticket, principal: Principal) -> list[str]:
    """The names of the commands, as in their addresses, in the order a page shows them."""
    if WRITE not in principal.scopes:
        return []
    asker = principal.asker
    mine = not ticket.owner or ticket.owner == principal.login or asker.leads
    owned = bool(ticket.owner)
    resolved = ticket.state is State.RESOLVED
    may_close = resolved or asker.leads or asker.actor.kind != "person"
    offered = {
        "claim": ticket.active and not owned,
        "accept-offer": _is_asked(ticket, principal),
        "decline-offer": _is_asked(ticket, principal),
        "keep": ticket.active and mine and _may_be_kept(ticket),
        "hand-over": ticket.active and owned and mine,
        "release": ticket.active and owned and mine,
        "notes": ticket.open,
        "plan": ticket.active and owned and mine,
        "move": ticket.active,
        "accept": ticket.active and ticket.proposal is not None,
        "decline": ticket.active and ticket.proposal is not None and asker.leads,
        "refuse-plan": ticket.active and ticket.plan is not None and not _owns(ticket, principal),
        "packet": ticket.active and ticket.escalated,
        "vendor": ticket.active and mine and ticket.vendor is None,
        "vendor-news": ticket.vendor is not None,
        "vendor-close": ticket.vendor is not None,
        "hold": ticket.active and mine,
        "resume": ticket.hold is not None and mine,
        "priority": ticket.active,
        "resolve": ticket.active and mine,
        "confirm": resolved,
        "reject": resolved,
        "reopen": resolved or not ticket.open,
        "close": ticket.open and may_close,
    }
    return [name for name, offer in offered.items() if offer]
