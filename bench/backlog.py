"""A backlog: alerts come in arrays faster than they can be worked off; how fast is that done?"""

import time
from itertools import count

from bench.rows import Row, Say
from bench.scale import Scale
from bench.sender import in_arrays, send
from bench.stack import Stack, running
from bench.waiting import until

ARRAY = 100
WARM_UP = 300
DRAIN_SECONDS = 300
SEEN_LOOK_S = 0.1

OUTCOMES = "SELECT count(*) FROM tierline.alert WHERE outcome IS NOT NULL"
NONE_WAITS = "SELECT NOT EXISTS (SELECT 1 FROM tierline.alert WHERE outcome IS NULL)"
"""Counting each alert fifty times a second would take a tenth of what PostgreSQL has to give."""

UNSEEN = (
    "SELECT count(*) FROM tierline.ticket t LEFT JOIN tierline.progress p"
    " ON p.consumer = 'notifier' AND p.ticket = t.id WHERE coalesce(p.seq, 0) < t.seq"
)


async def measure(scale: Scale, say: Say) -> list[Row]:
    """Every alert opens a ticket; nobody outside is told."""
    async with running() as stack:
        return await drained(stack, scale.backlog, say)


async def drained(stack: Stack, alerts: int, say: Say, first: int = 0) -> list[Row]:
    """Rows of one backlog of `alerts` alerts on a running stack; their numbers begin at `first`."""
    numbers = count(first)
    key, port = stack.key, stack.port("intake")
    warm = iter([next(numbers) for _ in range(WARM_UP)])
    base = await stack.db.fetchval(OUTCOMES)
    await send(port, in_arrays(key, warm, ARRAY), 1)
    await _reach(stack, base + WARM_UP)
    say(f"{alerts} alerts in arrays of {ARRAY}")
    wave = iter([next(numbers) for _ in range(alerts)])
    before = stack.cpu()
    sent = await send(port, in_arrays(key, wave, ARRAY), 4)
    posted, done = time.monotonic(), await stack.db.fetchval(OUTCOMES)
    await _reach(stack, base + WARM_UP + alerts)
    ended = time.monotonic()
    left = base + WARM_UP + alerts - done
    await _all_seen(stack)
    seen, after = time.monotonic(), stack.cpu()
    used = sum(after.values()) - sum(before.values())
    return [
        Row(
            name="backlog drained",
            measured=left / (ended - posted),
            unit="alerts/s",
            target=2_000,
            lower=False,
            note=f"{left:,} left when the last was accepted; each opens a ticket",
        ),
        Row(
            name="... from the first alert on",
            measured=alerts / (ended - sent.began),
            unit="alerts/s",
            lower=False,
            note=f"accepted in {sent.took_s:.1f} s, {sent.failed} answers other than 202",
        ),
        Row(
            name="... and every event judged by the notifier",
            measured=alerts / (seen - sent.began),
            unit="alerts/s",
            lower=False,
        ),
        Row(name="... CPU per alert", measured=used / alerts * 1000, unit="ms"),
        *(
            Row(name=f"... ... {part}", measured=(after[part] - begun) / alerts * 1000, unit="ms")
            for part, begun in before.items()
        ),
    ]


async def _reach(stack: Stack, wanted: int) -> None:
    """Wait until every alert there is has an outcome, and so many do."""

    async def reached() -> bool:
        return bool(await stack.db.fetchval(NONE_WAITS))

    await until(reached, DRAIN_SECONDS)
    found = await stack.db.fetchval(OUTCOMES)
    if found < wanted:
        raise RuntimeError(f"{found} alerts have an outcome, {wanted} were sent")


async def _all_seen(stack: Stack) -> None:
    """Wait until the notifier has seen every event."""

    async def seen() -> bool:
        return not await stack.db.fetchval(UNSEEN)

    await until(seen, DRAIN_SECONDS, SEEN_LOOK_S)
