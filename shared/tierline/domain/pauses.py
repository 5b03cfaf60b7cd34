"""What can happen when a ticket has to wait: it is paused, answered for, and goes on.

Part of the events (`tierline.domain.events`), where they are all listed.
"""

from dataclasses import dataclass

from tierline.domain.approval import Approval
from tierline.domain.booking import Booking
from tierline.domain.terms import HoldReason
from tierline.domain.ticket import Hold


@dataclass(frozen=True, slots=True)
class Held:
    """Paused, with a reason and evidence. `approval`: what an approver is asked, if one is.

    `booking`: when it is to be worked on, where that was agreed.
    """

    hold: Hold
    was: HoldReason | None = None
    approval: Approval | None = None
    booking: Booking | None = None


@dataclass(frozen=True, slots=True)
class Resumed:
    """The pause is over."""

    reason: HoldReason
    because: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalAnswered:
    """The approver has answered, or the question has expired: the pause for it is over."""

    approval: Approval
