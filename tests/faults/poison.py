"""Messages that nobody can process: for both topics, and as rows of the outbox."""

import asyncio
import json
from collections.abc import Iterator
from random import Random
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.faults.world import World
from tierline.messages.topics import ALERTS, EVENTS, SHARDS

HUGE = 2**70
OVERSIZE = 400 * 1024
"""More than any message of ours, less than a broker's own limit of 1 MB."""

REFUSED_SIZE = 1_500_000
"""More than the broker's limit: the producer itself refuses it."""

EVENTS_S = 60.0
EVENTS_TAKEN = 3
SOME_EVENTS = (
    "SELECT ticket, seq, body FROM tierline.event WHERE seq = 1 ORDER BY random() LIMIT $1"
)

KEYS: tuple[bytes | None, ...] = (b"", None, b"\xff\xfe", b"poison")


def bodies(rng: Random) -> Iterator[tuple[bytes, str]]:
    """Bodies that are no message of either topic, each unlike any other, and what each is."""
    mark = f"{rng.getrandbits(64):016x}"
    yield b"\x00\xff\xfe" + mark.encode(), "bytes that are no text"
    yield f"not json {mark}".encode(), "text that is no JSON"
    yield f'{{"half": "{mark}'.encode(), "half a JSON object"
    yield f'["{mark}"]'.encode(), "a JSON array"
    yield f'"{mark}"'.encode(), "a JSON string"
    yield b"[" * 5_000 + mark.encode(), "JSON nested too deep"
    yield json.dumps({"id": 5, "mark": mark}).encode(), "an object without its fields"
    wrong = {"id": mark, "type": 3, "time": [], "subject": {}, "data": "no"}
    yield json.dumps(wrong).encode(), "an object of wrong types"
    deep = "[" * 50_000 + "]" * 50_000
    yield f'{{"mark": "{mark}", "deep": {deep}}}'.encode(), "an object nested too deep"
    filler = "x" * OVERSIZE
    yield json.dumps({"id": mark, "filler": filler}).encode(), "an oversize object"


def events(stored: list[tuple[int, int, str]], rng: Random) -> Iterator[tuple[bytes, str]]:
    """Events that say what they are not, made from stored ones (ticket, seq, body)."""
    for ticket, seq, body in stored:
        envelope = json.loads(body)
        mark = f"{rng.getrandbits(64):016x}"
        data = {**envelope["data"], "mark": mark}
        liar = {**envelope, "data": data, "mark": mark}
        other = next((t for t, _, _ in stored if t != ticket), ticket + 1)
        names = {
            f"{HUGE}/{seq}": "a huge ticket number",
            f"{ticket}/{HUGE}": "a huge seq",
            f"{other}/{seq + 1}": "another ticket's seq",
            f"{ticket}/0": "seq 0",
            f"{ticket}/-1": "a negative seq",
            f"{ticket}": "an id without a seq",
            f"{ticket}/²": "a seq that only looks like a number",
            f"{ticket}/{'9' * 5_000}": "a seq of 5,000 digits",
        }
        for name, what in names.items():
            yield json.dumps({**liar, "id": name}).encode(), what
        unknown = {**liar, "type": "tierline.ticket.exploded.v1"}
        yield json.dumps(unknown).encode(), "an unknown type"
        stamped = {**liar, "data": {**data, "recorded_at": "yesterday"}}
        yield json.dumps(stamped).encode(), "an instant that is none"


def alerts(rng: Random) -> Iterator[tuple[bytes, str, bool]]:
    """Accepted alerts that nobody accepted, and whether they are poison.

    With a number that an alert could have they are not: no row stands behind it, so nothing comes
    of them.
    """
    for number, index in ((HUGE, 0), (2**63, 0), (-1, 0), (0, 0), (10**12, HUGE), (10**12, 0)):
        mark = f"{rng.getrandbits(64):016x}"
        alert = {"dedup_key": f"poison-{mark}", "title": "poison", "status": "firing"}
        message = {
            "id": number,
            "index": index,
            "accepted_at": "2026-01-01T00:00:00",
            "integration": "api",
            "source": "json",
            "client": "Harbour Dental",
            "alert": alert,
        }
        what = f"an alert numbered {number}, {index} that nobody accepted"
        yield json.dumps(message).encode(), what, (number, index) != (10**12, 0)


async def send_poison(world: World) -> int:
    """Put all of it on both topics, under every odd key; returns how many messages."""
    stored = await _some_events(world)
    sent: list[tuple[str, bytes]] = []
    for topic in (ALERTS, EVENTS):
        for body, what in bodies(world.rng):
            world.poison[body] = f"{what}, on {topic}"
            sent.append((topic, body))
    for body, what in events(stored, world.rng):
        world.poison[body] = f"{what}, on {EVENTS}"
        sent.append((EVENTS, body))
    for body, what, poison in alerts(world.rng):
        (world.poison if poison else world.harmless)[body] = f"{what}, on {ALERTS}"
        sent.append((ALERTS, body))
    sent += [(topic, b"") for topic in (ALERTS, EVENTS)]
    world.poison[b""] = "an empty body"
    await _produce(world, sent)
    return len(sent)


async def _some_events(world: World) -> list[tuple[int, int, str]]:
    """Stored events of several tickets, as soon as there are any."""
    connection = await world.stack.connect()
    try:
        async with asyncio.timeout(EVENTS_S):
            while True:
                rows: list[Any] = await connection.fetch(SOME_EVENTS, EVENTS_TAKEN)
                if len(rows) == EVENTS_TAKEN:
                    return [(row["ticket"], row["seq"], row["body"]) for row in rows]
                await asyncio.sleep(0.2)
    finally:
        await connection.close()


async def _produce(world: World, sent: list[tuple[str, bytes]]) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=world.stack.brokers.bootstrap,
        acks="all",
        max_request_size=2 * OVERSIZE,
    )
    await producer.start()
    try:
        for number, (topic, body) in enumerate(sent):
            await producer.send_and_wait(topic, body, key=KEYS[number % len(KEYS)])
    finally:
        await producer.stop()


async def poison_outbox(world: World) -> int:
    """Rows of the outbox that are no message; returns how many."""
    rows: list[tuple[str, str, bytes]] = []
    for topic in (ALERTS, EVENTS):
        for body, what in bodies(world.rng):
            world.poison[body] = f"{what}, a row of the outbox for {topic}"
            rows.append((topic, world.rng.choice(("", "poison", "\x01")), body))
        refused = f"{world.rng.getrandbits(64):016x}".encode() * (REFUSED_SIZE // 16)
        world.poison[refused] = f"a row that no broker takes, for {topic}"
        rows.append((topic, "too large", refused))
    connection = await world.stack.connect()
    try:
        await connection.executemany(
            "INSERT INTO tierline.outbox (shard, topic, key, body) VALUES ($1, $2, $3, $4)",
            [(world.rng.randrange(SHARDS), *row) for row in rows],
        )
    finally:
        await connection.close()
    return len(rows)
