"""What a clock says as it runs out: warned, breached, lapsed.

Part of the events (`tierline.domain.events`), where they are all listed.
"""

from dataclasses import dataclass
from datetime import datetime

from tierline.domain.amend import quick
from tierline.domain.terms import ClockName


@quick
@dataclass(frozen=True)
class Threshold:
    """What every crossed threshold says: when it was due, how late it was seen, what it left."""

    clock: ClockName
    cycle: int
    fraction: float
    due: datetime
    full_due: datetime
    late_s: float
    collapsed: bool = False


@quick
@dataclass(frozen=True)
class Warned(Threshold):
    """A promise is in danger."""


@quick
@dataclass(frozen=True)
class Breached(Threshold):
    """A promise to the client is broken."""


@quick
@dataclass(frozen=True)
class Lapsed(Threshold):
    """An internal clock has run out. `cause`: skill (claimed) or capacity (unclaimed).

    `put_off`: it moves nothing yet, as the lead is beside the owner.
    """

    cause: str = ""
    put_off: bool = False
