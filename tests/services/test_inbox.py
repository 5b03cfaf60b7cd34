"""The inbox on real Postgres: every event once, in order, whatever the broker does."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest
import pytest_asyncio

from tests.domain.worlds import SAM
from tests.services.interleavings.world import World, make_world
from tierline.bus.consumer import Message
from tierline.bus.inbox import Inbox
from tierline.domain.commands import Note
from tierline.messages.events import TicketMessage
from tierline.store import events as stored
from tierline.store.database import REPLAYABLE, UNREACHABLE, Database
from tierline.testing.steps import COMMIT

pytestmark = pytest.mark.postgres

CONSUMER = "tester"


@pytest_asyncio.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    async with make_world(database_url) as made:
        await made.run("CREATE TABLE effect (place serial, by text, ticket bigint, seq int)")
        yield made


class Replica:
    """A consumer whose effect is a row an event; it fails on the events told to it."""

    def __init__(self, db: Database, name: str = "one", broken: Sequence[int] = ()) -> None:
        self.name = name
        self.broken = set(broken)
        self.told = 0
        self.inbox = Inbox(db, CONSUMER, self.apply, self.after)

    def after(self) -> None:
        self.told += 1

    async def apply(self, connection, new: Sequence[TicketMessage]) -> None:
        for message in new:
            event = message.event
            await connection.execute(
                "INSERT INTO effect (by, ticket, seq) VALUES ($1, $2, $3)",
                self.name,
                event.ticket,
                event.seq,
            )
            if event.seq in self.broken:
                raise ValueError(f"cannot make sense of {event.seq}")


async def wire(world: World, number: int) -> list[Message]:
    """The ticket's events as the broker would bring them."""
    async with world.db.connection() as connection:
        bodies = await stored.timeline(connection, number, after=0, limit=10_000)
    return [
        Message("tickets.events", 0, offset, str(number), body.encode())
        for offset, body in enumerate(bodies)
    ]


async def effects(world: World, number: int) -> list[int]:
    rows = await world.rows("SELECT seq FROM effect WHERE ticket = $1 ORDER BY place", number)
    return [row["seq"] for row in rows]


async def seen(world: World, number: int) -> int | None:
    return await world.value(
        "SELECT seq FROM tierline.progress WHERE consumer = $1 AND ticket = $2", CONSUMER, number
    )


async def dead(world: World) -> list[tuple[str, str]]:
    rows = await world.rows("SELECT source, key FROM tierline.dead_letter ORDER BY id")
    return [(row["source"], row["key"]) for row in rows]


async def ticket_with(world: World, events: int) -> int:
    ticket = await world.open()
    for count in range(events - 2):
        await world.do(ticket.id, Note(f"note {count}"), SAM)
    return ticket.id


async def test_redelivery_has_no_effect(world: World) -> None:
    number = await ticket_with(world, 4)
    messages = await wire(world, number)
    replica = Replica(world.db)
    for _ in range(3):
        await replica.inbox.handle(messages)
    await replica.inbox.handle(messages[:2])
    assert await effects(world, number) == [1, 2, 3, 4]
    assert await seen(world, number) == 4


async def test_duplicates_and_disorder_inside_a_batch_are_harmless(world: World) -> None:
    number = await ticket_with(world, 5)
    messages = await wire(world, number) * 3
    random.Random(3).shuffle(messages)
    await Replica(world.db).inbox.handle(messages)
    assert await effects(world, number) == [1, 2, 3, 4, 5]


async def test_a_gap_is_filled_from_postgres_at_once(world: World) -> None:
    number = await ticket_with(world, 6)
    messages = await wire(world, number)
    await Replica(world.db).inbox.handle([messages[0], messages[3]])
    assert await effects(world, number) == [1, 2, 3, 4]
    await Replica(world.db).inbox.handle([messages[5]])
    assert await effects(world, number) == [1, 2, 3, 4, 5, 6]


async def test_a_gap_longer_than_one_read_is_closed_in_order_by_the_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "GAP_EVENTS_MAX", 4)
    monkeypatch.setattr("tierline.bus.inbox.SWEEP_OLDER_THAN_S", 0.0)
    number = await ticket_with(world, 11)
    messages = await wire(world, number)
    replica = Replica(world.db)
    await replica.inbox.handle([messages[10]])
    assert await effects(world, number) == [1, 2, 3, 4], "as far as one read goes"
    for _ in range(3):
        await replica.inbox.sweep_once()
    assert await effects(world, number) == list(range(1, 12))
    assert await replica.inbox.sweep_once() == 0


