"""What can happen to lapses that are too many at once: gathered, told once, decided once.

Part of the events (`tierline.domain.events`), where they are all listed.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StormJoined:
    """The ticket, whose limit ran out, is one of storm `storm` of `group`.

    Unless somebody decides before, what the policy says happens at `until` (UTC). `tell_at`: of the
    first one, when (UTC) the leads are told of all that were gathered by then.
    """

    storm: int
    group: str
    until: datetime
    tell_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StormGathered:
    """Its first moments are over: the leads are to be told what was gathered."""

    storm: int


@dataclass(frozen=True, slots=True)
class StormTold:
    """The one message of a storm, said on its first ticket: to `people` (logins).

    `tickets`: those gathered so far, the first of them; `count`: how many there are. `to_groups`:
    where time would have taken them. `until`: when (UTC) it is over, decided or not.
    """

    storm: int
    group: str
    tickets: tuple[int, ...]
    count: int
    to_groups: tuple[str, ...]
    until: datetime
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StormDecided:
    """The one decision of a storm, said on one of its tickets: which move, which stay."""

    storm: int
    group: str
    moved: tuple[int, ...]
    kept: tuple[int, ...]
    reason: str = ""


StormEvent = StormJoined | StormGathered | StormTold | StormDecided
