"""Spans, for whoever does traced work: the same lines where tracing is off, at next to no cost.

No library is known here. `switch` puts in what makes real spans, or nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from tierline.messages.logged import about
from tierline.messages.traced import here, within

Attributes: TypeAlias = Mapping[str, str | int | float | bool]
"""What is said of a span, by names of OpenTelemetry's conventions, or `tierline.` and ours."""

NOTHING: Final[Attributes] = {}


class Kind(StrEnum):
    """What a span is to its parent, as OpenTelemetry has it."""

    SERVER = "server"
    CLIENT = "client"
    CONSUMER = "consumer"
    INTERNAL = "internal"


class Span(Protocol):
    """A piece of work in a trace. Its end is when it is exported; one without an end never is."""

    @property
    def traceparent(self) -> str:
        """What children name as their parent; empty where tracing is off."""
        ...

    def name(self, name: str) -> None:
        """Call it otherwise: what it is may be known only at its end."""
        ...

    def note(self, attributes: Attributes) -> None:
        """Say more of it."""
        ...

    def link(self, traceparent: str) -> None:
        """Point at another trace, where `traceparent` is one."""
        ...

    def fail(self, reason: str) -> None:
        """It did not do what it was for."""
        ...

    def end(self) -> None:
        """It is over."""
        ...


class Tracing(Protocol):
    """What makes spans."""

    def begin(self, name: str, kind: Kind, parent: str, attributes: Attributes) -> Span:
        """A span that begins now: a child of `parent`, or the first of a trace where that is none.

        Args:
            name: few different ones; what differs is an attribute.
            kind: see there.
            parent: a traceparent, from here or from outside.
            attributes: see there.
        """
        ...


class _NoSpan:
    """What there is where nobody traces."""

    traceparent = ""

    def name(self, name: str) -> None:
        """Nobody hears it."""

    def note(self, attributes: Attributes) -> None:
        """Nobody hears it."""

    def link(self, traceparent: str) -> None:
        """Nobody hears it."""

    def fail(self, reason: str) -> None:
        """Nobody hears it."""

    def end(self) -> None:
        """Nobody hears it."""


NO_SPAN: Final[Span] = _NoSpan()

_maker: list[Tracing] = []
"""What makes spans, if anything does: the one thing of a process that everything traced shares."""


def install(tracing: Tracing | None) -> None:
    """From now on `tracing` makes the spans; None: nobody."""
    _maker[:] = [] if tracing is None else [tracing]


def on() -> bool:
    """Whether spans are made: what is only for them need not be done otherwise."""
    return bool(_maker)


def begin(
    name: str, kind: Kind = Kind.INTERNAL, *, parent: str = "", attributes: Attributes = NOTHING
) -> Span:
    """A span that somebody ends. Arguments as `Tracing.begin`."""
    return _maker[0].begin(name, kind, parent, attributes) if _maker else NO_SPAN


@contextmanager
def span(
    name: str,
    kind: Kind = Kind.INTERNAL,
    *,
    parent: str | None = None,
    attributes: Attributes = NOTHING,
) -> Iterator[Span]:
    """A span around a block: what is written and logged inside belongs to it.

    An error that leaves the block fails it. Arguments as `Tracing.begin`; `parent` None: the work
    under way.
    """
    if not _maker:
        yield NO_SPAN
        return
    made = begin(name, kind, parent=here() if parent is None else parent, attributes=attributes)
    try:
        with within(made.traceparent), about(traceparent=made.traceparent):
            yield made
    except BaseException as error:
        made.fail(type(error).__name__)
        raise
    finally:
        made.end()
