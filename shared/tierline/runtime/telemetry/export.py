"""Spans by OpenTelemetry's SDK, sent by OTLP over HTTP. Imported only where tracing is on.

Endpoint, headers, certificates, sampling (OTEL_TRACES_SAMPLER), queue and batches (OTEL_BSP_...)
are the SDK's own variables. Its queue is bounded: what a collector does not take is dropped.
"""

import asyncio
import contextlib
import os
import threading

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tierline.messages.traced import read_traceparent
from tierline.runtime.telemetry.spans import NOTHING, Attributes, Kind, Span

_KINDS = {
    Kind.SERVER: trace.SpanKind.SERVER,
    Kind.CLIENT: trace.SpanKind.CLIENT,
    Kind.CONSUMER: trace.SpanKind.CONSUMER,
    Kind.INTERNAL: trace.SpanKind.INTERNAL,
}


def over_otlp(service: str) -> "OtelTracing":
    """Tracing to the collector that the environment names; `service` as for `turn_on`."""
    return OtelTracing(service, BatchSpanProcessor(OTLPSpanExporter()))


class OtelTracing:
    """Makes spans of the SDK, and hands those that end to a processor.

    Args:
        service: the resource's service.name, unless OTEL_SERVICE_NAME says another.
        processor: gets each span as it ends.
    """

    def __init__(self, service: str, processor: SpanProcessor) -> None:
        named = os.environ.get("OTEL_SERVICE_NAME", "").strip() or service
        resource = Resource.create({SERVICE_NAME: named, SERVICE_NAMESPACE: "tierline"})
        # Not the SDK's global one: nothing but ours makes spans here.
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("tierline")

    def begin(self, name: str, kind: Kind, parent: str, attributes: Attributes) -> Span:
        """See Tracing."""
        context = _context(parent)
        # Always a context of its own: what the SDK thinks current is nobody's.
        whole = trace.set_span_in_context(trace.NonRecordingSpan(context), Context())
        return _Made(
            self._tracer.start_span(
                name,
                context=whole if context is not trace.INVALID_SPAN_CONTEXT else Context(),
                kind=_KINDS[kind],
                attributes=dict(attributes) if attributes is not NOTHING else None,
            )
        )

    async def close(self) -> None:
        """Send what waits, and end. In a thread that nobody has to wait for: a collector may hang.

        Whoever gives up waiting loses the spans and nothing else.
        """
        loop, done = asyncio.get_running_loop(), asyncio.Event()

        def end() -> None:
            self._provider.shutdown()
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(done.set)

        threading.Thread(target=end, name="tracing ends", daemon=True).start()
        await done.wait()


class _Made:
    """A span of the SDK, as ours are used."""

    def __init__(self, made: trace.Span) -> None:
        self._made = made
        context = made.get_span_context()
        self.traceparent = (
            f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
        )

    def name(self, name: str) -> None:
        """See Span."""
        self._made.update_name(name)

    def note(self, attributes: Attributes) -> None:
        """See Span."""
        self._made.set_attributes(dict(attributes))

    def link(self, traceparent: str) -> None:
        """See Span."""
        context = _context(traceparent)
        if context is not trace.INVALID_SPAN_CONTEXT:
            self._made.add_link(context)

    def fail(self, reason: str) -> None:
        """See Span."""
        self._made.set_status(trace.Status(trace.StatusCode.ERROR, reason))

    def end(self) -> None:
        """See Span."""
        self._made.end()


def _context(traceparent: str) -> trace.SpanContext:
    """What a traceparent names; INVALID_SPAN_CONTEXT for anything else."""
    found = read_traceparent(traceparent) if traceparent else None
    if found is None:
        return trace.INVALID_SPAN_CONTEXT
    return trace.SpanContext(
        trace_id=int(found.trace_id, 16),
        span_id=int(found.span_id, 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(found.flags, 16)),
    )
