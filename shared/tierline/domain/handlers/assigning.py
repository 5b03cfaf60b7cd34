"""Taking what is offered or not, keeping a claim, and absences of who owns a ticket."""

from tierline.domain import claim_ends, offering
from tierline.domain.amend import amended
from tierline.domain.assignment import AbsenceNoted, ClaimKept, HandedOver, OfferDeclined
from tierline.domain.commands import (
    AcceptOffer,
    Claim,
    DeclineOffer,
    HandOver,
    KeepClaim,
    NoteAbsence,
    Rejected,
)
from tierline.domain.draft import Draft
from tierline.domain.handlers.asked import Asked, missing, not_active, not_yours, refuse
from tierline.domain.handlers.owning import claim
from tierline.domain.people import BACK
from tierline.domain.promises import silent_clock


def accept_offer(draft: Draft, _command: AcceptOffer, asked: Asked) -> Rejected | None:
    """A claim by the one who is asked; who was asked before them may still claim it."""
    if refused := not_active(draft.ticket) or _not_offered(draft, asked):
        return refused
    return claim(draft, Claim(asked.login), asked)


def decline_offer(draft: Draft, command: DeclineOffer, asked: Asked) -> Rejected | None:
    """The next one is asked, in the same instant."""
    if refused := not_active(draft.ticket) or _not_offered(draft, asked):
        return refused
    why = draft.why("offer declined", group=draft.ticket.group)
    what = OfferDeclined(asked.login, command.reason)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    offering.ask_next(draft, draft.now, asked.cause)
    return None


def _not_offered(draft: Draft, asked: Asked) -> Rejected | None:
    ticket = draft.ticket
    if asked.login and ticket.offered_to == asked.login:
        return None
    if ticket.owner:
        return refuse("owned", f"{ticket.owner} has already claimed it", ticket)
    if ticket.offered_to:
        reason = f"it is {ticket.offered_to} who is asked now; claim it if you want it"
        return refuse("not_offered", reason, ticket)
    return refuse("not_offered", "it is offered to nobody now; claim it if you want it", ticket)


def keep_claim(draft: Draft, _command: KeepClaim, asked: Asked) -> Rejected | None:
    """It stays theirs when their shift ends or they are away, if it can wait for them."""
    ticket = draft.ticket
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    if not ticket.owner:
        return refuse("unclaimed", "nobody owns it; claim it first", ticket)
    end = ticket.claim_end
    if end is None or end.because == BACK:
        return refuse("no_end", "nothing on record ends this claim: it is kept as it is", ticket)
    if ticket.priority in claim_ends.NEVER_KEPT:
        reason = f"a {ticket.priority} needs somebody who is in: hand it over, or release it"
        return refuse("never_kept", reason, ticket)
    if end.kept:
        return refuse("kept", f"it is kept beyond {end.at.isoformat()} already", ticket)
    why = draft.why("claim kept", until=end.at.isoformat(), because=end.because)
    what = ClaimKept(ticket.owner, end.at)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def hand_over(draft: Draft, command: HandOver, asked: Asked) -> Rejected | None:
    """To somebody who is in at this moment; their silence counts from now."""
    ticket, at = draft.ticket, draft.now
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    if refused := missing(command.to, "to", ticket):
        return refused
    if not ticket.owner:
        return refuse("unclaimed", "nobody owns it; let them claim it", ticket)
    if command.to == ticket.owner:
        return refuse("same_owner", f"it is {command.to}'s already", ticket)
    person, group = draft.floor.person(command.to), draft.policy.groups.get(ticket.group)
    if group is not None and (why_not := person.not_in(at, group.hours)):
        reason = f"{command.to} is not in ({why_not}): give it to somebody who is"
        return refuse("not_in", reason, ticket)
    ends = person.claim_end(at)
    why = draft.why("handed over", owner=ticket.owner, plan_void=ticket.plan is not None)
    what = HandedOver(ticket.owner, command.to, command.reason, ends)
    changed = silent_clock(draft, at)
    draft.emit(what, at=at, by=asked.by, why=why, cause=asked.cause, changed=changed)
    return None


def note_absence(draft: Draft, command: NoteAbsence, asked: Asked) -> Rejected | None:
    """What the records say of the owner's absences changes when the claim ends, or ends it now."""
    ticket, now = draft.ticket, draft.now
    if refused := not_active(ticket):
        return refused
    if ticket.owner != command.owner or not command.owner:
        return refuse("not_owner", f"{command.owner} does not own it", ticket)
    person = amended(draft.floor.person(command.owner), away=command.away)
    draft.floor = draft.floor.knowing(person)
    ends = claim_ends.anew(ticket.claim_end, person, now)
    if ends == ticket.claim_end:
        return refuse("nothing_new", "that changes nothing about when the claim ends", ticket)
    here = person.away_at(now) or person.next_away(now)
    what = AbsenceNoted(
        ticket.owner, ends, here.starts if here else None, here.ends if here else None
    )
    before = ticket.claim_end
    why = draft.why(
        "absence on record" if here else "absence taken back",
        owner=ticket.owner,
        before=before.at.isoformat() if before else "",
        stand_in=here.stand_in if here else "",
    )
    draft.emit(what, at=now, by=asked.by, why=why, cause=asked.cause)
    return None
