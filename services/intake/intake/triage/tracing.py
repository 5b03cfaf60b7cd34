"""The part of a trace in which an alert is given its outcome: a span for each alert of a batch."""

from collections.abc import Iterable, Sequence

from intake.triage.sorting import cause_of
from tierline.domain.events import Event
from tierline.messages.alert import AcceptedAlert
from tierline.messages.topics import ALERTS
from tierline.messages.traced import TraceOf
from tierline.runtime.telemetry.spans import Attributes, Kind, Span, begin, on

NAME = "triage"


class BatchTrace:
    """Spans of `alerts`, children of the requests that brought them; none where nobody traces.

    One that is not ended is not told: another batch gives its alert an outcome, or gave it before.
    """

    def __init__(self, alerts: Sequence[AcceptedAlert]) -> None:
        self._alerts = {alert.id: alert for alert in alerts} if on() else {}
        self._spans: dict[str, Span] = {cause_of(one): _begun(one) for one in self._alerts.values()}

    @property
    def trace_of(self) -> TraceOf | None:
        """Which span an event came of, by its cause."""
        return self._of if self._spans else None

    def end(self, outcomes: Iterable[tuple[int, str, int]]) -> None:
        """End the spans of alerts that have their (id, outcome, ticket) now."""
        for number, outcome, ticket in outcomes:
            if number in self._alerts:
                span = self._spans[cause_of(self._alerts[number])]
                span.note({"tierline.outcome": outcome, "tierline.ticket": ticket})
                span.end()

    def fail(self, reason: str) -> None:
        """End all of them: their alerts are set aside."""
        for span in self._spans.values():
            span.fail(reason)
            span.end()

    def _of(self, event: Event) -> str:
        span = self._spans.get(event.cause)
        return span.traceparent if span is not None else ""


def _begun(alert: AcceptedAlert) -> Span:
    attributes: Attributes = {
        "messaging.system": "kafka",
        "messaging.destination.name": ALERTS,
        "tierline.alert": alert.id,
        "tierline.client": alert.client,
        "tierline.integration": alert.integration,
    }
    parent = alert.alert.traceparent or ""
    return begin(NAME, Kind.CONSUMER, parent=parent, attributes=attributes)
