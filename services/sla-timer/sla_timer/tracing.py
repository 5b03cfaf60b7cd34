"""What time brings a ticket is a trace of its own, with a link to the ticket's.

Nobody asked for it: it has no parent, and a ticket of months would be one trace of months.
"""

from collections.abc import Sequence
from typing import Final

import structlog

from tierline.domain.events import Event
from tierline.messages.traced import TraceOf
from tierline.runtime.telemetry.spans import Attributes, Kind, Span, begin, on
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.store.tickets import Change

log = structlog.get_logger(__name__)

NAME: Final = "time passes"

OPENED_IN = (
    "SELECT ticket, body ->> 'traceparent' AS traceparent FROM tierline.event"
    " WHERE ticket = ANY($1::bigint[]) AND seq = 1 AND body ->> 'traceparent' IS NOT NULL"
)
"""A ticket's trace is the one it was opened in. Asked only where somebody traces."""


class TickTrace:
    """A span for each ticket that time brought something; none where nobody traces."""

    def __init__(self, changes: Sequence[Change]) -> None:
        moved = [change for change in changes if change.events] if on() else []
        self._spans: dict[int, Span] = {change.after.id: _begun(change) for change in moved}

    @property
    def trace_of(self) -> TraceOf | None:
        """Which span an event came of, by its ticket."""
        return self._of if self._spans else None

    async def end(self, db: Database) -> None:
        """The batch is committed: link each to its ticket's trace, and end it."""
        if not self._spans:
            return
        try:
            async with db.connection() as connection:
                for row in await connection.fetch(OPENED_IN, list(self._spans)):
                    self._spans[row["ticket"]].link(row["traceparent"])
        except (*UNREACHABLE, *REPLAYABLE) as error:  # what it wrote stands all the same
            log.info("ticks are not linked to their tickets", reason=type(error).__name__)
        for span in self._spans.values():
            span.end()

    def _of(self, event: Event) -> str:
        span = self._spans.get(event.ticket)
        return span.traceparent if span is not None else ""


def _begun(change: Change) -> Span:
    attributes: Attributes = {
        "tierline.ticket": change.after.id,
        "tierline.client": change.after.client,
        "tierline.events": len(change.events),
    }
    return begin(NAME, Kind.INTERNAL, attributes=attributes)
