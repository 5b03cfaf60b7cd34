"""What the client and we find out: that it is work of another kind, and how it was in the end.

Part of the events (`tierline.domain.events`), where they are all listed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tierline.domain.surveys import Survey
from tierline.domain.terms import TicketType
from tierline.domain.ticket import TierUse


@dataclass(frozen=True, slots=True)
class Retyped:
    """It is work of another kind, with the old and the new due instants of each client clock.

    `used`: what its tier has used, which a request leaves there.
    """

    old: TicketType
    new: TicketType
    reason: str = ""
    dues: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    used: TierUse | None = None


@dataclass(frozen=True, slots=True)
class SurveyAnswered:
    """The requester said how it was."""

    survey: Survey
