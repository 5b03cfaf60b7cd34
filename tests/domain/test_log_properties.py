"""Any history of a ticket, told again: what its log must say, whoever looked at it and when."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.anything import busy_floor, likely, openings, policies
from tests.domain.test_properties import STARTS, THOROUGH, _as_happened
from tests.domain.worlds import MONITOR
from tierline.domain.advance import advance_to
from tierline.domain.clock import MICROSECOND
from tierline.domain.commands import Asker, Command, Open
from tierline.domain.decide import decide, decide_open
from tierline.domain.due_ledger import segments
from tierline.domain.events import (
    ApprovalAnswered,
    Event,
    Held,
    Moved,
    Noted,
    Prioritised,
    Reopened,
    Resumed,
    Retyped,
)
from tierline.domain.evolve import evolve, fold
from tierline.domain.instants import to_us
from tierline.domain.policy import Policy
from tierline.domain.terms import CLIENT_CLOCKS, ClockName
from tierline.domain.ticket import Ticket
from tierline.replay.books import ZERO, time_books
from tierline.replay.oracle import state_hash

Step = tuple[datetime, Command, Asker]

MOVERS: dict[ClockName, tuple[type, ...]] = dict.fromkeys(
    CLIENT_CLOCKS,
    (Held, Resumed, ApprovalAnswered, Moved, Prioritised, Retyped, Reopened),
) | {
    ClockName.RESPOND: (ApprovalAnswered, Moved, Prioritised, Retyped, Reopened),
    ClockName.UPDATE: (
        Held,
        Resumed,
        ApprovalAnswered,
        Moved,
        Prioritised,
        Retyped,
        Reopened,
        Noted,
    ),
}
"""What may move the due instant of a promise to the client; time itself never does.

A move ends a hold, so that the promise runs on.
"""

# The thorough ones take minutes each: the default is for what may hang.
pytestmark = pytest.mark.timeout(7_200 if THOROUGH else 900)

any_history = settings(
    max_examples=3_000 if THOROUGH else 150,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=not THOROUGH,
)


class History:
    """What was asked of one ticket and when, and the log that came of it."""

    def __init__(self, opening: Open, policy: Policy, start: datetime) -> None:
        self.opening, self.policy, self.start = opening, policy, start
        self.steps: list[Step] = []
        self.end = start

    def run(self, *, looks: Sequence[datetime] = ()) -> tuple[Ticket, list[Event]]:
        """The ticket and its log; at each of `looks` time is let pass beside the commands."""
        floor = busy_floor(self.start)
        made = decide_open(self.opening, MONITOR, self.policy, floor, self.start, cause="alert:1")
        ticket, events = made.ticket, list(made.events)
        waiting = sorted(looks)
        for at, command, asker in self.steps:
            while waiting and waiting[0] < at:
                ticket, passed = advance_to(ticket, self.policy, floor, waiting.pop(0))
                events += passed
            done = decide(ticket, command, asker, self.policy, floor, at, cause="c")
            ticket = done.ticket
            events += done.events
        for look in [*waiting, self.end]:
            ticket, passed = advance_to(ticket, self.policy, floor, look)
            events += passed
        return ticket, events


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Up to a dozen commands that make sense, minutes to days apart."""
    policy, start = draw(policies()), draw(st.sampled_from(STARTS))
    history = History(draw(openings(start)), policy, start)
    for _ in range(draw(st.integers(0, 12))):
        history.end += timedelta(seconds=draw(st.integers(0, 100_000)))
        ticket, _ = history.run()
        command, asker = draw(likely(ticket, history.end))
        history.steps.append((history.end, command, asker))
    history.end += timedelta(seconds=draw(st.integers(0, 1_000_000)))
    return history


def looks_within(history: History) -> st.SearchStrategy[list[datetime]]:
    seconds = int((history.end - history.start) / timedelta(seconds=1))
    moment = st.integers(0, seconds).map(lambda s: history.start + timedelta(seconds=s))
    return st.lists(moment, max_size=12)


@any_history
@given(history=histories(), data=st.data())
def test_who_looked_at_it_and_when_makes_no_difference(history, data):
    """The same commands, with time let pass at any other instants as well: the same log."""
    plain, events = history.run()
    looked_at, others = history.run(looks=data.draw(looks_within(history)))
    assert [_as_happened(e) for e in events] == [_as_happened(e) for e in others]
    assert state_hash({"it": plain}) == state_hash({"it": looked_at})
    assert replace(plain, recorded_at=None) == replace(looked_at, recorded_at=None)


@any_history
@given(history=histories())
def test_a_history_told_again_has_the_same_hash_and_is_the_fold_of_its_log(history):
    ticket, events = history.run()
    again, _ = history.run()
    assert (
        state_hash({"it": ticket}) == state_hash({"it": again}) == state_hash({"it": fold(events)})
    )


@any_history
@given(history=histories())
def test_every_microsecond_stands_in_exactly_one_column_of_the_books(history):
    """Counted in a tier, held, outside the hours, under a plan, finished: they sum to the whole."""
    ticket, events = history.run()
    books = time_books(events, history.policy.calendars, history.end)
    parts = [*books.tiers.values(), *books.holds.values(), books.closed, books.finished]
    assert sum(parts, books.stopped) == books.wall == history.end - events[0].at
    assert all(part >= ZERO for part in parts)
    assert ticket.open or books.finished > ZERO or ticket.closed_at == history.end


@any_history
@given(history=histories())
def test_a_promise_to_the_client_moves_only_by_what_may_move_it(history):
    _, events = history.run()
    ticket: Ticket | None = None
    standing: dict[tuple[ClockName, int], datetime] = {}
    for event in events:
        paused = ticket is not None and ticket.hold is not None
        ticket = evolve(ticket, event)
        ends_a_pause = paused and isinstance(event.what, Moved)
        for clock in ticket.clocks.values():
            if clock.name not in CLIENT_CLOCKS or clock.due is None or clock.over:
                continue
            place = (clock.name, clock.cycle)
            if standing.get(place, clock.due) != clock.due and not ends_a_pause:
                assert isinstance(event.what, MOVERS[clock.name]), (clock.name, event.what)
            standing[place] = clock.due


@any_history
@given(history=histories())
def test_the_segments_of_every_running_clock_sum_to_its_target(history):
    """What its finished runs banked, and the open segments from here to the due instant."""
    ticket, _ = history.run()
    for clock in ticket.clocks.values():
        if clock.running_since is None or clock.due is None:
            continue
        calendar = history.policy.calendars[clock.calendar]
        ahead = segments(calendar, to_us(clock.running_since), to_us(clock.due), ())
        counted = sum((part.counted for part in ahead), ZERO) // MICROSECOND
        left = clock.target_s * 1_000_000 - clock.carried_us
        assert counted == max(0, left)
        assert (
            sum((part.end - part.start for part in ahead), ZERO) == clock.due - clock.running_since
        )
