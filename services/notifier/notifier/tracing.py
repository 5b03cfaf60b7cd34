"""The notifier's part of a trace: from an event to its messages, and each attempt to send one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from notifier.claim import Claim
from notifier.content import Content
from tierline.messages.events import TicketMessage, event_name
from tierline.messages.topics import EVENTS
from tierline.runtime.telemetry.spans import Attributes, Kind, Span, begin, on, span

NOTIFY = "notify"
DELIVER = "deliver"


class Notified:
    """A span for each event of a batch, a child of the work the event came of.

    Args:
        messages: the events; `messages` are the same, whose trace goes on with these spans.
    """

    def __init__(self, messages: Sequence[TicketMessage]) -> None:
        self._spans: list[Span] = []
        self.messages = [self._traced(one) for one in messages] if on() else messages

    def end(self) -> None:
        """Their messages are committed."""
        for one in self._spans:
            one.end()

    def _traced(self, message: TicketMessage) -> TicketMessage:
        event = message.event
        attributes: Attributes = {
            "messaging.system": "kafka",
            "messaging.destination.name": EVENTS,
            "tierline.ticket": event.ticket,
            "tierline.seq": event.seq,
            "tierline.event": event_name(event),
            "tierline.client": message.ticket.client,
        }
        begun = begin(NOTIFY, Kind.CONSUMER, parent=message.traceparent, attributes=attributes)
        self._spans.append(begun)
        return replace(message, traceparent=begun.traceparent)


@contextmanager
def attempt(claim: Claim, content: Content) -> Iterator[Span]:
    """The span of one attempt to send a message."""
    attributes: Attributes = {
        "tierline.ticket": content.ticket,
        "tierline.message": claim.id,
        "tierline.channel": claim.channel,
        "tierline.attempt": claim.attempt,
    }
    with span(DELIVER, Kind.CLIENT, parent=content.traceparent, attributes=attributes) as made:
        yield made
