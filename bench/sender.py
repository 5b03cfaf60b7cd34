"""Alerts over plain sockets: a load that costs little of the cores it shares."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tierline.runtime.ports import LOOPBACK

CONNECTIONS = 16
ALERT = {
    "title": "Node exporter down on srv1, bench-@",
    "status": "firing",
    "severity": "critical",
    "client": "Harbour Dental",
    "host": "srv1",
    "service": "node",
    "body": "The node exporter on srv1 has not answered for five minutes. " * 3,
    "labels": {"alertname": "HostDown", "instance": "srv1:9100", "severity": "critical"},
    "links": ["http://prometheus.example/graph"],
    "occurred_at": "2026-11-21T20:51:29.911802527Z",
}

Make = Callable[[], bytes | None]
"""Gives the next request's bytes; None: there is no more to send."""


@dataclass
class Sent:
    """What a load did: latencies in seconds, answers other than 202, and how long it took (s)."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0
    took_s: float = 0.0
    began: float = 0.0


def one_by_one(key: str, numbers: Iterator[int], *, dedup: str = "") -> Make:
    """Requests of one alert each: a problem for each number, or all of one (`dedup`)."""
    bodies = (_alert(number, dedup) for number in numbers)
    return lambda: None if (body := next(bodies, None)) is None else _request(key, body)


def in_arrays(key: str, numbers: Iterator[int], size: int) -> Make:
    """Requests of `size` alerts each, a problem for each number."""

    def make() -> bytes | None:
        bodies = [_alert(number, "") for _, number in zip(range(size), numbers, strict=False)]
        return _request(key, b"[" + b",".join(bodies) + b"]") if bodies else None

    return make


_START, _MIDDLE, _END = json.dumps({"dedup_key": "@", **ALERT}).encode().split(b"@")


def _alert(number: int, dedup: str) -> bytes:
    problem = dedup.encode() or b"problem %d" % number
    return b"%b%b%b%d%b" % (_START, problem, _MIDDLE, number, _END)


def _request(key: str, body: bytes) -> bytes:
    return (
        b"POST /v1/alerts HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %b\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    ) % (key.encode(), len(body), body)


class Sender(asyncio.Protocol):
    """One connection that posts, waits for the answer, and posts again until there is no more."""

    def __init__(self, make: Make, done: "asyncio.Future[None]", sent: Sent) -> None:
        self.make, self.done, self.sent = make, done, sent
        self.answer, self.began = b"", 0.0
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._post()

    def _post(self) -> None:
        request = self.make()
        if request is None:
            self.transport.close()
            return
        self.answer, self.began = b"", time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head, found, body = self.answer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self.sent.latencies.append(time.perf_counter() - self.began)
        self.sent.failed += not head.startswith(b"HTTP/1.1 202")
        self._post()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def send(port: int, make: Make, connections: int = CONNECTIONS) -> Sent:
    """Post what `make` gives over so many connections until it gives no more."""
    loop = asyncio.get_running_loop()
    sent = Sent(began=time.monotonic())
    waits: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    for done in waits:
        await loop.create_connection(
            lambda done=done: Sender(make, done, sent),  # type: ignore[misc]
            LOOPBACK,
            port,
        )
    await asyncio.gather(*waits)
    sent.took_s = time.monotonic() - sent.began
    return sent


def for_seconds(seconds: float, make: Make) -> Make:
    """`make`, which ends so many seconds after its first request."""
    ends: list[float] = []

    def bounded() -> bytes | None:
        ends.append(time.perf_counter() + seconds) if not ends else None
        return make() if time.perf_counter() < ends[0] else None

    return bounded
