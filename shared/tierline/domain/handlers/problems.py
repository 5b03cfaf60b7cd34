"""Problems: the one cause behind several tickets, what it is, and what helps meanwhile."""

from tierline.domain.commands import (
    CallProblem,
    CountIncident,
    GiveWorkaround,
    LinkProblem,
    Rejected,
    StateCause,
    TellSolved,
)
from tierline.domain.draft import Draft
from tierline.domain.events import (
    CauseFound,
    IncidentLinked,
    ProblemCalled,
    ProblemLinked,
    ProblemSolved,
    WorkaroundGiven,
)
from tierline.domain.handlers.asked import Asked, missing, refuse
from tierline.domain.rca import owed_on_problem
from tierline.domain.terms import TicketType
from tierline.domain.ticket import Finding, Ticket


def call(draft: Draft, command: CallProblem, asked: Asked) -> Rejected | None:
    """Ask for a problem behind this ticket and others; the router opens it."""
    ticket = draft.ticket
    if refused := missing(command.reason, "reason", ticket) or _itself(ticket):
        return refused
    if ticket.problem:
        return refuse("has_problem", f"problem {ticket.problem} is behind it already", ticket)
    others = tuple(dict.fromkeys(n for n in command.others if n != ticket.id))
    why = draft.why("problem asked for", others=list(others))
    what = ProblemCalled(command.title.strip() or ticket.title, command.reason, others)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def link(draft: Draft, command: LinkProblem, asked: Asked) -> Rejected | None:
    """Say which problem is behind it; another one than before is a correction."""
    ticket = draft.ticket
    if refused := _itself(ticket):
        return refused
    if ticket.problem == command.problem:
        return refuse("linked", "it is linked to that problem already", ticket)
    why = draft.why("linked to a problem", was=ticket.problem)
    what = ProblemLinked(command.problem, ticket.problem, owed_on_problem(ticket.rca))
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def count_incident(draft: Draft, command: CountIncident, asked: Asked) -> Rejected | None:
    """One more ticket that the problem is behind, or one less; of a closed one too."""
    if refused := _no_problem(draft.ticket):
        return refused
    finding = draft.ticket.finding or Finding()
    there = command.incident in finding.tickets
    unnamed = command.gone and finding.count > len(finding.tickets)  # one of the oldest
    if there is not command.gone and not unnamed:
        code = "not_linked" if command.gone else "linked"
        return refuse(code, f"ticket {command.incident} is {code.replace('_', ' ')}", draft.ticket)
    why = draft.why("a ticket was linked" if not command.gone else "a ticket was unlinked")
    what = IncidentLinked(command.incident, command.gone)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def state_cause(draft: Draft, command: StateCause, asked: Asked) -> Rejected | None:
    """With a workaround beside it, the cause makes the problem a known error."""
    ticket = draft.ticket
    if refused := _no_open_problem(ticket) or missing(command.cause, "cause", ticket):
        return refused
    why = draft.why("cause found")
    draft.emit(CauseFound(command.cause), at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def give_workaround(draft: Draft, command: GiveWorkaround, asked: Asked) -> Rejected | None:
    """What the first line does on every ticket of the problem until the cause is gone."""
    ticket = draft.ticket
    if refused := _no_open_problem(ticket) or missing(command.workaround, "workaround", ticket):
        return refused
    why = draft.why("workaround given")
    what = WorkaroundGiven(command.workaround)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def tell_solved(draft: Draft, command: TellSolved, asked: Asked) -> Rejected | None:
    """The cause behind an open ticket is gone: its owner hears of it.

    What was said on another client's problem stays there.
    """
    ticket = draft.ticket
    if not ticket.open or ticket.problem != command.problem:
        return refuse("not_linked", "it is closed, or another problem is behind it", ticket)
    why = draft.why("problem resolved", problem=command.problem)
    resolution = command.resolution if command.client == ticket.client else ""
    what = ProblemSolved(command.problem, resolution)
    draft.emit(what, at=draft.now, by=asked.by, why=why, cause=asked.cause)
    return None


def _itself(ticket: Ticket) -> Rejected | None:
    if ticket.type is not TicketType.PROBLEM:
        return None
    return refuse("a_problem", "it is a problem itself: link its tickets to it", ticket)


def _no_problem(ticket: Ticket) -> Rejected | None:
    if ticket.type is TicketType.PROBLEM:
        return None
    return refuse("no_problem", "it is no problem: open one for it, or link it to one", ticket)


def _no_open_problem(ticket: Ticket) -> Rejected | None:
    if ticket.open:
        return _no_problem(ticket)
    return refuse("closed", "the problem is closed; reopen it first", ticket)
