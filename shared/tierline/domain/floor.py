"""What a decision may know of the moment beside the ticket."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tierline.domain.business_time import is_open
from tierline.domain.policy import Group

OnCall = Callable[[str, datetime], tuple[str, ...]]
"""Who is on call by the schedule of that name at an instant (UTC): logins, nobody where empty."""


def nobody_on_call(_schedule: str, _at: datetime) -> tuple[str, ...]:
    """The on-call schedules of a service without any."""
    return ()


@dataclass(frozen=True, slots=True)
class Floor:
    """Open load by group, as read at `as_of` (UTC), and who is on call.

    Staffed hours and on-call schedules are judged at each instant.
    """

    as_of: datetime
    load: Mapping[str, int] = field(default_factory=dict)
    on_call: OnCall = nobody_on_call

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

    def moved(self, changes: Iterable[tuple[str, int]]) -> "Floor":
        """The floor after tickets came to groups (+1) and left them (-1) in the same batch."""
        load = dict(self.load)
        for group, count in changes:
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
