"""A collector of traces on loopback: what it is sent by OTLP over HTTP, read as protobuf."""

import asyncio
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.services.notifier.receivers import HttpReceiver
from tierline.runtime.telemetry.export import OtelTracing
from tierline.runtime.telemetry.spans import install


@dataclass(frozen=True)
class Seen:
    """One span. Ids are hexadecimal; `parent` is empty for the first of a trace."""

    name: str
    service: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    links: tuple[str, ...] = ()
    failed: bool = False


def sent_to(receiver: HttpReceiver) -> list[Seen]:
    """Every span that the receiver was sent, in order."""
    found: list[Seen] = []
    for request in receiver.requests:
        packed = request.headers.get("content-encoding") == "gzip"
        body = gzip.decompress(request.body) if packed else request.body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = {a.key: a.value.string_value for a in resource.resource.attributes}
            for scope in resource.scope_spans:
                found += [_seen(span, service["service.name"]) for span in scope.spans]
    return found


def _seen(span: Any, service: str) -> Seen:
    return Seen(
        name=span.name,
        service=service,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        attributes={a.key: a.value.string_value or a.value.int_value for a in span.attributes},
        links=tuple(link.trace_id.hex() for link in span.links),
        failed=span.status.code == 2,
    )


class Kept:
    """Spans kept in memory instead of sent."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        self._exporter = exporter

    @property
    def spans(self) -> list[Seen]:
        return [
            Seen(
                name=span.name,
                service=str(span.resource.attributes["service.name"]),
                trace=f"{span.context.trace_id:032x}",
                id=f"{span.context.span_id:016x}",
                parent=f"{span.parent.span_id:016x}" if span.parent else "",
                attributes=dict(span.attributes),
                links=tuple(f"{link.context.trace_id:032x}" for link in span.links),
                failed=not span.status.is_ok and span.status.status_code.name == "ERROR",
            )
            for span in self._exporter.get_finished_spans()
        ]

    def named(self, name: str) -> list[Seen]:
        return [span for span in self.spans if span.name == name]


@contextmanager
def keeping() -> Iterator[Kept]:
    """Trace into memory; off again afterwards."""
    exporter = InMemorySpanExporter()
    install(OtelTracing("test", SimpleSpanProcessor(exporter)))
    try:
        yield Kept(exporter)
    finally:
        install(None)


async def settled(*tasks: "asyncio.Task[Any]") -> None:
    """Wait for loops that were told to stop."""
    if tasks:
        await asyncio.wait(tasks, timeout=30)
