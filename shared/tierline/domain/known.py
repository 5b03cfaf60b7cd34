"""Which workaround helps on a ticket: by its problem, or by a known error of the same thing."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tierline.domain.ticket import Ticket

LINKED: Final = "linked"
DEVICE: Final = "same device"
CATEGORY: Final = "same category"


@dataclass(frozen=True, slots=True)
class Match:
    """A problem whose workaround may help, and why: LINKED, DEVICE or CATEGORY."""

    problem: Ticket
    because: str


def matches(ticket: Ticket, problems: Iterable[Ticket]) -> list[Match]:
    """The workarounds to be shown on `ticket`: of its own problem first, then the closest.

    Its own problem needs only a workaround. Another must be a known error (its cause is known too)
    of the same client that is not resolved yet, and be about the same device; one that is about no
    device, of the same category. Nothing is suggested on a ticket that is no work any more.
    """
    found = [
        Match(problem, because) for problem in problems if (because := _because(ticket, problem))
    ]
    order = (LINKED, DEVICE, CATEGORY)
    return sorted(found, key=lambda match: (order.index(match.because), match.problem.id))


def _because(ticket: Ticket, problem: Ticket) -> str:
    finding = problem.finding
    if finding is None or problem.id == ticket.id:
        return ""
    if ticket.problem == problem.id:
        return LINKED if finding.workaround else ""
    if not (ticket.active and problem.active and finding.known_error):
        return ""
    if ticket.client != problem.client:
        return ""
    if problem.host:
        return DEVICE if ticket.host == problem.host else ""
    return CATEGORY if problem.category and ticket.category == problem.category else ""
