"""What a decision may know of the moment beside the ticket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tierline.domain.business_time import is_open
from tierline.domain.freezes import Freezes
from tierline.domain.policy import Group
from tierline.domain.serving import Partners
from tierline.domain.ticket import Ticket

OnCall = Callable[[str, datetime], tuple[str, ...]]
"""Who is on call by the schedule of that name at an instant (UTC): logins, nobody where empty."""


def nobody_on_call(_schedule: str, _at: datetime) -> tuple[str, ...]:
    """The on-call schedules of a service without any."""
    return ()


def _holder(ticket: Ticket) -> str:
    """The group whose load the ticket is; empty once no work is owed."""
    return ticket.group if ticket.active else ""


@dataclass(frozen=True, slots=True)
class Floor:
    """Open load by group, as read at `as_of` (UTC), and what the records say beside the policy.

    Who is on call, whom partners work on, when clients want nothing changed. Staffed hours,
    schedules and freezes are judged at each instant.
    """

    as_of: datetime
    load: Mapping[str, int] = field(default_factory=dict)
    on_call: OnCall = nobody_on_call
    partners: Partners = field(default_factory=dict)
    freezes: Freezes = field(default_factory=dict)

    def staffed(self, group: Group, at: datetime) -> bool:
        """Whether `group`'s staffed hours cover the instant `at`."""
        return is_open(group.hours, at)

    def room(self, group: Group) -> int | None:
        """How many more open tickets `group` has room for; None where it has no limit."""
        if group.capacity is None:
            return None
        people = max(1, len(group.members)) if group.capacity_each else 1
        return group.capacity * people - self.load.get(group.name, 0)

    def full(self, group: Group) -> bool:
        """Whether `group` has no room for one more ticket."""
        room = self.room(group)
        return room is not None and room <= 0

    def on_call_for(self, group: Group, at: datetime) -> tuple[str, ...]:
        """Who is on call for `group` at `at`; nobody where it names no schedule."""
        return self.on_call(group.on_call, at) if group.on_call else ()

    def after(self, before: Ticket | None, now: Ticket) -> "Floor":
        """The floor once a ticket that was as `before` (None: was not there) is as it is `now`."""
        left, came = "" if before is None else _holder(before), _holder(now)
        if left == came:
            return self
        load = dict(self.load)
        for group, count in ((left, -1), (came, 1)):
            if group:
                load[group] = max(0, load.get(group, 0) + count)
        return replace(self, load=load)

    def seen(self, group: Group, at: datetime) -> dict[str, object]:
        """What an event keeps of the floor it was decided on."""
        kept: dict[str, object] = {
            "as_of": self.as_of.isoformat(),
            "group": group.name,
            "staffed": self.staffed(group, at),
            "load": self.load.get(group.name, 0),
        }
        if group.capacity is not None:
            kept["room"] = self.room(group)
        if group.on_call and (on_call := self.on_call_for(group, at)):
            kept["on_call"] = list(on_call)
        return kept
