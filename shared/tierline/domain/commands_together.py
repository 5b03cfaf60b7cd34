"""What may be asked about several tickets at once: of people, and as reactions of the router.

Part of the commands (`tierline.domain.commands`). A reaction names what it follows from, and is
refused once that is over; `at` is when (UTC) that happened.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DeclareMajor:
    """Say that it is a major incident, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class JoinMajor:
    """Have it worked under the major incident `parent`."""

    parent: int


@dataclass(frozen=True, slots=True)
class LeaveMajor:
    """Have it worked by itself again."""

    reason: str


@dataclass(frozen=True, slots=True)
class CallProblem:
    """Ask for a problem: the one cause behind this ticket and `others`.

    An empty `title`: the ticket's own.
    """

    reason: str
    title: str = ""
    others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkProblem:
    """Say that `problem` is behind it."""

    problem: int


@dataclass(frozen=True, slots=True)
class StateCause:
    """Of a problem: what its cause is."""

    cause: str


@dataclass(frozen=True, slots=True)
class GiveWorkaround:
    """Of a problem: what helps until the cause is gone."""

    workaround: str


@dataclass(frozen=True, slots=True)
class AddChild:
    """Ticket `child` has joined."""

    child: int


@dataclass(frozen=True, slots=True)
class DropChild:
    """Ticket `child` has left; `leftover`: what helped here did not help it.

    `client`: on whose ticket somebody said `because`; empty where it is nobody's words.
    """

    child: int
    because: str = ""
    leftover: bool = False
    client: str = ""


@dataclass(frozen=True, slots=True)
class FlowUpdate:
    """What `parent` said to clients. `muted`: the requester hears the same of another ticket."""

    parent: int
    at: datetime
    text: str
    muted: bool = False


@dataclass(frozen=True, slots=True)
class FlowResolution:
    """`parent` is resolved."""

    parent: int
    at: datetime
    resolution: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class FlowReopening:
    """`parent` is worked again."""

    parent: int
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class EndUnder:
    """There is nothing to be under any more. `leftover`: it was closed over this ticket."""

    parent: int
    because: str
    leftover: bool = False


@dataclass(frozen=True, slots=True)
class CountIncident:
    """Of a problem: it is behind ticket `incident` too; `gone`: it is not after all."""

    incident: int
    gone: bool = False


@dataclass(frozen=True, slots=True)
class TellSolved:
    """`problem`, a ticket of `client` and behind this one, is resolved."""

    problem: int
    resolution: str
    client: str


Together = (
    DeclareMajor
    | JoinMajor
    | LeaveMajor
    | CallProblem
    | LinkProblem
    | StateCause
    | GiveWorkaround
    | AddChild
    | DropChild
    | FlowUpdate
    | FlowResolution
    | FlowReopening
    | EndUnder
    | CountIncident
    | TellSolved
)
"""The first seven are what people ask; the others are what follows from other tickets."""
