"""Which commands make sense on a ticket now, for whoever looks: what a page offers.

A hint, not a verdict: `decide` judges, and knows more (whose decision a move is, how far a plan may
reach).
"""

from tierline.domain.action import open_of
from tierline.domain.claim_ends import NEVER_KEPT
from tierline.domain.handlers.types import TURNED
from tierline.domain.people import BACK
from tierline.domain.terms import Priority, State, TicketType
from tierline.domain.ticket import Ticket
from tierline.domain.unfinished import confirmed, unfinished
from tierline.web.principal import WRITE, Principal


def _owns(ticket: Ticket, principal: Principal) -> bool:
    return ticket.owner == principal.login


def _together(ticket: Ticket, *, leads: bool) -> dict[str, bool]:
    """Those about several tickets."""
    problem = ticket.type is TicketType.PROBLEM
    apart = ticket.active and not problem and ticket.under is None and ticket.major is None
    return {
        "declare-major": apart and (leads or ticket.priority is Priority.P1),
        "join": apart,
        "leave": ticket.under is not None,
        "problem": not problem and not ticket.problem,
        "link-problem": not problem,
        "cause": problem and ticket.open,
        "workaround": problem and ticket.open,
    }


def _acts(ticket: Ticket, principal: Principal) -> bool:
    """Whether one of its open actions is theirs to say something about."""
    asker, login = principal.asker, principal.login
    return any(
        asker.leads or (bool(login) and login in {action.owner, ticket.owner})
        for action in open_of(ticket.actions)
    )


def _writes_rca(ticket: Ticket) -> bool:
    """Whether an analysis is being written here."""
    if ticket.rca is None or ticket.rca.on_problem:
        return ticket.open and ticket.type is TicketType.PROBLEM
    return ticket.open and ticket.rca.owed


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
        "ask-approval": ticket.active and mine,
        "approve": ticket.open_approval is not None,
        "refuse-approval": ticket.open_approval is not None,
        "resume": ticket.hold is not None and mine,
        "priority": ticket.active,
        "retype": ticket.active and mine and ticket.type in TURNED,
        "resolve": ticket.active and mine,
        "confirm": resolved and not confirmed(ticket),
        "reject": resolved,
        "reopen": resolved or not ticket.open,
        **_together(ticket, leads=asker.leads or asker.actor.kind != "person"),
        "close": ticket.open and may_close and not unfinished(ticket),
        "state-complex": ticket.active and not ticket.complexity,
        "brief": ticket.active and ticket.attention is not None,
        "reallocate": ticket.active and asker.leads,
        "restrict": asker.leads,
        "unrestrict": asker.leads and bool(ticket.restricted),
        "add-action": ticket.open,
        "move-action": ticket.open and _acts(ticket, principal),
        "complete-action": ticket.open and _acts(ticket, principal),
        "rca": _writes_rca(ticket),
        "to-problem": ticket.open
        and ticket.type is not TicketType.PROBLEM
        and bool(unfinished(ticket)),
    }
    return [name for name, offer in offered.items() if offer]
