"""What a decision may know of the moment beside the ticket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tierline.domain.business_time import is_open
from tierline.domain.policy import Group


@dataclass(frozen=True, slots=True)
class Floor:
    """Open load by group, as read at `as_of` (UTC). Staffed hours are judged at each instant."""

    as_of: datetime
    load: Mapping[str, int] = field(default_factory=dict)

    def staffed(self, group: Group, at: datetime) -> bool:
        """Whether `group`'s staffed hours cover the instant `at`."""
        return is_open(group.hours, at)

    def seen(self, group: Group, at: datetime) -> dict[str, object]:
        """What an event keeps of the floor it was decided on."""
        return {
            "as_of": self.as_of.isoformat(),
            "group": group.name,
            "staffed": self.staffed(group, at),
            "load": self.load.get(group.name, 0),
        }
