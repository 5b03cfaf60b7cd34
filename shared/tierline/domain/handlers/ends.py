"""Resolving, confirming, rejecting, reopening, closing."""

from tierline.domain.commands import Close, Confirm, Reject, Rejected, Reopen, Resolve
from tierline.domain.draft import Draft
from tierline.domain.events import Closed
from tierline.domain.handlers.asked import Asked, missing, not_active, not_yours, refuse
from tierline.domain.resolving import confirm, reopen, resolve
from tierline.domain.surveys import is_asked
from tierline.domain.terms import State
from tierline.domain.ticket import Ticket
from tierline.domain.unfinished import confirmed, unfinished

COULD_BELOW = frozenset({"", "no", "access", "guide", "training"})
"""Answers to: could the tier below have done it?"""


def resolve_by_hand(draft: Draft, command: Resolve, asked: Asked) -> Rejected | None:
    """By the owner, a lead, or anyone while nobody owns it; straight out of a hold is fine."""
    ticket = draft.ticket
    if refused := not_active(ticket) or not_yours(ticket, asked):
        return refused
    if refused := missing(command.resolution, "resolution", ticket):
        return refused
    if command.tier_below_could not in COULD_BELOW:
        names = ", ".join(sorted(COULD_BELOW - {""}))
        return refuse("unknown_answer", f"tier_below_could must be one of: {names}", ticket)
    resolve(
        draft,
        at=draft.now,
        by=asked.by,
        why=draft.why("resolved by hand", out_of=ticket.state),
        resolution=command.resolution,
        resolver=ticket.owner or asked.login,
        tier_below_could=command.tier_below_could,
        cause=asked.cause,
        fault=command.fault,
    )
    return None


def confirm_by_hand(draft: Draft, command: Confirm, asked: Asked) -> Rejected | None:
    """The client agrees."""
    if draft.ticket.state is not State.RESOLVED:
        return refuse("not_resolved", "only a resolved ticket can be confirmed", draft.ticket)
    if confirmed(draft.ticket):
        left = unfinished(draft.ticket)
        return refuse("confirmed", f"it is confirmed, and waits for {left}", draft.ticket)
    why = draft.why("confirmed")
    confirm(draft, at=draft.now, by=asked.by, why=why, note=command.note, cause=asked.cause)
    return None


def _vendor_open(ticket: Ticket) -> Rejected:
    vendor = ticket.vendor.vendor if ticket.vendor else ""
    return refuse(
        "vendor_case_open",
        f"the case with {vendor} is still open: close it with its outcome",
        ticket,
    )


def reject(draft: Draft, command: Reject, asked: Asked) -> Rejected | None:
    """The client disagrees: work is owed again."""
    if draft.ticket.state is not State.RESOLVED:
        return refuse("not_resolved", "only a resolved ticket can be rejected", draft.ticket)
    return _reopen(draft, command.reason, asked, rejected=True)


def reopen_by_hand(draft: Draft, command: Reopen, asked: Asked) -> Rejected | None:
    """From resolved or closed; by a person or a firing alert."""
    if draft.ticket.active:
        return refuse("active", f"it is {draft.ticket.state}: nothing to reopen", draft.ticket)
    if not command.alert and not asked.asker.leads and (refused := _too_late(draft)):
        return refused
    return _reopen(draft, command.reason, asked, rejected=False, alert=command.alert)


def _too_late(draft: Draft) -> Rejected | None:
    """A refusal where it has been closed for so long that a new ticket, linked to it, is due."""
    closed_at, within = draft.ticket.closed_at, draft.policy.recovery.people_within
    if closed_at is None or draft.now - closed_at <= within:
        return None
    return refuse(
        "closed_too_long",
        f"it was closed more than {within.days} days ago: open a new ticket, or ask a lead",
        draft.ticket,
    )


def _reopen(
    draft: Draft, reason: str, asked: Asked, *, rejected: bool, alert: str = ""
) -> Rejected | None:
    if refused := missing(reason, "reason", draft.ticket):
        return refused
    reopen(
        draft,
        at=draft.now,
        by=asked.by,
        why=draft.why("rejected by the client" if rejected else "reopened"),
        reason=reason,
        rejected=rejected,
        cause=asked.cause,
        alert=alert,
    )
    return None


def _over_others(ticket: Ticket, command: Close) -> Rejected | None:
    """A refusal where others are still worked under it and nobody says what becomes of them."""
    if ticket.major is None or not command.open_under or command.leaving.strip():
        return None
    return refuse(
        "open_under",
        f"{command.open_under} tickets are still worked under it: say what becomes of them"
        " (leaving), or resolve it",
        ticket,
    )


def _asked_how(draft: Draft, command: Close) -> bool:
    """Nobody is asked about what another ticket carries on."""
    return not command.successor and is_asked(draft.policy, draft.ticket)


def close(draft: Draft, command: Close, asked: Asked) -> Rejected | None:
    """A resolved ticket by anyone; an active one (a duplicate, spam) by a lead or a service."""
    ticket = draft.ticket
    if refused := missing(command.reason, "reason", ticket):
        return refused
    if ticket.state is State.CLOSED:
        return refuse("closed", "it is already closed", ticket)
    if not command.successor and (left := unfinished(ticket)):
        return refuse(
            "unfinished",
            f"there is still {left}: finish that, or move it to a problem (to-problem)",
            ticket,
        )
    if ticket.vendor is not None and not asked.asker.leads and asked.by.kind == "person":
        return _vendor_open(ticket)
    if ticket.active and not asked.asker.leads and asked.by.kind == "person":
        return refuse(
            "lead_decides", "closing without resolving is the lead's: resolve it instead", ticket
        )
    if refused := _over_others(ticket, command):
        return refused
    leaving = command.leaving if ticket.major is not None else ""
    draft.emit(
        Closed(command.reason, command.successor, leaving, survey=_asked_how(draft, command)),
        at=draft.now,
        by=asked.by,
        why=draft.why("closed by hand" if not command.successor else "a linked ticket carries on"),
        cause=asked.cause,
    )
    return None
