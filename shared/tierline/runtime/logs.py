"""Structured logging on standard error: JSON for machines, a readable form on a terminal."""

import logging
import sys
from collections.abc import Collection

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from tierline.runtime.redaction import Redactor

# These repeat what our own lines say, once a request or a poll.
TALKATIVE_LOGGERS = ("uvicorn.error", "uvicorn.access", "aiokafka", "httpx", "httpcore", "mail.log")


def configure_logging(
    service: str,
    level: str = "info",
    *,
    human: bool | None = None,
    secrets: Collection[str] = (),
) -> None:
    """Send structlog's and the standard library's records to standard error, without secrets.

    Args:
        service: put on every line.
        level: debug, info, warning or error.
        human: colours and columns instead of JSON; None looks whether it is a terminal.
        secrets: of this deployment; shown nowhere, whatever their form.
    """
    readable = sys.stderr.isatty() if human is None else human

    def name_service(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("service", service)
        return event

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        name_service,
    ]
    final: list[Processor] = [
        # As text before the redactor sees it; its own form would show local variables besides.
        structlog.processors.format_exc_info,
        Redactor(secrets),
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer(),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in TALKATIVE_LOGGERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