async def test_poison_goes_whole_to_a_dead_letter_and_the_rest_is_applied(world: World) -> None:
    number = await ticket_with(world, 3)
    messages = await wire(world, number)
    poison = [
        Message("tickets.events", 0, 90, "k", b"not json"),
        Message("tickets.events", 0, 91, "k", b'{"id": "1/1"}'),
        Message("tickets.events", 0, 92, "k", b"\xff\xfe"),
        Message("tickets.events", 0, 93, "", b""),
        Message("tickets.events", 0, 94, "nul \x00 in the key", b"\x00"),
    ]
    await Replica(world.db).inbox.handle([*poison[:2], *messages, *poison[2:]])
    assert await effects(world, number) == [1, 2, 3]
    rows = await world.rows("SELECT body FROM tierline.dead_letter ORDER BY id")
    assert [row["body"] for row in rows] == [message.body for message in poison]


async def test_an_event_with_numbers_no_database_holds_is_poison_not_an_outage(
    world: World,
) -> None:
    number = await ticket_with(world, 2)
    good = await wire(world, number)
    huge = good[0].body.replace(f'"{number}/1"'.encode(), f'"{number}/99999999999"'.encode())
    beyond = good[0].body.replace(f'"{number}/1"'.encode(), b'"99999999999999999999999/1"')
    await Replica(world.db).inbox.handle(
        [Message("t", 0, 0, "k", huge), *good, Message("t", 0, 1, "k", beyond)]
    )
    assert await effects(world, number) == [1, 2]
    assert len(await dead(world)) == 2


async def test_one_event_the_handler_fails_on_is_set_aside_and_the_order_kept(
    world: World,
) -> None:
    number, other = await ticket_with(world, 5), await ticket_with(world, 5)
    replica = Replica(world.db, broken=[3])
    batch = [*await wire(world, number), *(await wire(world, other))[:2]]
    await replica.inbox.handle(batch)
    assert await effects(world, number) == [1, 2, 4, 5]
    assert await effects(world, other) == [1, 2]
    assert await dead(world) == [(f"consumer:{CONSUMER}", f"{number}/3")]
    assert await seen(world, number) == 5
    await replica.inbox.handle(batch)
    assert len(await dead(world)) == 1, "a dead-lettered event counts as seen"


async def test_the_last_event_set_aside_counts_as_seen(world: World) -> None:
    number = await ticket_with(world, 3)
    replica = Replica(world.db, broken=[3])
    await replica.inbox.handle(await wire(world, number))
    assert await seen(world, number) == 3


async def test_a_broken_event_in_a_gap_is_the_one_set_aside(world: World) -> None:
    """Only event 5 came by the broker; it is event 3, read from Postgres, that cannot be taken."""
    number = await ticket_with(world, 5)
    messages = await wire(world, number)
    await Replica(world.db, broken=[3]).inbox.handle([messages[4]])
    assert await effects(world, number) == [1, 2, 4, 5]
    assert await dead(world) == [(f"consumer:{CONSUMER}", f"{number}/3")]


async def test_a_stored_event_that_cannot_be_read_is_set_aside_alone(world: World) -> None:
    """What Postgres brings may be poison, too: from another version, or tampered with."""
    number = await ticket_with(world, 5)
    messages = await wire(world, number)
    await world.run(
        'UPDATE tierline.event SET body = \'{"id": "later version"}\''
        " WHERE ticket = $1 AND seq = 3",
        number,
    )
    await Replica(world.db).inbox.handle([messages[4]])
    assert await effects(world, number) == [1, 2, 4, 5]
    assert await dead(world) == [(f"consumer:{CONSUMER}", f"{number}/3")]
    body = await world.value("SELECT body FROM tierline.dead_letter")
    assert body == b'{"id": "later version"}'


