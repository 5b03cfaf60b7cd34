"""Time the core: letting time pass, deciding, opening, and writing down. Run: python bench/core.py

Prints microseconds a call (best and median of the rounds) beside the bars of the design: `advance`
under 50 us for a ticket with one due threshold, opening under 150 us. Nothing is asserted.
"""

import os
import platform
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.domain.worlds import MONITOR, SAM, Story, example_policy
from tierline.domain.advance import advance, advance_to, next_due
from tierline.domain.commands import Claim, MakePlan, Note, Open
from tierline.domain.decide import decide, decide_open
from tierline.domain.evolve import fold
from tierline.domain.floor import Floor
from tierline.domain.snapshot import snapshot
from tierline.domain.tell import notices_for
from tierline.domain.terms import TicketType
from tierline.messages.events import decode_event, encode_event
from tierline.messages.state import decode_ticket, encode_ticket

CALLS = 1_000
ROUNDS = 9
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def timed(work):
    """Best and median microseconds a call over the rounds, after some calls to warm up."""
    for _ in range(50):
        work()
    rounds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter_ns()
        for _ in range(CALLS):
            work()
        rounds.append((time.perf_counter_ns() - begin) / CALLS / 1000)
    return min(rounds), statistics.median(rounds)


def works():
    """What is timed: a label, the bar in microseconds (None: no bar), and the call."""
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
    yield "next_due", None, lambda: next_due(ticket)
    yield "decide(claim)", None, lambda: decide(ticket, Claim("sam"), SAM, policy, floor, START)
    yield "decide(note)", None, lambda: decide(claimed, Note("x"), SAM, policy, floor, START)
    yield "decide(plan)", None, lambda: decide(claimed, plan, SAM, policy, floor, START)
    yield "decide_open", 150, lambda: decide_open(command, MONITOR, policy, floor, START)
    yield f"fold of {len(old.events)} events", None, lambda: fold(old.events)
    yield "notices_for", None, lambda: notices_for(last, view, policy, ("psa",))
    yield f"encode_event ({len(wire)} bytes)", None, lambda: encode_event(last, old.ticket)
    yield "decode_event", None, lambda: decode_event(wire)
    yield f"encode_ticket ({len(doc)} bytes)", None, lambda: encode_ticket(old.ticket)
    yield "decode_ticket", None, lambda: decode_ticket(doc)


def main():
    print(
        f"{platform.python_implementation()} {platform.python_version()} on {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {ROUNDS} rounds of {CALLS} calls"
    )
    print(f"{'':34}{'best us':>10}{'median us':>11}{'bar us':>8}")
    for label, bar, work in works():
        best, median = timed(work)
        print(f"{label:34}{best:10.1f}{median:11.1f}{bar or '':>8}")


if __name__ == "__main__":
    main()
