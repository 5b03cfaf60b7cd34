"""Waking somebody for a ticket in the queue of a group that is closed.

The ladder is the group's on-call, its lead, the duty manager, and as the last resort the service
manager. One rung at a time; whoever claims the ticket ends it. Who is on it is judged at each rung,
at that rung's own instant.
"""

from datetime import datetime
from typing import NamedTuple

from tierline.domain.audience import DUTY_MANAGER, LEAD, ON_CALL, SERVICE_MANAGER
from tierline.domain.draft import Draft
from tierline.domain.events import TIME, Paged, PagingEnded
from tierline.domain.floor import Floor
from tierline.domain.policy import Group, Policy
from tierline.domain.terms import TicketType
from tierline.domain.ticket import Page, Ticket


class Rung(NamedTuple):
    """One person to wake, and as what."""

    login: str
    of: str


def ladder(policy: Policy, floor: Floor, group: Group, at: datetime) -> tuple[Rung, ...]:
    """Who is woken for `group` at `at`, in order, each once; empty where nobody is named.

    The duty manager is who the schedule of that name says, else the one the policy names.
    """
    duty = floor.on_call(DUTY_MANAGER, at) or (policy.people.get(DUTY_MANAGER, ""),)
    named = [Rung(login, ON_CALL) for login in floor.on_call_for(group, at)]
    named.append(Rung(group.lead, LEAD))
    named += [Rung(login, DUTY_MANAGER) for login in duty]
    named.append(Rung(policy.people.get(SERVICE_MANAGER, ""), SERVICE_MANAGER))
    found: dict[str, Rung] = {}
    for rung in named:
        if rung.login:
            found.setdefault(rung.login, rung)
    return tuple(found.values())


def wanted(policy: Policy, floor: Floor, ticket: Ticket, at: datetime) -> Group | None:
    """The closed group somebody must be woken for; None where nobody is to be.

    By the policy for a priority; for any, once the client has approved work outside the cover.
    """
    if not ticket.wants_owner or ticket.type is TicketType.PROBLEM:
        return None
    if ticket.priority not in policy.paging.priorities and ticket.called_out is None:
        return None
    group = policy.groups.get(ticket.group)
    return None if group is None or floor.staffed(group, at) else group


def begin(draft: Draft, at: datetime, cause: str) -> None:
    """Page the first of the ladder where the ticket has come to wait in a closed group's queue."""
    if draft.ticket.page is None:
        group = wanted(draft.policy, draft.floor, draft.ticket, at)
        if group is not None:
            _page(draft, group, at, cause, rung=0, round_=1)


def go_on(draft: Draft, at: datetime) -> None:
    """The next rung's turn has come: page it, or stop where the group opened or nobody answered."""
    page = draft.ticket.page
    if page is None:  # pragma: no cover - time offers it only with a page
        return
    cause = f"page/{draft.ticket.stay}/{page.round}/{page.rung}"
    group = wanted(draft.policy, draft.floor, draft.ticket, at)
    if group is None:
        _end(draft, at, cause, "the group is open, or it is not pressing any more", answered=True)
        return
    rungs = ladder(draft.policy, draft.floor, group, at)
    rung, round_ = page.rung + 1, page.round
    if rung >= len(rungs):
        rung, round_ = 0, round_ + 1
    if round_ > draft.policy.paging.rounds:
        reason = f"nobody answered in {draft.policy.paging.rounds} rounds"
        _end(draft, at, cause, reason, answered=False)
        return
    _page(draft, group, at, cause, rung=rung, round_=round_)


def _page(draft: Draft, group: Group, at: datetime, cause: str, *, rung: int, round_: int) -> None:
    rungs = ladder(draft.policy, draft.floor, group, at)
    values = {"group": group.name, "priority": draft.ticket.priority, "round": round_}
    if not rungs:
        why = draft.why("group closed: nobody to page", **values)
        ended = PagingEnded("the policy names nobody to wake", answered=False)
        draft.emit(ended, at=at, by=TIME, why=why, cause=cause)
        return
    to = rungs[min(rung, len(rungs) - 1)]
    every = draft.policy.paging.every
    why = draft.why(
        "group closed: page",
        **values,
        ladder=[f"{each.login} ({each.of})" for each in rungs],
        every_s=every.total_seconds(),
        floor=draft.floor.seen(group, at),
    )
    page = Page(to.login, rung, round_, at + every)
    draft.emit(Paged(page, to.of), at=at, by=TIME, why=why, cause=cause)


def _end(draft: Draft, at: datetime, cause: str, because: str, *, answered: bool) -> None:
    why = draft.why("paging ends", group=draft.ticket.group, state=draft.ticket.state)
    draft.emit(PagingEnded(because, answered), at=at, by=TIME, why=why, cause=cause)
