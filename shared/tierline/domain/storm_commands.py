"""What is asked of the tickets of a storm: by the router's reactions, and by a lead.

Part of the commands (`tierline.domain.commands`), where they are all listed.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class JoinStorm:
    """What event `seq` proposed is part of storm `storm`, which is over at `until` (UTC).

    `first`: it is the first one, and tells the leads of all of them a little later.
    """

    storm: int
    seq: int
    until: datetime
    first: bool = False


@dataclass(frozen=True, slots=True)
class TellStorm:
    """Tell the leads of a storm once: its tickets so far (at least one), and how many there are."""

    storm: int
    group: str
    tickets: tuple[int, ...]
    count: int
    to_groups: tuple[str, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class DecideStorm:
    """Decide a storm that the ticket is one of: these move, those stay."""

    storm: int
    moved: tuple[int, ...]
    kept: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FollowStorm:
    """Do what `by` (a login) decided about the storm the ticket is one of: move it, or let it stay.

    `said_on`: the event of the decision, as ticket/seq.
    """

    storm: int
    moves: bool
    by: str
    said_on: str
    reason: str = ""


StormCommand = JoinStorm | TellStorm | DecideStorm | FollowStorm
"""All of them."""
