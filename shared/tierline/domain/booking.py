"""When somebody has agreed to do it: a stretch of time set aside."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """From when until when (UTC) a ticket is to be worked on; `end` None: as long as it takes."""

    start: datetime
    end: datetime | None = None
