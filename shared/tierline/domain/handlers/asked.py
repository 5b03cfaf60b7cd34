"""Who asks, and the identity of what brought it."""

from dataclasses import dataclass
from datetime import datetime

from tierline.domain.commands import Asker, Rejected
from tierline.domain.draft import Draft
from tierline.domain.events import Actor
from tierline.domain.instants import InstantError, to_us
from tierline.domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Asked:
    """The asker of a command and its cause."""

    asker: Asker
    cause: str

    @property
    def by(self) -> Actor:
        """The actor written into the events."""
        return self.asker.actor

    @property
    def login(self) -> str:
        """The person's login; empty for an integration."""
        return self.by.name if self.by.kind == "person" else ""


def place_of(ticket: Ticket) -> dict[str, str]:
    """Where the ticket is now: what a refusal tells the one who was too late."""
    return {
        "state": ticket.state.value,
        "tier": ticket.tier,
        "group": ticket.group,
        "owner": ticket.owner,
    }


def refuse(code: str, reason: str, ticket: Ticket) -> Rejected:
    """A refusal that names the ticket's present place."""
    return Rejected(code, reason, place_of(ticket))


def not_active(ticket: Ticket) -> Rejected | None:
    """A refusal where no work is owed any more."""
    if ticket.active:
        return None
    return refuse("not_active", f"the ticket is {ticket.state}; reopen it first", ticket)


def not_yours(ticket: Ticket, asked: Asked) -> Rejected | None:
    """A refusal where somebody else owns it and the asker does not lead."""
    if not ticket.owner or ticket.owner == asked.login or asked.asker.leads:
        return None
    return refuse("owned", f"{ticket.owner} owns it; ask them or a lead", ticket)


def not_ahead(
    instant: datetime, field: str, draft: Draft, *, past: str = "instant_past"
) -> Rejected | None:
    """A refusal where an instant is none (no zone, out of range), or not ahead (code `past`)."""
    try:
        to_us(instant)
    except InstantError as error:
        return refuse("not_an_instant", f"{field}: {error}", draft.ticket)
    if instant > draft.now:
        return None
    return refuse(past, f"{field} must lie in the future", draft.ticket)


def missing(value: str, field: str, ticket: Ticket) -> Rejected | None:
    """A refusal where a text that must be there is empty."""
    if value.strip():
        return None
    return refuse("missing", f"{field} must not be empty: say it in a few words", ticket)
