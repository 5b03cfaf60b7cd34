"""What the API shows of what belongs together."""

from collections.abc import Sequence
from typing import Any

from tierline.domain.known import Match
from tierline.domain.ticket import Finding, Ticket


def together(ticket: Ticket) -> dict[str, Any]:
    """What a ticket says of others, by their numbers.

    The number of a ticket behind a wall is no secret; what it says is: asked for, it is not there.
    """
    under, major, finding = ticket.under, ticket.major, ticket.finding
    return {
        "under_since": under.since if under else None,
        "major": {
            "since": major.since,
            "children": major.numbers,
            "leftovers": major.leftovers,
        }
        if major
        else None,
        "problem": ticket.problem,
        "finding": {
            "cause": finding.cause,
            "workaround": finding.workaround,
            "known_error": finding.known_error,
            "tickets": finding.tickets,
            "count": finding.count,
            "last_at": finding.last_at,
        }
        if finding
        else None,
        "fired": ticket.refired + 1 if ticket.alerts else 0,
    }


def beside(children: Sequence[Ticket], known: Sequence[Match]) -> dict[str, Any]:
    """What the page of a ticket shows beside it: its children as they stand, and what helps."""
    return {
        "children": [_child(child) for child in children],
        "workarounds": [_workaround(match) for match in known],
    }


def _child(ticket: Ticket) -> dict[str, Any]:
    return {
        "number": ticket.id,
        "title": ticket.title,
        "client": ticket.client,
        "state": ticket.state,
        "priority": ticket.priority,
        "group": ticket.group,
        "owner": ticket.owner,
    }


def _workaround(match: Match) -> dict[str, Any]:
    finding = match.problem.finding or Finding()
    return {
        "problem": match.problem.id,
        "title": match.problem.title,
        "cause": finding.cause,
        "workaround": finding.workaround,
        "because": match.because,
    }


def known_error_view(ticket: Ticket) -> dict[str, Any]:
    """A known error in a list."""
    finding = ticket.finding or Finding()
    return {
        "number": ticket.id,
        "title": ticket.title,
        "client": ticket.client,
        "category": ticket.category,
        "host": ticket.host,
        "state": ticket.state,
        "priority": ticket.priority,
        "owner": ticket.owner,
        "cause": finding.cause,
        "workaround": finding.workaround,
        "count": finding.count,
        "last_at": finding.last_at,
        "opened_at": ticket.opened_at,
    }
