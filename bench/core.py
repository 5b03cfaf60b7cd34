"""Microseconds of the core: letting time pass, deciding, opening, and writing down."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.rows import Row, Say
from bench.scale import Scale
from tests.domain.worlds import MONITOR, SAM, Story, example_policy
from tierline.domain.advance import advance, advance_to, next_due
from tierline.domain.commands import Claim, MakePlan, Note, Open
from tierline.domain.decide import decide, decide_open
from tierline.domain.events import Event
from tierline.domain.evolve import evolve, fold
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.domain.snapshot import nearest, snapshot
from tierline.domain.tell import notices_for
from tierline.domain.terms import TicketType
from tierline.domain.ticket import Ticket
from tierline.messages.events import decode_event, encode_event
from tierline.messages.state import decode_ticket, encode_ticket

ROUNDS = 9
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

Work = tuple[str, float | None, Callable[[], Any]]
"""A label, the target in microseconds (None: none was set), and the call."""


async def measure(scale: Scale, say: Say) -> list[Row]:
    """The best of some rounds for each call: what it costs where nothing else is in the way."""
    say(f"{ROUNDS} rounds of {scale.calls} calls each")
    return [
        Row(name=label, measured=best_us(work, scale.calls), unit="us", target=target)
        for label, target, work in works()
    ]


def best_us(work: Callable[[], Any], calls: int) -> float:
    """Microseconds of CPU a call, in the best of the rounds, after some calls to warm up."""
    for _ in range(min(calls, 50)):
        work()
    rounds = []
    for _ in range(ROUNDS):
        begin = time.process_time_ns()
        for _ in range(calls):
            work()
        rounds.append((time.process_time_ns() - begin) / calls / 1000)
    return min(rounds)


def works() -> Iterator[Work]:
    """What is timed."""
    policy = example_policy()
    floor = Floor(START)
    ticket = Story(policy).open().ticket
    claimed = Story(policy).open().ok(Claim("sam")).ticket
    old = Story(policy).open().until(START + timedelta(hours=30))
    command = Open(
        id=1,
        type=TicketType.ALERT,
        title="Switch is down",
        client="Contoso",
        agreement="managed",
        accepted_at=START,
        facts={"severity": "error"},
        alert="1",
    )
    due = next_due(claimed)
    crowd = START + 15 * MINUTE
    plan = MakePlan("swap the supply", START + timedelta(hours=2))
    doc, last = encode_ticket(old.ticket), old.events[-1]
    wire, view = encode_event(last, old.ticket), snapshot(old.ticket)
    yield "advance, nothing due", 50, lambda: advance_to(ticket, policy, floor, START + MINUTE)
    yield "advance, one threshold", 50, lambda: advance_to(claimed, policy, floor, due)
    yield "advance, a warning and a lapse", None, lambda: advance(ticket, policy, floor, crowd)
    lapse = START + 30 * MINUTE
    yield "advance, to the next tier", None, lambda: advance(ticket, policy, floor, lapse)
    first = encode_ticket(ticket)
    yield "tick, whole: a warning and a lapse", 150, lambda: tick(first, policy, floor, crowd)
    ripe = encode_ticket(Story(policy).open().until(START + 29 * MINUTE).ticket)
    yield "tick, whole: to the next tier", 150, lambda: tick(ripe, policy, floor, lapse)
    yield "next_due", None, lambda: next_due(ticket)
    yield "decide(claim)", None, lambda: decide(ticket, Claim("sam"), SAM, policy, floor, START)
    yield "decide(note)", None, lambda: decide(claimed, Note("x"), SAM, policy, floor, START)
    yield "decide(plan)", None, lambda: decide(claimed, plan, SAM, policy, floor, START)
    yield "decide_open", 150, lambda: decide_open(command, MONITOR, policy, floor, START)
    yield "opening, whole", None, lambda: opening(command, policy, floor)
    yield f"fold of {len(old.events)} events", None, lambda: fold(old.events)
    yield "notices_for", None, lambda: notices_for(last, view, policy, ("psa",))
    yield f"encode_event ({len(wire)} bytes)", None, lambda: encode_event(last, old.ticket)
    yield "decode_event", None, lambda: decode_event(wire)
    yield f"encode_ticket ({len(doc)} bytes)", None, lambda: encode_ticket(old.ticket)
    yield "decode_ticket", None, lambda: decode_ticket(doc)


def tick(doc: str, policy: Policy, floor: Floor, now: datetime) -> None:
    """All that a timer does for one ticket, but for the database."""
    before = decode_ticket(doc)
    after, events = advance_to(before, policy, floor, now)
    written(before, after, events)


def opening(command: Open, policy: Policy, floor: Floor) -> None:
    """All that triage does for a new ticket, but for the database."""
    done = decide_open(command, MONITOR, policy, floor, START)
    written(None, done.ticket, done.events)


def written(before: Ticket | None, after: Ticket, events: Sequence[Event]) -> None:
    """What the store makes of a change: messages, the state, and the columns beside it."""
    ticket = before
    for event in events[:-1]:
        ticket = evolve(ticket, event)
        encode_event(event, ticket)
    encode_event(events[-1], after)
    encode_ticket(after)
    nearest(after)
    next_due(after)
