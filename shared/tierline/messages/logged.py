"""What every log line of a piece of work says: which ticket, whose, in which trace."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from structlog.contextvars import bind_contextvars, bound_contextvars

from tierline.messages.traced import here, trace_id_of


def about(
    *, ticket: int = 0, client: str = "", traceparent: str = "", **more: str | int
) -> AbstractContextManager[None]:
    """Put what is known on every line logged inside; 0 and empty are not known.

    Args:
        ticket: its number.
        client: whose it is.
        traceparent: of the work; empty: that of the work under way.
        more: other names, such as alert or message.
    """
    return _bound(_known(ticket=ticket, client=client, traceparent=traceparent, **more))


def from_here_on(*, ticket: int = 0, client: str = "") -> None:
    """Put what is known on every further line of this task: of a request, once it is looked up."""
    bind_contextvars(**_known(ticket=ticket, client=client))


@contextmanager
def _bound(known: dict[str, Any]) -> Iterator[None]:
    with bound_contextvars(**known):
        yield


def _known(*, traceparent: str = "", **named: str | int) -> dict[str, Any]:
    found: dict[str, Any] = {name: value for name, value in named.items() if value}
    if trace_id := trace_id_of(traceparent or here()):
        found["trace_id"] = trace_id
    return found
