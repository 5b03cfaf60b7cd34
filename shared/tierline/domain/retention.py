"""Which closed tickets nothing is owed on any more, and whose history is theirs alone."""

from tierline.domain.action import open_of
from tierline.domain.rca import owed_of
from tierline.domain.ticket import Ticket


def owes(ticket: Ticket) -> str:
    """Why a ticket cannot be archived yet, whatever its age; empty where nothing is in the way."""
    if ticket.open or ticket.closed_at is None:
        return "it is open"
    if owed_of(ticket.rca) is not None:
        return "its root cause analysis is owed"
    if open_of(ticket.actions):
        return "an action is not done"
    return ""


def leans_on(ticket: Ticket) -> tuple[int, ...]:
    """The tickets that must be closed before this one is archived: it is part of their history."""
    found = [ticket.problem, *ticket.linked]
    if ticket.under is not None:
        found.append(ticket.under.parent)
    if ticket.major is not None:
        found.extend(ticket.major.numbers)
    if ticket.finding is not None:
        found.extend(ticket.finding.tickets)
    if ticket.rca is not None:
        found += [ticket.rca.held_by, *ticket.rca.about]
    return tuple(dict.fromkeys(number for number in found if number and number != ticket.id))
