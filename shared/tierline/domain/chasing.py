"""Reminders of actions and of a root cause analysis: a business day before, when due, then daily.

Business days are those of the agreement's plain hours (`triggers.plain_hours`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from tierline.domain.action import DUE, OVERDUE, SOON, numbered, open_of
from tierline.domain.business_time import before, mean_open_per_weekday
from tierline.domain.correction import ActionChased, RcaChased
from tierline.domain.draft import Draft
from tierline.domain.events import TIME
from tierline.domain.managing import late_s
from tierline.domain.oversight import BriefMissed
from tierline.domain.policy import Duration
from tierline.domain.ticket import Ticket
from tierline.domain.triggers import after, plain_hours

ACTION, RCA = "action", "rca"
"""How the due instants are called."""

REPEATED: Final = (ActionChased, BriefMissed, RcaChased)
"""Reminders of which, of one thing in one go, the last is told."""

_A_DAY: Final = Duration(business_days=1)


def dues_of(ticket: Ticket) -> list[tuple[datetime, int, int, float, str]]:
    """When an action or the analysis is next asked for: as `advance.Due`, in no order.

    The order of an action's is its number.
    """
    found = [
        (action.next_chase, 7, action.number, 0.0, ACTION)
        for action in ticket.actions
        if action.next_chase is not None
    ]
    if ticket.rca is not None and ticket.rca.next_chase is not None:
        found.append((ticket.rca.next_chase, 7, 0, 0.0, RCA))
    return found


def first_chase(draft: Draft, due: datetime, at: datetime) -> datetime:
    """When somebody is first reminded of what is due at `due` and known since `at` (all UTC).

    A business day before; where that is over already, when it is due.
    """
    hours = plain_hours(draft.policy, draft.ticket)
    soon = before(hours, due, mean_open_per_weekday(hours))
    return soon if soon > at else due


class Chase(NamedTuple):
    """A reminder: its stage, how many there were since it was due, when (UTC) the next one is."""

    stage: str
    times: int
    next_at: datetime


def chase(draft: Draft, due: datetime, chases: int, at: datetime) -> Chase:
    """The reminder at `at` of what is due at `due`, after `chases` since then (instants UTC)."""
    if at < due:
        return Chase(SOON, 0, due)
    following = after(plain_hours(draft.policy, draft.ticket), at, _A_DAY)
    return Chase(OVERDUE if chases else DUE, chases + 1, following)


def action_chased(draft: Draft, due: Any, at: datetime) -> None:
    """Somebody is reminded of what they took on; once it is due, the lead too."""
    action = numbered(draft.ticket.actions, due.order)
    if action is None:  # pragma: no cover - time offers it only with that action
        return
    said = chase(draft, action.due, action.chases, at)
    why = draft.why("action", number=action.number, owner=action.owner, moves=action.moves)
    what = ActionChased(
        action.number,
        action.what,
        action.owner,
        action.due,
        said.stage,
        said.times,
        said.next_at,
        late_s(draft, due.at),
    )
    cause = f"action/{action.number}/{due.at.isoformat()}"
    draft.emit(what, at=at, by=TIME, why=why, cause=cause)


def rca_chased(draft: Draft, due: Any, at: datetime) -> None:
    """The analysis is asked for."""
    rca = draft.ticket.rca
    if rca is None or rca.due is None:  # pragma: no cover - time offers it only with one owed
        return
    said = chase(draft, rca.due, rca.chases, at)
    why = draft.why("rca", about=list(rca.about), open_actions=len(open_of(draft.ticket.actions)))
    what = RcaChased(rca.due, said.stage, said.times, said.next_at, late_s(draft, due.at))
    draft.emit(what, at=at, by=TIME, why=why, cause=f"rca/{due.at.isoformat()}")


STEPS: Mapping[str, Callable[[Draft, Any, datetime], None]] = {
    ACTION: action_chased,
    RCA: rca_chased,
}
"""What is taken at each of these due instants."""
