"""What can be read and cannot be processed: it must be set aside, once, and block nothing.

An alert with this title cannot be sorted, until the service is mended and whoever operates it sends
what was set aside on its way again; of the events of a ticket some can never be counted.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from intake.triage import triager
from tierline.messages.alert import decode_alert
from tierline.messages.events import TicketMessage

TITLE = "nobody can sort it"


class BrokenError(ValueError):
    """Raised by whoever works on what is broken."""


def is_broken(message: TicketMessage) -> bool:
    """Whether an event cannot be counted: the same each time, in every replica."""
    return (message.event.ticket * 31 + message.event.seq) % 17 == 3


def is_broken_alert(body: Any) -> bool:
    """Whether a stored alert cannot be sorted."""
    return decode_alert(body).title == TITLE


@dataclass(slots=True)
class Triage:
    """`mended`: it can sort every alert by now."""

    mended: bool = False


@contextlib.contextmanager
def breaking() -> Iterator[Triage]:
    """Triage raises on alerts with that title, until it is mended."""
    real, state = triager.know, Triage()

    def know(accepted: Any, *more: Any) -> Any:
        if accepted.alert.title == TITLE and not state.mended:
            raise BrokenError("drawn: it cannot be sorted")
        return real(accepted, *more)

    with patch.object(triager, "know", know):
        yield state
