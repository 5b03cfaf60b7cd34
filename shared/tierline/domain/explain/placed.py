"""Why is the ticket where it is?"""

from tierline.domain.events import Event, Moved, Reopened, Routed
from tierline.domain.explain.account import Account, Case, versions
from tierline.domain.explain.causes import cause_of
from tierline.domain.explain.phrases import when
from tierline.domain.explain.seen import Seen
from tierline.domain.ticket import Ticket


def why_here(case: Case) -> Account:
    """The chain of what put it here, the last cause, and what stands to move it on."""
    found = [one for one in case.events if isinstance(one.what, Routed | Moved | Reopened)]
    last = found[-1] if found else case.events[0]
    chain = [_step(case, event) for event in found]
    return Account(
        words=(_standing(case), f"Last cause: {cause_of(_seen(case, last))}", *chain),
        decided_by=last.why.rule,
        policies=versions(last.why.policy),
        values={"tier": case.ticket.tier, "group": case.ticket.group, **last.why.values},
        would_take=_next(case.ticket),
        events=tuple(event.seq for event in found),
    )


def _seen(case: Case, event: Event) -> Seen:
    """A move says itself where from; what the ticket was before has no part in its sentence."""
    return Seen(case, event, None)


def _standing(case: Case) -> str:
    ticket = case.ticket
    state = ticket.state.replace("_", " ")
    return f"It is {state} with {ticket.group} ({ticket.tier}), and {_in_whose_hands(case)}."


def _in_whose_hands(case: Case) -> str:
    ticket, offer = case.ticket, case.ticket.offer
    if ticket.owner:
        return f"{case.person(ticket.owner)} has it"
    before = f" any more ({ticket.claim_ended} of who had it)" if ticket.claim_ended else ""
    nobody = f"nobody has it{before}" if before else "nobody has claimed it"
    if offer is None or offer.until is None:
        return nobody
    return f"{nobody}; it is offered to {case.person(offer.to)} until {when(offer.until)}"


def _step(case: Case, event: Event) -> str:
    what = event.what
    if isinstance(what, Moved):
        way = f"from {what.from_group} ({what.from_tier}) to {what.to_group} ({what.to_tier})"
        return f"{when(event.at)}, event {event.seq}: {way}. {cause_of(_seen(case, event))}"
    return f"{when(event.at)}, event {event.seq}: {cause_of(_seen(case, event))}"


def _next(ticket: Ticket) -> str:
    """What would move it on, where something waits for a person."""
    if ticket.proposal is None:
        return ""
    place = f"{ticket.proposal.to_group} ({ticket.proposal.to_tier})"
    return f"Somebody accepts the move to {place} that event {ticket.proposal.seq} proposed."
