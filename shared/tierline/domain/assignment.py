"""What can happen on the way to an owner and away from one: offers, and claims that end.

Part of the events (`tierline.domain.events`), where they are all listed.
"""

from dataclasses import dataclass
from datetime import datetime

from tierline.domain.ticket import ClaimEnd


@dataclass(frozen=True, slots=True)
class Offered:
    """Somebody of the group is asked to take it until `until` (UTC).

    `reason`: why them. `tried`: who was asked before in this round.
    """

    to: str
    until: datetime
    reason: str
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferDeclined:
    """Who was asked does not take it."""

    login: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OfferLapsed:
    """Who was asked gave no answer in time."""

    login: str


@dataclass(frozen=True, slots=True)
class NotOffered:
    """Nobody can be asked now: it waits in the queue to be claimed.

    `again_at`: when the next round begins (UTC; None: no more of them). `tried`: who was asked in
    this round and need not be asked again when it goes on then. `tell_lead`: the lead is told, once
    a stay.
    """

    because: str
    again_at: datetime | None = None
    tried: tuple[str, ...] = ()
    tell_lead: bool = False


@dataclass(frozen=True, slots=True)
class ShiftEnding:
    """The owner's time ends at `until` (UTC), and this is still theirs: `because` shift or away."""

    owner: str
    until: datetime
    because: str


@dataclass(frozen=True, slots=True)
class ClaimKept:
    """The owner keeps it beyond `until` (UTC), when the claim would have ended."""

    owner: str
    until: datetime


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The owner, or a lead, gave it to `to`, who is in; a plan does not outlive its owner.

    `ends`: when the claim of who has it now ends by itself.
    """

    owner: str
    to: str
    reason: str = ""
    ends: ClaimEnd | None = None


@dataclass(frozen=True, slots=True)
class ClaimStands:
    """The instant at which the claim might have ended came, and it goes on: `because`.

    `ends`: when it is looked at again; None: not any more.
    """

    owner: str
    because: str
    ends: ClaimEnd | None = None


@dataclass(frozen=True, slots=True)
class ClaimEnded:
    """The owner's shift is over, or they are away: it is back in the queue.

    `because`: in words. `plan_void`: there was a plan, which does not outlive its owner.
    """

    owner: str
    because: str
    plan_void: bool = False


@dataclass(frozen=True, slots=True)
class AbsenceNoted:
    """What is known of the owner's absences changed when the claim `ends`.

    `away_from`, `away_until`: the absence (UTC); None where one was taken back.
    """

    owner: str
    ends: ClaimEnd | None
    away_from: datetime | None = None
    away_until: datetime | None = None


AssignmentEvent = (
    Offered
    | OfferDeclined
    | OfferLapsed
    | NotOffered
    | ShiftEnding
    | ClaimKept
    | HandedOver
    | ClaimStands
    | ClaimEnded
    | AbsenceNoted
)
