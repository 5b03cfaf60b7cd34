"""Alerts at a steady rate, each posted again under its dedup key until it is answered 202."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.faults.wire import BROKEN, TIMEOUT_S, Wire

WORKERS = 24
WAITING_MAX = 50_000
TRIES_MAX = 2_000
PAUSE_MAX_S = 0.5
PROBLEMS_FIRST = 40
"""New problems to begin with, so that none of them gets most of the alerts."""

PROBLEMS_KEPT = 150
NEW_SHARE = 0.03
RESOLVED_SHARE = 0.06
CLIENTS: Sequence[tuple[str, Sequence[str]]] = (
    ("Harbour Dental", ("hd-fw-01", "hd-srv-01", "hd-ws-07", "")),
    ("Oakfield Schools", ("oak-sw-02", "oak-srv-01", "")),
    ("Tidewater Freight", ("tw-fw-01", "tw-nas-01", "")),
)
CLIENT_WEIGHTS = (1, 2, 2)
"""Every event of the first is posted to a webhook, which costs most of all."""

SEVERITIES = ("critical", "error", "warning")


@dataclass(frozen=True, slots=True)
class Sent:
    """An alert that was answered 202: whose, of which problem, firing or not."""

    client: str
    dedup_key: str
    firing: bool


@dataclass(slots=True)
class AlertRecord:
    """What the senders know, kept on their side alone."""

    accepted: dict[int, Sent] = field(default_factory=dict)
    tries: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    worst_backlog: int = 0


class Senders:
    """Posts alerts to every replica of intake.

    `headers` are sent with each alert; a new key in them is used from the next one on.

    Args:
        ports: of those replicas.
        key: the integration's.
        rng: which problem fires.
        record: where what was answered is kept.
        timeout_s: the longest wait for one answer.
    """

    def __init__(
        self,
        ports: Sequence[int],
        key: str,
        rng: Random,
        record: AlertRecord,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._timeout_s = timeout_s
        self._ports = ports
        self.headers = {"authorization": f"Bearer {key}"}
        self._rng = rng
        self._record = record
        self._problems: deque[tuple[str, str, str, str]] = deque(maxlen=PROBLEMS_KEPT)
        self._made = 0
        self._waiting: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(WAITING_MAX)

    async def run(self, rate: float, stop: asyncio.Event) -> None:
        """Post `rate` alerts a second until `stop`, then until the last of them is accepted."""
        workers = [asyncio.create_task(self._work(n)) for n in range(WORKERS)]
        began, made = time.monotonic(), 0
        while not stop.is_set():
            due = int((time.monotonic() - began) * rate) - made
            for _ in range(due):
                await self._waiting.put(self._draw())
            made += due
            backlog = self._waiting.qsize()
            self._record.worst_backlog = max(self._record.worst_backlog, backlog)
            await asyncio.sleep(0.01)
        for _ in workers:
            await self._waiting.put(None)
        await asyncio.gather(*workers)

    def _draw(self) -> dict[str, Any]:
        rng = self._rng
        fresh = len(self._problems) < PROBLEMS_FIRST or rng.random() < NEW_SHARE
        if fresh:
            client, hosts = rng.choices(CLIENTS, CLIENT_WEIGHTS)[0]
            self._made += 1
            key = f"{self._rng.randrange(10**6)}-{self._made}"
            self._problems.append((client, f"p-{key}", rng.choice(hosts), rng.choice(SEVERITIES)))
            client, key, host, severity = self._problems[-1]
        else:
            client, key, host, severity = rng.choice(self._problems)
        alert: dict[str, Any] = {
            "dedup_key": key,
            "title": f"Fault {key}",
            "client": client,
            "host": host,
            "severity": severity,
        }
        if not fresh and rng.random() < RESOLVED_SHARE:
            alert["status"] = "resolved"
        return alert

    async def _work(self, number: int) -> None:
        wires = [Wire(port, self.headers, self._timeout_s) for port in self._ports]
        while (alert := await self._waiting.get()) is not None:
            number = await self._post(wires, number, alert)
        for wire in wires:
            wire.close()

    async def _post(self, wires: list[Wire], turn: int, alert: dict[str, Any]) -> int:
        """Post until it is accepted, at the next replica after each failure."""
        record = self._record
        for tried in range(TRIES_MAX):
            record.tries += 1
            try:
                reply = await wires[turn % len(wires)].ask("POST", "/v1/alerts", alert)
            except BROKEN as error:
                name = type(error).__name__
            else:
                if reply.status == 202:
                    firing = alert.get("status", "firing") == "firing"
                    sent = Sent(alert["client"], alert["dedup_key"], firing)
                    record.accepted[int(reply.json()["id"])] = sent
                    return turn
                name = str(reply.status)
            record.refused[name] += 1
            turn += 1
            await asyncio.sleep(min(0.02 * (tried + 1), PAUSE_MAX_S))
        raise RuntimeError(f"never accepted: {alert}")
