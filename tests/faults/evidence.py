"""Reads what the promises are judged by, and judges them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sla_timer.audit import Auditor
from tests.faults import promises
from tests.faults.drain import Owed
from tests.faults.promises import AlertRow, Broken
from tests.faults.stories import (
    Findings,
    Fired,
    alerts_once,
    hand_overs,
    own_effects,
    read_story,
)
from tests.faults.telling import Told, judge_notices
from tests.faults.world import World
from tierline.messages.events import TicketMessage, decode_event
from tierline.messages.state import decode_ticket
from tierline.store.audit import SAMPLE
from tierline.store.database import Database

BATCH = 200
"""Tickets whose events are in memory at once."""

OFF_S_MAX = 35.0
"""Longest a transaction may take between `now` and its rows: a statement_timeout and more."""

COUNTS = {
    "alerts stored": "SELECT count(*) FROM tierline.alert",
    "tickets": "SELECT count(*) FROM tierline.ticket",
    "events": "SELECT count(*) FROM tierline.event",
    "notices": "SELECT count(*) FROM tierline.notice",
    "notices delivered": "SELECT count(*) FROM tierline.notice WHERE state = 'delivered'",
    "notices failed": "SELECT count(*) FROM tierline.notice WHERE state = 'failed'",
    "messages": "SELECT count(*) FROM tierline.message",
    "attempts": "SELECT count(*) FROM tierline.attempt",
    "attempts lost with their sender": (
        "SELECT count(*) FROM tierline.attempt WHERE outcome = 'lost'"
    ),
    "dead letters": "SELECT count(*) FROM tierline.dead_letter",
}

ALERTS = """
SELECT a.id, a.outcome, a.ticket, t.client, t.problem_key FROM tierline.alert a
LEFT JOIN tierline.ticket t ON t.id = a.ticket
"""

OFF = """
SELECT e.ticket, e.seq, e.recorded_at,
       (extract(epoch FROM e.written_at - c.real_anchor)
        - extract(epoch FROM e.recorded_at - c.anchor) / c.speed)::float8 AS off_s
FROM tierline.event e, tierline.policy_clock c
WHERE NOT c.held AND e.written_at > c.real_anchor AND e.recorded_at > c.anchor
  AND abs(extract(epoch FROM e.written_at - c.real_anchor)
          - extract(epoch FROM e.recorded_at - c.anchor) / c.speed) > $1
LIMIT 20
"""

LATEST = """
SELECT ticket, seq, recorded_at, 0::float8 AS off_s FROM tierline.event
ORDER BY recorded_at DESC LIMIT 20
"""


@dataclass(slots=True)
class Judged:
    """What was found. `fired`: every threshold so far."""

    broken: list[Broken] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    fired: list[Fired] = field(default_factory=list)


async def judge_times(world: World) -> list[Broken]:
    """Whether events were recorded at their time; before the policy clock is touched again."""
    connection = await world.stack.connect()
    try:
        rows = [dict(row) for row in await connection.fetch(OFF, OFF_S_MAX)]
        # Read before the time they are held against: work goes on meanwhile.
        rows += [dict(row) for row in await connection.fetch(LATEST)]
        now = await connection.fetchval("SELECT tierline.policy_now()")
    finally:
        await connection.close()
    return promises.recorded_at_its_time(rows, now, OFF_S_MAX)


async def judge(world: World, owed: Owed) -> Judged:
    """Judge every promise, but for those that need the clock to run (auditor, times).

    Args:
        world: drained, its policy clock held.
        owed: what a dead sender's lease still keeps, which need not have come of it yet.
    """
    stack = world.stack
    connection = await stack.connect()
    try:
        judged = Judged()
        for what, sql in COUNTS.items():
            judged.counts[what] = await connection.fetchval(sql)
        stored = {row["id"]: _alert(row) for row in await connection.fetch(ALERTS)}
        judged.broken += await _rows(world, connection, stored)
        judged.broken += await judge_notices(connection, stack.receiver, owed)
        found = await _stories(connection, await Told.read(stack.postgres.url(), connection))
        judged.broken += found.broken() + _commands(world, found)
        went_to = {alert: row.ticket for alert, row in stored.items()}
        judged.broken += alerts_once(went_to, found.alerts)
        judged.fired = found.fired
    finally:
        await connection.close()
    return judged


async def audit(world: World) -> list[Broken]:
    """The product's own auditor, gone round all tickets once, with the clock running."""
    db = await Database.connect(world.stack.postgres.url(), pool_max=2)
    try:
        auditor, worst = Auditor(db), dict[str, int]()
        async with db.connection() as connection:
            open_tickets = await connection.fetchval(
                "SELECT count(*) FROM tierline.ticket WHERE next_due_at IS NOT NULL"
            )
        for _ in range(open_tickets // SAMPLE + 1):
            for finding in await auditor.audit():
                worst[finding.what] = max(worst.get(finding.what, 0), finding.count)
    finally:
        await db.close()
    return promises.auditor_clean(worst.items())


def _alert(row: Any) -> AlertRow:
    return AlertRow(row["outcome"], row["client"] or "", row["problem_key"] or "", row["ticket"])


async def _rows(world: World, connection: Any, stored: Mapping[int, AlertRow]) -> list[Broken]:
    tickets = [
        tuple(row)
        for row in await connection.fetch(
            "SELECT id, client, problem_key, state FROM tierline.ticket"
        )
    ]
    letters = [
        tuple(row)
        for row in await connection.fetch(
            "SELECT source, key, body, reason FROM tierline.dead_letter"
        )
    ]
    return [
        *promises.nothing_lost(world.alerts.accepted, stored),
        *promises.one_ticket(tickets),
        *promises.letters_for_poison_only(letters, {*world.poison, *world.harmless}),
        *promises.poison_kept([body for _, _, body, _ in letters], world.poison),
    ]


def _commands(world: World, found: Findings) -> list[Broken]:
    asked = world.commands.asked
    effects = own_effects(found.effects, {key: one.verb for key, one in asked.items()})
    return [
        *promises.answered_once(asked.values(), effects),
        *promises.races_won_by_one(world.commands.races, asked, hand_overs(found.owned)),
    ]


async def _stories(connection: Any, told: Told) -> Findings:
    found = Findings()
    now = await connection.fetchval("SELECT tierline.policy_now()")
    after = 0
    while True:
        rows = await connection.fetch(
            "SELECT id, doc FROM tierline.ticket WHERE id > $1 ORDER BY id LIMIT $2", after, BATCH
        )
        if not rows:
            return found
        after = rows[-1]["id"]
        messages: dict[int, list[TicketMessage]] = {row["id"]: [] for row in rows}
        async for ticket, body in _bodies(connection, list(messages)):
            messages[ticket].append(decode_event(body))
        for row in rows:
            events = [message.event for message in messages[row["id"]]]
            read_story(decode_ticket(row["doc"]), events, found, now)
        everything = [message for one in messages.values() for message in one]
        for case in await told.missing(connection, everything):
            found.add(promises.TOLD, case)


async def _bodies(connection: Any, tickets: list[int]) -> AsyncIterator[tuple[int, str]]:
    for row in await connection.fetch(
        "SELECT ticket, body FROM tierline.event WHERE ticket = ANY($1::bigint[])"
        " ORDER BY ticket, seq",
        tickets,
    ):
        yield row["ticket"], row["body"]
