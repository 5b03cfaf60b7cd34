"""What a service logs, as its process would write it, while a test runs in it."""

import json
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import structlog

from tierline.runtime.logs import configure_logging


class Lines:
    """What was written so far."""

    def __init__(self) -> None:
        self.stream = StringIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def of(self, event: str) -> list[dict[str, Any]]:
        """The JSON lines of one event."""
        found = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in found if line["event"] == event]


@contextmanager
def logged(*, human: bool = False, secrets: Collection[str] = ()) -> Iterator[Lines]:
    """Log as a service does, into memory; as it was before afterwards."""
    root, before = logging.getLogger(), structlog.get_config()
    level, handlers = root.level, root.handlers[:]
    structlog.contextvars.clear_contextvars()
    configure_logging("probe", "debug", human=human, secrets=secrets)
    # Loggers that other tests use must not be bound to this.
    structlog.configure(cache_logger_on_first_use=False)
    lines = Lines()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(lines.stream)
    try:
        yield lines
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.contextvars.clear_contextvars()