async def test_a_stored_event_that_cannot_be_read_does_not_stop_the_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tierline.bus.inbox.SWEEP_OLDER_THAN_S", 0.0)
    number, other = await ticket_with(world, 4), await ticket_with(world, 3)
    await world.run("UPDATE tierline.event SET body = '{}' WHERE ticket = $1 AND seq = 2", number)
    replica = Replica(world.db)
    while await replica.inbox.sweep_once():
        pass
    assert await effects(world, number) == [1, 3, 4]
    assert await effects(world, other) == [1, 2, 3]
    assert await dead(world) == [(f"consumer:{CONSUMER}", f"{number}/2")]


async def test_replicas_with_the_same_messages_have_their_effects_once(world: World) -> None:
    """Three replicas, each with every message in its own order and batches, at once."""
    numbers = [await ticket_with(world, 6) for _ in range(6)]
    messages = [message for number in numbers for message in await wire(world, number)]

    async def replica(name: str, seed: int) -> None:
        chance = random.Random(seed)
        mine = list(messages)
        if seed:
            chance.shuffle(mine)
        one = Replica(await world.other_db(), name)
        while mine:
            size = chance.randint(1, 12)
            await one.inbox.handle(mine[:size])
            mine = mine[size:]

    await asyncio.gather(*(replica(f"r{seed}", seed) for seed in range(3)))
    for number in numbers:
        assert await effects(world, number) == [1, 2, 3, 4, 5, 6]
    assert await world.count("dead_letter") == 0


async def test_postgres_away_is_said_and_the_same_batch_goes_through_later(
    world: World, postgres_server
) -> None:
    number = await ticket_with(world, 3)
    messages = await wire(world, number)
    replica = Replica(world.db)
    await postgres_server.kill()
    try:
        with pytest.raises(UNREACHABLE):
            await replica.inbox.handle(messages)
    finally:
        await postgres_server.start()
    assert replica.told == 0
    while True:  # connections that died with the server are found out one by one
        try:
            await replica.inbox.handle(messages)
        except UNREACHABLE:
            continue
        break
    assert await effects(world, number) == [1, 2, 3]
    assert await world.count("dead_letter") == 0


async def test_an_event_whose_ticket_stays_locked_is_handed_back_not_set_aside(
    world: World,
) -> None:
    """Somebody being in the way for long is no reason to lose an event."""
    number = await ticket_with(world, 2)
    messages = await wire(world, number)
    holder = await world.actor()
    hold = Replica(holder.db, "holder").inbox.handle(messages[:1])
    await holder.start(hold, until=COMMIT)
    late = Replica(await world.other_db(lock_timeout_ms=20), "late")
    with pytest.raises(REPLAYABLE):
        await late.inbox.handle(messages)
    assert await world.count("dead_letter") == 0
    await holder.finish()
    await late.inbox.handle(messages)
    assert await effects(world, number) == [1, 2]


async def test_an_event_whose_handler_waits_in_vain_is_handed_back_not_set_aside(
    world: World,
) -> None:
    number = await ticket_with(world, 2)
    late = Replica(await world.other_db(lock_timeout_ms=20))
    async with world.db.transaction() as connection:
        await connection.execute("LOCK TABLE effect")
        with pytest.raises(REPLAYABLE):
            await late.inbox.handle(await wire(world, number))
    assert await world.count("dead_letter") == 0
    assert await seen(world, number) is None
    await late.inbox.handle(await wire(world, number))
    assert await effects(world, number) == [1, 2]


async def test_a_deadlock_inside_the_handler_is_replayed(world: World) -> None:
    number = await ticket_with(world, 2)
    tries = []

    async def apply(connection, new) -> None:
        tries.append(len(new))
        await connection.execute(
            "INSERT INTO effect (ticket, seq) SELECT $1, unnest($2::int[])",
            number,
            [message.event.seq for message in new],
        )
        if len(tries) < 3:
            raise asyncpg.DeadlockDetectedError("chosen as the victim")

    await Inbox(world.db, CONSUMER, apply).handle(await wire(world, number))
    assert tries == [2, 2, 2]
    assert await effects(world, number) == [1, 2]


async def test_consumers_do_not_see_each_others_progress(world: World) -> None:
    number = await ticket_with(world, 2)
    messages = await wire(world, number)
    first, second = Replica(world.db, "a"), Replica(world.db, "b")
    second.inbox = Inbox(world.db, "another", second.apply)
    await first.inbox.handle(messages)
    await second.inbox.handle(messages)
    assert await effects(world, number) == [1, 2, 1, 2]
    assert first.told == 1
