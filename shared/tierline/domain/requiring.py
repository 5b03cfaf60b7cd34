"""Which resolved tickets need a root cause analysis: the policy's rule, at the resolution."""

from datetime import datetime

from tierline.domain.chasing import first_chase
from tierline.domain.correction import RcaRequired
from tierline.domain.draft import Draft
from tierline.domain.events import TIME, ProblemCalled
from tierline.domain.rca import Rca
from tierline.domain.terms import TicketType
from tierline.domain.triggers import after, holds, plain_hours


def require_rca(draft: Draft, at: datetime, cause: str) -> None:
    """Ask for an analysis at `at` (UTC) where the rule holds and none was asked for before.

    Where it is written on a problem, one is asked for too, unless one is behind the ticket already.
    A problem is where analyses are written; none is asked for of it.
    """
    ticket, rule = draft.ticket, draft.policy.rca
    if rule is None or ticket.rca is not None or ticket.type is TicketType.PROBLEM:
        return
    if not holds(rule.when, ticket):
        return
    hours = plain_hours(draft.policy, ticket)
    due = after(hours, at, rule.due)
    rca = Rca(
        due, at, (ticket.id,), next_chase=first_chase(draft, due, at), on_problem=rule.in_problem
    )
    why = draft.why(
        "rca rule",
        priority=ticket.priority,
        groups=list(ticket.trail),
        reopened=ticket.reopened,
    )
    draft.emit(RcaRequired(rca), at=at, by=TIME, why=why, cause=f"rca/{cause}")
    if rca.on_problem and not ticket.problem:
        why = draft.why("rca rule", written_on="problem")
        called = ProblemCalled(ticket.title, "its root cause is to be found")
        draft.emit(called, at=at, by=TIME, why=why, cause=f"rca/{cause}")
