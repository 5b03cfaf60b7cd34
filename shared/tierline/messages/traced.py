"""Which trace a thing belongs to: W3C trace contexts as text, without a library.

The context travels inside the messages themselves (docs/decisions/0034), so that it is in Postgres
wherever they are. Where nobody traces, all of it is empty.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, NamedTuple

from tierline.domain.events import Event

TRACEPARENT_MAX: Final = 128
"""Letters of a traceparent that are read; version 00 has 55."""

_SHAPE = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")

TraceOf = Callable[[Event], str]
"""The traceparent an event belongs to; empty: that of the work under way."""

_here: ContextVar[str] = ContextVar("tierline_trace", default="")
_of_each: ContextVar[TraceOf | None] = ContextVar("tierline_trace_of_each", default=None)


class TraceContext(NamedTuple):
    """A parent's place in its trace, in lower-case hexadecimal; `flags` 01: it is sampled."""

    trace_id: str
    span_id: str
    flags: str


def read_traceparent(text: str) -> TraceContext | None:
    """The context of a `traceparent` (W3C Trace Context 1, section 3.2); None for any other text.

    Versions to come may say more after the four parts; version 00 may not.
    """
    found = _SHAPE.fullmatch(text[:TRACEPARENT_MAX])
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more):
        return None
    if not (trace_id.strip("0") and span_id.strip("0")):
        return None
    return TraceContext(trace_id, span_id, flags)


def trace_id_of(traceparent: str) -> str:
    """The trace's id, empty where `traceparent` is none."""
    found = read_traceparent(traceparent) if traceparent else None
    return found.trace_id if found else ""


def here() -> str:
    """The traceparent of the work under way; empty where it is not traced."""
    return _here.get()


def of_event(event: Event) -> str:
    """The traceparent that `event`, about to be written, belongs to."""
    each = _of_each.get()
    return (each(event) if each is not None else "") or _here.get()


@contextmanager
def within(traceparent: str) -> Iterator[None]:
    """Everything done inside belongs to `traceparent`."""
    token = _here.set(traceparent)
    try:
        yield
    finally:
        _here.reset(token)


@contextmanager
def each_of(trace_of: TraceOf | None) -> Iterator[None]:
    """The events written inside belong to what `trace_of` says; None changes nothing."""
    if trace_of is None:
        yield
        return
    token = _of_each.set(trace_of)
    try:
        yield
    finally:
        _of_each.reset(token)
