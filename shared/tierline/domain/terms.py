"""The words of the domain that have a fixed set of values."""

from enum import StrEnum


class State(StrEnum):
    """Where a ticket is in its life. Open means: not closed."""

    QUEUED = "queued"
    WORKING = "working"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"


class TicketType(StrEnum):
    """What kind of work a ticket is."""

    ALERT = "alert"
    INCIDENT = "incident"
    REQUEST = "request"
    PROBLEM = "problem"


class Priority(StrEnum):
    """P1 is the most pressing."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class HoldReason(StrEnum):
    """Why a ticket is paused."""

    CLIENT = "client"
    VENDOR = "vendor"
    SCHEDULED = "scheduled"
    APPROVAL = "approval"
    CHANGE = "change"


class Answer(StrEnum):
    """What became of a question to an approver."""

    APPROVED = "approved"
    REFUSED = "refused"
    UNANSWERED = "unanswered"


class Offer(StrEnum):
    """What a client is offered that the agreement does not hold."""

    AFTER_HOURS = "after hours"
    NOT_COVERED = "not covered"


class Score(StrEnum):
    """How a requester says that it was."""

    GOOD = "good"
    FINE = "fine"
    BAD = "bad"


class Severity(StrEnum):
    """What a monitor calls the loudness of its alert."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class AlertStatus(StrEnum):
    """Whether the alert's condition holds or has gone."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Mode(StrEnum):
    """How far Tierline may go on its own for a client or a path."""

    WATCH = "watch"
    SUGGEST = "suggest"
    ACT = "act"


class Reach(StrEnum):
    """How hard a notice pulls: a page wakes, a notify arrives, a digest waits."""

    PAGE = "page"
    NOTIFY = "notify"
    DIGEST = "digest"


class ClockName(StrEnum):
    """The measured promises. Client clocks first, then the internal ones."""

    RESPOND = "respond"
    PLAN = "plan"
    RESOLVE = "resolve"
    FULFIL = "fulfil"
    UPDATE = "update"
    TIER = "tier"
    QUEUE = "queue"
    SILENT = "silent"
    CONFIRM = "confirm"
    VENDOR = "vendor"


CLIENT_CLOCKS = frozenset(
    {ClockName.RESPOND, ClockName.PLAN, ClockName.RESOLVE, ClockName.FULFIL, ClockName.UPDATE}
)
"""Promises to the client: running out of one is a breach; of any other, a lapse."""


class PriorityChange(StrEnum):
    """What a new priority does to a running clock (docs/decisions/0004)."""

    RETROACTIVE = "retroactive"
    KEEP_CONSUMED = "keep_consumed"
    FORWARD = "forward"
    RESET = "reset"


class ReopenRule(StrEnum):
    """What reopening does to the client's clocks."""

    CONTINUE = "continue"
    NEW_CYCLE = "new_cycle"
    FIRST_ONLY = "first_only"


class OverBudget(StrEnum):
    """What a step does whose limit is longer than the client's promise leaves."""

    SAY = "say"
    COMPRESS = "compress"
    SKIP = "skip"


class ReceiverFull(StrEnum):
    """What happens to an unclaimed ticket whose next group has no room for it."""

    LEAD_DECIDES = "lead decides"
    MOVE = "move"


class Assign(StrEnum):
    """How a group's tickets find who works them: claimed, or offered to somebody in turn."""

    CLAIM = "claim"
    ROUND_ROBIN = "round robin"
    LEAST_LOADED = "least loaded"
    BY_SKILL = "by skill"
    USUAL_TECHNICIAN = "usual technician"


class ClocksStart(StrEnum):
    """From when our promises count where a client's own IT looks first."""

    ON_CREATION = "on_creation"
    ON_HANDOVER = "on_handover"


class PacketRule(StrEnum):
    """Whether a hand-over to a higher tier must say what was tried, the evidence and the ask."""

    FREE = "free"
    ASK = "ask"
    REQUIRE = "require"


class Role(StrEnum):
    """What a person may decide. A lead may do what a technician may, a manager what a lead may."""

    TECHNICIAN = "technician"
    LEAD = "lead"
    MANAGER = "manager"
