"""Problems: opened where one is asked for, linked, counted, and told of when they are solved."""

from typing import Any

from router.reactions.reaction import Reaction
from tierline.domain.commands import CountIncident, LinkProblem, Open, TellSolved
from tierline.domain.correction import CorrectionTaken, RcaRequired
from tierline.domain.events import SYSTEM, Opened, ProblemCalled, ProblemLinked, Resolved
from tierline.domain.oversight_commands import HandCorrection, TakeCorrection
from tierline.domain.terms import Mode, Priority, TicketType
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage


def _always(_message: TicketMessage) -> bool:
    return True


def _itself(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    return (message.ticket.number,)


def _opening(message: TicketMessage, _muted: bool) -> Open:  # noqa: FBT001
    """The problem of the ticket that called for it: of its client, about the same thing.

    Its number is drawn by whoever opens it.
    """
    what: Any = message.event.what
    ticket = message.ticket
    return Open(
        id=0,
        type=TicketType.PROBLEM,
        title=what.title,
        client=ticket.client,
        agreement=ticket.agreement,
        accepted_at=message.event.recorded_at,
        body=what.reason,
        site=ticket.site,
        host=ticket.host,
        service=ticket.service,
        category=ticket.category,
        source="problem",
        linked=(ticket.number, *what.others),
        record=ticket.record,
        mode=Mode(ticket.mode),
        priority=Priority(ticket.priority),
        start=ticket.group,
        restricted=ticket.restricted,
    )


def _is_problem(message: TicketMessage) -> bool:
    return message.ticket.type == TicketType.PROBLEM


def _opened_for(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    what: Any = message.event.what
    return tuple(what.linked)


def _linking(message: TicketMessage, _muted: bool) -> LinkProblem:  # noqa: FBT001
    return LinkProblem(message.ticket.number)


def _the_problem(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    what: Any = message.event.what
    return (what.problem,)


def _counting(message: TicketMessage, _muted: bool) -> CountIncident:  # noqa: FBT001
    return CountIncident(message.ticket.number)


def _was_another(message: TicketMessage) -> bool:
    what: Any = message.event.what
    return bool(what.was)


def _the_other(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    what: Any = message.event.what
    return (what.was,)


def _uncounting(message: TicketMessage, _muted: bool) -> CountIncident:  # noqa: FBT001
    return CountIncident(message.ticket.number, gone=True)


def _linked(_message: TicketMessage, ticket: Ticket) -> tuple[int, ...]:
    return ticket.finding.tickets if ticket.finding else ()


def _solved(message: TicketMessage, _muted: bool) -> TellSolved:  # noqa: FBT001
    what: Any = message.event.what
    return TellSolved(message.ticket.number, what.resolution, message.ticket.client)


def _owes(message: TicketMessage) -> bool:
    what: Any = message.event.what
    return what.owes is not None


def _giving(message: TicketMessage, _muted: bool) -> TakeCorrection:  # noqa: FBT001
    what: Any = message.event.what
    return TakeCorrection(message.ticket.number, (), what.owes, message.ticket.client)


def _written_on_problem(message: TicketMessage) -> bool:
    what: Any = message.event.what
    return bool(what.rca.on_problem and message.ticket.problem)


def _problem_behind(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    return (message.ticket.problem,)


def _giving_at_once(message: TicketMessage, _muted: bool) -> TakeCorrection:  # noqa: FBT001
    what: Any = message.event.what
    return TakeCorrection(message.ticket.number, (), what.rca, message.ticket.client)


def _by_itself(message: TicketMessage) -> bool:
    """Where somebody hands it over, both tickets change in one transaction."""
    return message.event.by.kind == SYSTEM.kind


def _taken_from(message: TicketMessage, _ticket: Ticket) -> tuple[int, ...]:
    what: Any = message.event.what
    return (what.ticket,)


def _letting_go(message: TicketMessage, _muted: bool) -> HandCorrection:  # noqa: FBT001
    return HandCorrection(message.ticket.number, rca_alone=True)


PROBLEM = (
    Reaction("problem opens", ProblemCalled, _always, _itself, _opening, opens=True),
    Reaction("problem links", Opened, _is_problem, _opened_for, _linking),
    Reaction("incident is counted", ProblemLinked, _always, _the_problem, _counting),
    Reaction("incident moves away", ProblemLinked, _was_another, _the_other, _uncounting),
    Reaction("solution is told", Resolved, _is_problem, _linked, _solved),
    Reaction("analysis is owed there", ProblemLinked, _owes, _the_problem, _giving),
    Reaction("analysis joins", RcaRequired, _written_on_problem, _problem_behind, _giving_at_once),
    Reaction("analysis is let go", CorrectionTaken, _by_itself, _taken_from, _letting_go),
)
