"""Which commands make sense on a ticket now, for whoever looks: what a page offers.

A hint, not a verdict: `decide` judges, and knows more (whose decision a move is, how far a plan may
reach).
"""

from tierline.domain.handlers.types import TURNED
from tierline.domain.terms import State
from tierline.domain.ticket import Ticket
from tierline.web.principal import WRITE, Principal


def _owns(ticket: Ticket, principal: Principal) -> bool:
    return ticket.owner == principal.login


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
        "ask-approval": ticket.active and mine,
        "approve": ticket.open_approval is not None,
        "refuse-approval": ticket.open_approval is not None,
        "resume": ticket.hold is not None and mine,
        "priority": ticket.active,
        "retype": ticket.active and mine and ticket.type in TURNED,
        "resolve": ticket.active and mine,
        "confirm": resolved,
        "reject": resolved,
        "reopen": resolved or not ticket.open,
        "close": ticket.open and may_close,
    }
    return [name for name, offer in offered.items() if offer]
