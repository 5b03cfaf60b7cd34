"""What is seen of every HTTP request, whatever the service: counted, timed, traced, named in logs.

A path is never shown as it came: an integration key may stand in it. The route's own pattern is.
"""

import time
from collections.abc import Iterable
from typing import Final

from prometheus_client import Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import clear_contextvars

from tierline.runtime.telemetry.spans import Kind, on, span

REQUEST_SECONDS = Histogram(
    "tierline_http_request_seconds",
    "From a request's head to the head of its answer, by route, method and class of status.",
    ["route", "method", "status"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

NOT_WATCHED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines, every few seconds, about the service itself."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD: Final = "other"
NO_ROUTE: Final = "none"
"""The route of what is at no address of ours: whatever people try, it is one label."""

NO_ANSWER: Final = "none"
"""The status of a request whose sender hung up first."""

SERVER_ERROR: Final = 500


class Watched:
    """An ASGI application, watched from outside. `app`: what answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as the application does."""
        if scope["type"] != "http" or scope["path"] in NOT_WATCHED:
            await self._app(scope, receive, send)
            return
        clear_contextvars()  # a connection's requests may follow each other in one context
        answer = _Answer(scope, send)
        try:
            if on():
                await self._traced(scope, receive, answer)
            else:
                await self._app(scope, receive, answer)
        finally:
            if not answer.status:
                answer.count(NO_ANSWER)

    async def _traced(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        method = _method(scope)
        parent = _header(scope["headers"], b"traceparent")
        attributes = {"http.request.method": method}
        with span(method, Kind.SERVER, parent=parent, attributes=attributes) as made:
            try:
                await self._app(scope, receive, answer)
            finally:
                route, status = _route(scope), answer.status
                made.name(f"{method} {route}")
                made.note({"http.route": route, "http.response.status_code": status})
                if status >= SERVER_ERROR:
                    made.fail(f"HTTP {status}")


class _Answer:
    """Passes an answer on, and counts it as it begins."""

    __slots__ = ("_began", "_scope", "_send", "status")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._began = time.perf_counter()
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.count(f"{self.status // 100}xx")
        await self._send(message)

    def count(self, status: str) -> None:
        """Count the request under its class of status."""
        seconds = time.perf_counter() - self._began
        route, method = _route(self._scope), _method(self._scope)
        REQUEST_SECONDS.labels(route, method, status).observe(seconds)


def _route(scope: Scope) -> str:
    """The pattern of the address, such as /v1/tickets/{number}; never what was asked for."""
    return getattr(scope.get("route"), "path", None) or NO_ROUTE


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    return method if method in METHODS else OTHER_METHOD


def _header(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    """The header's value; empty where it is missing or said twice."""
    found = [value for name, value in headers if name == wanted]
    return found[0].decode("latin-1").strip() if len(found) == 1 else ""
