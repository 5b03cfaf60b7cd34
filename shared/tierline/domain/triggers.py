"""From which instant a trigger for management holds; kept in the ticket, taken by `advance`.

Each event that can change it sets `Ticket.watch` anew: trigger -> instant. A trigger that asks for
no time holds from the event that made it true. An instant that was set stays while its trigger goes
on holding, as pinned as a clock; one of a policy that is newer than the ticket's last event is
found with the next event, at the latest the daily review.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tierline.domain.assignment import ClaimEnded
from tierline.domain.business_time import add
from tierline.domain.calendar import Calendar
from tierline.domain.events import (
    AlertAttached,
    ApprovalAnswered,
    Breached,
    Claimed,
    Closed,
    Entered,
    Escalated,
    Held,
    MajorJoined,
    MajorLeft,
    Prioritised,
    Released,
    Reopened,
    Resolved,
    Resumed,
    Returned,
    Retyped,
    Reviewed,
    Routed,
    Transferred,
)
from tierline.domain.management import Trigger, When
from tierline.domain.oversight import ComplexityStated, ManagementCalled
from tierline.domain.policy import Duration, Policy
from tierline.domain.terms import Priority
from tierline.domain.ticket import Ticket

TURNS: Final = frozenset(
    {
        AlertAttached,
        ApprovalAnswered,
        Breached,
        ClaimEnded,
        Claimed,
        Closed,
        ComplexityStated,
        Entered,
        Escalated,
        Held,
        MajorJoined,
        MajorLeft,
        ManagementCalled,
        Prioritised,
        Released,
        Reopened,
        Resolved,
        Resumed,
        Retyped,
        Returned,
        Reviewed,
        Routed,
        Transferred,
    }
)
"""Types of event after which another trigger may hold."""


def holds(when: When, ticket: Ticket) -> bool:
    """Whether all that `when` asks of the ticket holds, but for its times."""
    if when.priorities and ticket.priority not in when.priorities:
        return False
    if when.vip and not ticket.vip:
        return False
    if when.categories and ticket.category not in when.categories:
        return False
    if when.types and ticket.type not in when.types:
        return False
    if when.complex and not ticket.complexity:
        return False
    if when.escalated and not ticket.escalated:
        return False
    if ticket.reopened < when.reopened or ticket.alerts < when.alerts:
        return False
    if when.unclaimed_for is not None and not ticket.wants_owner:
        return False
    return not when.breached or any(
        clock.name in when.breached and clock.breached_at is not None
        for clock in ticket.clocks.values()
    )


def watching(policy: Policy, ticket: Ticket, what: Any, at: datetime) -> Mapping[str, datetime]:
    """When each trigger of `policy` comes true for the ticket, as things stand after an event.

    Args:
        policy: whose triggers count.
        ticket: just after the event; `watch` still as it was before.
        what: what happened.
        at: when (UTC); no trigger holds earlier than the event that made it hold.

    Returns:
        UTC instants by trigger, of those that hold and were not called in this cycle. Nobody is
        told of a ticket before it is let into its queue.
    """
    if not ticket.active or ticket.delayed_until is not None:
        return {}
    return {
        trigger.name: _instant(policy, trigger, ticket, what, at)
        for trigger in policy.management
        if trigger.name not in ticket.called and holds(trigger.when, ticket)
    }


def _instant(policy: Policy, trigger: Trigger, ticket: Ticket, what: Any, at: datetime) -> datetime:
    when, known = trigger.when, ticket.watch.get(trigger.name)
    other_cover = when.open_for is not None and isinstance(what, Prioritised)
    if known is not None and not other_cover:
        return known
    found = at
    if when.open_for is not None:
        cover = cover_of(policy, ticket, ticket.priority)
        owed_since = ticket.reopened_at or ticket.opened_at
        found = max(found, after(cover, owed_since, when.open_for))
    if when.unclaimed_for is not None:
        group = policy.groups.get(ticket.group)
        hours = group.hours if group else cover_of(policy, ticket, ticket.priority)
        found = max(found, after(hours, at, when.unclaimed_for))
    return found


def cover_of(policy: Policy, ticket: Ticket, priority: Priority) -> Calendar:
    """The hours that the ticket's agreement covers for `priority`."""
    return policy.slas[policy.agreement(ticket.agreement).sla].cover[priority]


def plain_hours(policy: Policy, ticket: Ticket) -> Calendar:
    """The hours on which work is reckoned that presses nobody: those of the lowest priority."""
    return cover_of(policy, ticket, Priority.P4)


def after(calendar: Calendar, at: datetime, duration: Duration) -> datetime:
    """The instant (UTC) at which `duration` from `at` has been counted on `calendar`."""
    span = timedelta(seconds=duration.on(calendar))
    return add(calendar, at, span) or at + span
