"""A full house, quickly: copies of real tickets, made by SQL, with all that belongs to them.

The copies' numbers replace those of the originals in their documents, so that every service reads
them as its own. Indexes of the tickets are made anew after the copying.
"""

import time
from collections.abc import Sequence
from typing import Any

from bench.lives import Life
from bench.rows import Say
from tierline.store.tickets import Change, write_changes

FIRST_ORIGINAL = 900_000_001
"""Numbers of originals: nothing else in a document looks like one."""

FIRST_COPY, LAST_COPY = 10_000_000, 400_000_000
STEP = 25_000
"""Copies of one statement."""

WRITE_BATCH = 200
VACUUM_SECONDS = 1_800.0

ORIGINALS = """
CREATE UNLOGGED TABLE bench_ticket AS
SELECT (row_number() OVER (ORDER BY id) - 1)::int AS place, id::text AS number, t.*
FROM tierline.ticket t WHERE id >= $1;
"""
THEIR_EVENTS = """
CREATE UNLOGGED TABLE bench_event AS
SELECT t.place, t.number, e.* FROM tierline.event e JOIN bench_ticket t ON t.id = e.ticket
"""
PLACES = ("bench_ticket (place)", "bench_event (place, seq)")

MONTH = 100_000
"""Numbers of a month of copies: what a step stores lies in several, as it would after so long."""

ADD_MONTH = """
SELECT tierline.add_month('ticket', $1, $2)
WHERE NOT EXISTS (SELECT FROM tierline.month WHERE kind = 'ticket' AND first = $1)
"""

LAST = "SELECT max(id) FROM tierline.ticket WHERE id <= $1"

COLUMNS = """
SELECT column_name, udt_name FROM information_schema.columns
WHERE table_schema = 'tierline' AND table_name = $1 AND is_generated = 'NEVER'
ORDER BY ordinal_position
"""
NUMBER = {"ticket": "id", "event": "ticket"}
"""The column of a table that is the ticket's number."""

NAMED_IN = {"ticket": {"doc", "title", "problem_key"}, "event": {"cause", "body"}}
"""Columns of a table that mention the ticket's number."""

COPY_PROBLEMS = """
INSERT INTO tierline.problem (client, key, accepted_at, idx, alert, ticket)
SELECT o.client, replace(o.problem_key, o.number, n::text), o.opened_at, 0, 0, n
FROM generate_series($1::bigint, $2::bigint) AS n JOIN bench_ticket o ON o.place = n % $3
"""

COPY_PROGRESS = """
INSERT INTO tierline.progress (consumer, ticket, seq)
SELECT 'notifier', n, o.seq
FROM generate_series($1::bigint, $2::bigint) AS n JOIN bench_ticket o ON o.place = n % $3
"""

INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'tierline' AND tablename = 'ticket' AND indexname <> 'ticket_pkey'
"""


async def fill(
    db: Any,
    originals: Sequence[Life],
    copies: int,
    say: Say,
    *,
    problems: bool = True,
    events: bool = False,
) -> None:
    """Put `copies` copies of `originals` beside what there is; their numbers go on upwards.

    Args:
        db: a connection outside a transaction; nobody else writes tickets meanwhile.
        originals: numbered from FIRST_ORIGINAL on; they are not put in themselves.
        copies: tickets to be made.
        say: hears of the progress.
        problems: the rows by which triage finds them, too.
        events: their events too.
    """
    await _remember(db, originals)
    first = max(FIRST_COPY, 1 + (await db.fetchval(LAST, LAST_COPY) or 0))
    indexes = await db.fetch(INDEXES)
    for index in indexes:
        await db.execute(f"DROP INDEX tierline.{index['indexname']}")
    tables = ["ticket", *(["event"] if events else [])]
    for month in range(first // MONTH * MONTH, first + copies, MONTH) if events else ():
        await db.execute(ADD_MONTH, month, month + MONTH)
    statements = [*[await _copying(db, table) for table in tables], COPY_PROGRESS]
    statements += [COPY_PROBLEMS] if problems else []
    said = time.monotonic()
    for start in range(first, first + copies, STEP):
        end = min(start + STEP, first + copies) - 1
        for statement in statements:
            await db.execute(statement, start, end, len(originals), timeout=VACUUM_SECONDS)
        if time.monotonic() - said > 10:
            said = time.monotonic()
            say(f"{end - first + 1:,} of {copies:,} tickets copied")
    for index in indexes:
        await db.execute(index["indexdef"], timeout=VACUUM_SECONDS)
    await db.execute("DROP TABLE bench_ticket, bench_event")
    for table in (*tables, "problem", "progress"):
        await db.execute(f"VACUUM (ANALYZE) tierline.{table}", timeout=VACUUM_SECONDS)
    await db.execute("CHECKPOINT", timeout=VACUUM_SECONDS)
    say(f"{copies:,} tickets stand by")


async def _remember(db: Any, originals: Sequence[Life]) -> None:
    """Write the originals as the services do, set them aside, and take them out again."""
    await write_lives(db, originals)
    await db.execute(ORIGINALS.replace("$1", str(FIRST_ORIGINAL)))
    await db.execute(THEIR_EVENTS)
    for place in PLACES:
        await db.execute(f"CREATE UNIQUE INDEX ON {place}")
    for table in ("ticket", "event"):
        await db.execute(f"ANALYZE bench_{table}")
    await db.execute("DELETE FROM tierline.ticket WHERE id >= $1", FIRST_ORIGINAL)
    for table in ("event", "progress"):
        await db.execute(f"DELETE FROM tierline.{table} WHERE ticket >= $1", FIRST_ORIGINAL)


async def _copying(db: Any, table: str) -> str:
    """The statement that copies the originals of a table to the numbers $1 to $2, of $3 places."""
    columns = {row["column_name"]: row["udt_name"] for row in await db.fetch(COLUMNS, table)}
    said = {name: f"o.{name}" for name in columns}
    for name in NAMED_IN[table]:
        said[name] = f"replace(o.{name}::text, o.number, n::text)::{columns[name]}"
    said[NUMBER[table]] = "n"
    if "changed_at" in said:  # they stand by: nothing of them is news to a sweep
        said["changed_at"] = "o.recorded_at"
    order = " ORDER BY n, o.seq" if table == "event" else ""
    return (
        f"INSERT INTO tierline.{table} ({', '.join(columns)}) SELECT {', '.join(said.values())}"
        " FROM generate_series($1::bigint, $2::bigint) AS n"
        f" JOIN bench_{table} o ON o.place = n % $3{order}"
    )


async def write_lives(db: Any, lives: Sequence[Life]) -> None:
    """Write tickets as the services do; their events are taken to be told already."""
    for start in range(0, len(lives), WRITE_BATCH):
        batch = lives[start : start + WRITE_BATCH]
        async with db.transaction():
            changes = [Change(None, life.ticket, tuple(life.events)) for life in batch]
            await write_changes(db, changes)
            numbers = [str(life.ticket.id) for life in batch]
            await db.execute("DELETE FROM tierline.outbox WHERE key = ANY($1)", numbers)
            await db.executemany(
                "INSERT INTO tierline.progress (consumer, ticket, seq) VALUES ('notifier', $1, $2)",
                [(life.ticket.id, life.ticket.seq) for life in batch],
            )
