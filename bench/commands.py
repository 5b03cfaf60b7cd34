"""Commands on tickets through the router's API, with many tickets open around them."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bench.copies import write_lives
from bench.late import fill_with_standing
from bench.lives import opened
from bench.rows import Row, Say, quantile
from bench.scale import Scale
from bench.servers import Servers, serving
from tierline.runtime.ports import LOOPBACK

FIRST_WORKED = 700_000_000
"""Tickets of this part; nobody else's numbers come near."""

CONNECTIONS = 4
PER_S = 50
WARM_UP = 60
ROUND: tuple[tuple[str, dict[str, Any]], ...] = (
    ("claim", {}),
    ("notes", {"text": "Looked at the volume: logs fill it."}),
    ("hold", {"reason": "client", "asked": "May we restart it?", "of": "Ruth"}),
    ("notes", {"text": "She will call back."}),
    ("resume", {"because": "She said yes."}),
    ("resolve", {"resolution": "The volume was grown.", "tier_below_could": "no"}),
)
"""What is done with each ticket, one after the other."""

SERVICES = ("router", "sla-timer", "notifier")


@dataclass
class Given:
    """Commands given: seconds each, and what was refused, by status."""

    seconds: list[float] = field(default_factory=list)
    refused: dict[int, int] = field(default_factory=dict)
    took_s: float = 0.0


async def measure(scale: Scale, say: Say) -> list[Row]:
    """At a steady pace, as people work; then as fast as the router answers."""
    async with serving() as servers:
        await fill_with_standing(servers, scale.command_open, say, problems=False)
        runs = (WARM_UP, scale.commands, scale.commands)
        worked = await worked_on(servers, sum(tickets_of(count) for count in runs))
        await servers.start_all(SERVICES)
        await give(servers, worked, WARM_UP, PER_S)
        say(f"{scale.commands} commands, {PER_S} a second")
        paced = await give(servers, worked, scale.commands, PER_S)
        say(f"{scale.commands} commands, as fast as they are answered")
        fast = await give(servers, worked, scale.commands, 0)
    return _rows(scale, paced, fast)


def tickets_of(count: int) -> int:
    """How many tickets `count` commands are given on."""
    return CONNECTIONS * -(-(count // CONNECTIONS) // len(ROUND))


async def worked_on(servers: Servers, count: int, first: int = FIRST_WORKED) -> Iterator[int]:
    """Numbers of `count` new tickets in the desk's queue, from `first` on."""
    now = await servers.db.fetchval("SELECT tierline.policy_now()")
    lives = [opened(servers.policy, first + n, now, "info") for n in range(count)]
    await write_lives(servers.db, lives)
    return iter(life.ticket.id for life in lives)


async def give(servers: Servers, worked: Iterator[int], count: int, per_s: float) -> Given:
    """Give `count` commands over some connections, `per_s` a second (0: without a pause).

    Where there are several routers, the connections are spread over them.
    """
    given, began = Given(), time.monotonic()
    each = count // CONNECTIONS
    routers = [port for name, port in servers.ports.items() if name.startswith("router")]
    workers = [
        _work(
            servers,
            routers[place % len(routers)],
            worked,
            each,
            CONNECTIONS / per_s if per_s else 0.0,
            given,
        )
        for place in range(CONNECTIONS)
    ]
    await asyncio.gather(*workers)
    given.took_s = time.monotonic() - began
    return given


async def _work(
    servers: Servers, port: int, worked: Iterator[int], count: int, gap_s: float, given: Given
) -> None:
    """One person: a connection, ticket after ticket, command after command."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    token, ticket, began = str(servers.loaded["token"]), 0, time.monotonic()
    try:
        for place in range(count):
            verb, body = ROUND[place % len(ROUND)]
            if place % len(ROUND) == 0:
                ticket = next(worked)
            await asyncio.sleep(max(0.0, began + place * gap_s - time.monotonic()))
            asked = time.perf_counter()
            writer.write(_request(token, f"/v1/tickets/{ticket}/{verb}", body))
            status = await _answer(reader)
            given.seconds.append(time.perf_counter() - asked)
            if status >= 300:
                given.refused[status] = given.refused.get(status, 0) + 1
    finally:
        writer.close()


def _request(token: str, path: str, body: dict[str, Any]) -> bytes:
    text = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n"
    )
    return head.encode() + text


async def _answer(reader: asyncio.StreamReader) -> int:
    """The status of the next answer, its body read to the end."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1])


def _rows(scale: Scale, paced: Given, fast: Given) -> list[Row]:
    around = f"{scale.command_open:,} open"
    refused = {**paced.refused, **fast.refused}
    return [
        Row(
            name=f"ticket command, {around}, {PER_S}/s, p50",
            measured=quantile(paced.seconds, 0.5) * 1000,
            unit="ms",
        ),
        Row(
            name="... p99",
            measured=quantile(paced.seconds, 0.99) * 1000,
            unit="ms",
            target=20.0,
            note="claim, note, hold, resume, resolve through the API",
        ),
        Row(name="... longest", measured=max(paced.seconds) * 1000, unit="ms"),
        Row(
            name=f"commands a second, {CONNECTIONS} connections",
            measured=len(fast.seconds) / fast.took_s,
            unit="commands/s",
            lower=False,
        ),
        Row(
            name="... p99",
            measured=quantile(fast.seconds, 0.99) * 1000,
            unit="ms",
        ),
        Row(
            name="commands refused",
            measured=sum(refused.values()),
            unit="commands",
            target=0,
            note=str(refused or ""),
        ),
    ]
