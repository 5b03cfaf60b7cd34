"""What a client's freeze has to say to work that is planned."""

from datetime import datetime
from typing import Any

from tierline.domain import freezes
from tierline.domain.commands import Rejected
from tierline.domain.draft import Draft
from tierline.domain.freezes import Freeze
from tierline.domain.handlers.asked import refuse
from tierline.domain.terms import Priority


def freezes_of(draft: Draft) -> tuple[Freeze, ...]:
    """The freezes of the ticket's client."""
    return draft.floor.freezes.get(draft.ticket.client, ())


def despite_freeze(
    draft: Draft, start: datetime, end: datetime | None, despite: str, *, field: str
) -> Rejected | dict[str, Any]:
    """What the event keeps of a freeze that the work runs into; a refusal where it must not.

    A P1 may, for the reason `despite`. `field` names in the refusal what is to be changed.
    """
    found = freezes.during(freezes_of(draft), start, end)
    if found is None:
        return {}
    ticket = draft.ticket
    if ticket.priority is not Priority.P1:
        return refuse("in_freeze", f"{field}: the client's freeze, {found.words}", ticket)
    if not despite.strip():
        return refuse(
            "in_freeze",
            f"{field}: the client's freeze, {found.words}; for a P1 say in `despite` why",
            ticket,
        )
    return {"freeze": found.words, "despite": despite}
