"""Restricting a ticket to a group, and opening it to everybody again."""

from collections.abc import Callable, Mapping
from typing import Any

from tierline.domain.commands import Rejected
from tierline.domain.draft import Draft
from tierline.domain.handlers.asked import Asked, missing, refuse
from tierline.domain.restriction import Restrict, Restricted, Unrestrict, Unrestricted


def restrict(draft: Draft, command: Restrict, asked: Asked) -> Rejected | None:
    """A lead says whose it is to see, of a closed ticket too: what it holds is still read."""
    ticket = draft.ticket
    if refused := missing(command.reason, "reason", ticket):
        return refused
    if not asked.asker.leads:
        return refuse("lead_decides", "who may see a ticket is a lead's to decide", ticket)
    if command.group not in draft.policy.groups:
        return refuse("unknown_group", f"group: there is no group {command.group}", ticket)
    if command.group == ticket.restricted:
        return refuse("same_group", f"group: it is restricted to {command.group} already", ticket)
    why = draft.why("restricted", group=ticket.group, was=ticket.restricted)
    what = Restricted(command.group, command.reason, ticket.restricted)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def unrestrict(draft: Draft, command: Unrestrict, asked: Asked) -> Rejected | None:
    """A lead lets everybody see it again."""
    ticket = draft.ticket
    if refused := missing(command.reason, "reason", ticket):
        return refused
    if not asked.asker.leads:
        return refuse("lead_decides", "who may see a ticket is a lead's to decide", ticket)
    if not ticket.restricted:
        return refuse("not_restricted", "the ticket is not restricted to a group", ticket)
    why = draft.why("unrestricted", group=ticket.group)
    what = Unrestricted(ticket.restricted, command.reason)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


HANDLERS: Mapping[type, Callable[[Draft, Any, Asked], Rejected | None]] = {
    Restrict: restrict,
    Unrestrict: unrestrict,
}
"""By command; part of the table of `decide`."""
