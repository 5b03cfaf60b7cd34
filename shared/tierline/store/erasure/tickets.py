"""Tickets and their events: changed together, so that the events still make the state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tierline.domain.evolve import evolve
from tierline.domain.ticket import Ticket
from tierline.messages.events import decode_event
from tierline.messages.state import decode_ticket
from tierline.store.erasure.catalog import Shape
from tierline.store.erasure.rows import changed, holding, write
from tierline.store.erasure.words import Replacing
from tierline.store.tickets import Connection

LOCK = "SELECT id FROM tierline.ticket WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE"
UNHEARD = """
SELECT t.id FROM tierline.ticket t WHERE t.id = ANY($1::bigint[]) AND EXISTS (
    SELECT FROM tierline.sweep w
    LEFT JOIN tierline.progress p ON p.consumer = w.consumer AND p.ticket = t.id
    WHERE coalesce(p.seq, 0) < t.seq)
"""
"""Tickets of which a service has yet to read something: what it holds may still name the person."""

TOUCH = "UPDATE tierline.ticket SET changed_at = clock_timestamp() WHERE id = ANY($1::bigint[])"
"""So that what is being written to an archive of them as they were is not taken for them."""

FOLDED = "SELECT body FROM tierline.event WHERE ticket = $1 AND seq > $2 ORDER BY seq LIMIT 500"
STATE = "SELECT doc FROM tierline.ticket WHERE id = $1"


@dataclass
class Changed:
    """Rows that were changed, by table; tickets that could not be changed yet."""

    rows: dict[str, int] = field(default_factory=dict)
    unheard: list[int] = field(default_factory=list)

    def add(self, table: str) -> None:
        """One more."""
        self.rows[table] = self.rows.get(table, 0) + 1


async def change_tickets(
    connection: Connection,
    tables: Mapping[str, Shape],
    replacing: Replacing,
    numbers: Sequence[int],
) -> Changed:
    """Put the pseudonym into these tickets and all their events.

    Args:
        connection: inside a transaction.
        tables: by name.
        replacing: what is replaced.
        numbers: of the tickets; of one that was archived, the events that are still there.

    Raises:
        ValueError: the events of a ticket would no longer make its state, as they did before.
    """
    done = Changed()
    await connection.execute(LOCK, list(numbers))
    done.unheard = [row["id"] for row in await connection.fetch(UNHEARD, list(numbers))]
    ready = sorted(set(numbers) - set(done.unheard))
    for number in ready:
        sound = await _makes_its_state(connection, number)
        for table, column in (("ticket", "id"), ("event", "ticket")):
            await _change(connection, tables[table], replacing, f"t.{column} = {number:d}", done)
        if sound and not await _makes_its_state(connection, number):
            raise ValueError(f"the events of ticket {number} would not make its state")
    await connection.execute(TOUCH, ready)
    return done


async def _change(
    connection: Connection, shape: Shape, replacing: Replacing, only: str, done: Changed
) -> None:
    async for page in holding(connection, shape, replacing.person.patterns, only):
        for row in page:
            if values := changed(shape, row, replacing):
                await write(connection, shape, row, values)
                done.add(shape.table)


async def _makes_its_state(connection: Connection, number: int) -> bool:
    """Whether the events of a ticket make its state; not of one that is in an archive."""
    ticket: Ticket | None = None
    after = 0
    while rows := await connection.fetch(FOLDED, number, after):
        for row in rows:
            event = decode_event(row["body"]).event
            ticket, after = evolve(ticket, event), event.seq
    doc = await connection.fetchval(STATE, number)
    return doc is not None and ticket == decode_ticket(doc)
