"""Alerts that find their ticket already open."""

from datetime import datetime

from tierline.domain.commands import Attach, Recover, Rejected
from tierline.domain.draft import Draft
from tierline.domain.events import AlertAttached, Recovered
from tierline.domain.handlers.asked import Asked, refuse


def attach(draft: Draft, command: Attach, asked: Asked) -> Rejected | None:
    """A repeat joins and counts; a stale one (older than the last applied) changes nothing."""
    if not draft.ticket.open:
        return refuse("closed", "the ticket is closed; reopen it or open a new one", draft.ticket)
    why = draft.why("same problem key", problem_key=draft.ticket.problem_key)
    what = AlertAttached(command.alert, command.status, command.stale)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def recover(draft: Draft, command: Recover, asked: Asked) -> Rejected | None:
    """Untouched: it resolves after the quiet time. Touched: the owner is asked.

    Said again, it only counts: neither the quiet time nor the question starts anew.
    """
    ticket, rules = draft.ticket, draft.policy.recovery
    if not ticket.active or ticket.restored_at is not None:
        return attach(draft, Attach(command.alert, "resolved"), asked)
    quiet_until: datetime | None = None
    if not ticket.touched:
        quiet_until = draft.now + rules.quiet
    why = draft.why(
        "recovery, untouched" if quiet_until else "recovery, touched: the owner is asked",
        quiet_s=rules.quiet.total_seconds(),
    )
    what = Recovered(command.alert, quiet_until)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None
