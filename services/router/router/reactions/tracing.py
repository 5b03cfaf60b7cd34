"""The part of a trace in which an event means something for other tickets."""

from collections.abc import Iterable

from router.reactions.reaction import cause_of
from tierline.domain.events import Event
from tierline.messages.events import TicketMessage, event_name
from tierline.messages.traced import TraceOf
from tierline.runtime.telemetry.spans import Attributes, Kind, Span, begin, on

NAME = "react"


class StepTrace:
    """A span for each event that one step follows from; none where nobody traces.

    Args:
        causes: the events.
    """

    def __init__(self, causes: Iterable[TicketMessage]) -> None:
        self._spans: dict[str, Span] = (
            {cause_of(one): _begun(one) for one in causes} if on() else {}
        )

    @property
    def trace_of(self) -> TraceOf | None:
        """Which span an event came of, by its cause."""
        return self._of if self._spans else None

    def end(self) -> None:
        """The step is committed."""
        for span in self._spans.values():
            span.end()

    def _of(self, event: Event) -> str:
        span = self._spans.get(event.cause)
        return span.traceparent if span is not None else ""


def _begun(cause: TicketMessage) -> Span:
    attributes: Attributes = {
        "tierline.ticket": cause.event.ticket,
        "tierline.seq": cause.event.seq,
        "tierline.event": event_name(cause.event),
        "tierline.client": cause.ticket.client,
    }
    return begin(NAME, Kind.CONSUMER, parent=cause.traceparent, attributes=attributes)
