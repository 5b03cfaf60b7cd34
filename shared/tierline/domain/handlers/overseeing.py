"""Stating complexity, a word for management, people put beside the owner."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from tierline.domain.business_time import add
from tierline.domain.commands import Rejected
from tierline.domain.draft import Draft
from tierline.domain.handlers.asked import Asked, missing, not_active, refuse
from tierline.domain.oversight import ComplexityStated, ManagementBriefed, Reallocated
from tierline.domain.oversight_commands import Brief, Reallocate, StateComplexity
from tierline.domain.promises import silent_clock
from tierline.domain.triggers import cover_of

JOINED_MAX: Final = 10
"""People beside one owner: more than that is a meeting."""


def state_complexity(draft: Draft, command: StateComplexity, asked: Asked) -> Rejected | None:
    """A technician says that it is complex; a trigger of the policy may ask for that."""
    ticket = draft.ticket
    if refused := not_active(ticket) or missing(command.text, "text", ticket):
        return refused
    why = draft.why("complexity stated", before=ticket.complexity, tier=ticket.tier)
    what = ComplexityStated(command.text)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def brief(draft: Draft, command: Brief, asked: Asked) -> Rejected | None:
    """A word for management: the next one is owed a whole period from now."""
    ticket, at = draft.ticket, draft.now
    if refused := not_active(ticket) or missing(command.text, "text", ticket):
        return refused
    attention = ticket.attention
    if attention is None:
        return refuse("not_called", "management has not been called: write a note", ticket)
    following = None
    if attention.every_s:
        every = timedelta(seconds=attention.every_s)
        following = add(cover_of(draft.policy, ticket, ticket.priority), at, every) or at + every
    draft.emit(
        ManagementBriefed(command.text, attention.people, following),
        at=at,
        by=asked.by,
        why=draft.why("brief", owed_at=str(attention.next_due), missed=attention.missed),
        cause=asked.cause,
        changed=silent_clock(draft, at) if ticket.owner else [],
    )
    return None


def reallocate(draft: Draft, command: Reallocate, asked: Asked) -> Rejected | None:
    """A lead puts people of any group beside the owner, or lets them go again."""
    ticket = draft.ticket
    if refused := not_active(ticket) or missing(command.reason, "reason", ticket):
        return refused
    if not asked.asker.leads:
        return refuse("lead_decides", "who works beside an owner is a lead's to decide", ticket)
    join = tuple(dict.fromkeys(login for login in command.join if login.strip()))
    relieve = tuple(dict.fromkeys(login for login in command.relieve if login.strip()))
    if not join and not relieve:
        return refuse("missing", "join or relieve: name at least one person", ticket)
    if here := [login for login in join if login in (ticket.owner, *ticket.joined)]:
        return refuse("same_people", f"join: {', '.join(here)} is on it already", ticket)
    if away := [login for login in relieve if login not in ticket.joined]:
        return refuse("unknown_people", f"relieve: {', '.join(away)} is not beside it", ticket)
    if len(ticket.joined) + len(join) - len(relieve) > JOINED_MAX:
        return refuse(
            "too_many_people", f"at most {JOINED_MAX} stand beside an owner: relieve some", ticket
        )
    why = draft.why("reallocated", before=list(ticket.joined), owner=ticket.owner)
    what = Reallocated(join, relieve, command.reason)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


HANDLERS: Mapping[type, Callable[[Draft, Any, Asked], Rejected | None]] = {
    StateComplexity: state_complexity,
    Brief: brief,
    Reallocate: reallocate,
}
"""By command; part of the table of `decide`."""
