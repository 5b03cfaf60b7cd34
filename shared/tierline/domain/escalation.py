"""What can happen between groups and people: moves, packets, assistance, paging, vendors.

Part of the events (`tierline.domain.events`), where they are all listed.
"""

from dataclasses import dataclass, field
from datetime import datetime

from tierline.domain.amend import quick
from tierline.domain.ticket import Packet, Page, TierUse, VendorCase


@quick
@dataclass(frozen=True)
class Moved:
    """What every move between groups says. `packet`: a word to who takes over.

    `handed`: what was tried, the evidence, the ask; where it is missing, `packet_due` is when (UTC)
    the sender is asked for it. `budget`: `short` where the tier's limit is longer than the client's
    promise leaves, `compressed` where it was cut to fit. `skipped`: tiers left out for that reason.
    `expected_at`: when (UTC) the path expects it to be done there.
    `clocks_begin`: it is the hand-over with which our promises to the client begin.
    """

    from_tier: str
    from_group: str
    to_tier: str
    to_group: str
    reason: str
    sender: str = ""
    packet: str = ""
    used: TierUse = field(default_factory=lambda: TierUse(0))
    topped_up: bool = False
    bounce: bool = False
    collapsed: bool = False
    handed: Packet | None = None
    packet_due: datetime | None = None
    budget: str = ""
    skipped: tuple[str, ...] = ()
    expected_at: datetime | None = None
    clocks_begin: bool = False


@quick
@dataclass(frozen=True)
class Escalated(Moved):
    """Up the tiers, by hand or by time."""


@quick
@dataclass(frozen=True)
class Returned(Moved):
    """Down the tiers."""


@quick
@dataclass(frozen=True)
class Transferred(Moved):
    """Sideways, within a tier."""


@dataclass(frozen=True, slots=True)
class EscalationProposed:
    """Time asks for a move that the mode leaves to a person, or that is a `choice` to make (why).

    A choice that nobody makes by `decide_by` (UTC) is asked one higher; of a storm, what the policy
    says happens then.
    """

    to_tier: str
    to_group: str
    reason: str
    collapsed: bool = False
    choice: str = ""
    decide_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProposalDeclined:
    """Somebody decided that what was proposed in event `proposed` is not done.

    `gathered`: with all of its storm, of which people hear in one message.
    """

    proposed: int
    to_group: str
    reason: str
    gathered: bool = False


@dataclass(frozen=True, slots=True)
class PacketGiven:
    """What was tried, the evidence and the ask, said after the hand-over."""

    packet: Packet


@dataclass(frozen=True, slots=True)
class AssistCalled:
    """The group's lead joins the owner; the ticket stays at least until `until` (UTC)."""

    lead: str
    until: datetime


@dataclass(frozen=True, slots=True)
class AssistEnded:
    """The lead's time beside the owner is over."""

    lead: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Paged:
    """Somebody is woken for a ticket in a closed group. `of`: as what they are on the ladder."""

    page: Page
    of: str


@dataclass(frozen=True, slots=True)
class PagingEnded:
    """Nobody is paged any more: the group has opened, or nobody `answered`."""

    because: str
    answered: bool = True


@dataclass(frozen=True, slots=True)
class VendorCaseOpened:
    """A vendor was asked: our case with them begins."""

    case: VendorCase


@dataclass(frozen=True, slots=True)
class VendorCaseUpdated:
    """Word of the vendor, or a new promise of theirs; `news` is what they said."""

    case: VendorCase
    news: str


@dataclass(frozen=True, slots=True)
class VendorCaseClosed:
    """The vendor is done, or was given up: `outcome` says which, in words."""

    vendor: str
    reference: str
    outcome: str
