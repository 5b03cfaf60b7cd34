"""Any ticket, any policy, any commands and waits: what holds after each step.

`TIERLINE_HYPOTHESIS=thorough` looks at many more.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.domain.anything import (
    ASKERS,
    CALENDARS,
    busy_floor,
    commands,
    likely,
    openings,
    policies,
)
from tests.domain.anything_overseen import check_calls, check_unfinished
from tests.domain.test_clock_ledger import check_ledgers
from tests.domain.worlds import MONITOR
from tierline.domain.advance import advance, advance_to, next_due
from tierline.domain.business_time import Interval, add, add_each, open_between
from tierline.domain.changes import is_call_out
from tierline.domain.clock import used_us
from tierline.domain.decide import decide, decide_open
from tierline.domain.events import (
    ApprovalAnswered,
    Event,
    Lapsed,
    Moved,
    Prioritised,
    ProposalDeclined,
    Reopened,
    Retyped,
    Routed,
    TermsMoved,
    Threshold,
)
from tierline.domain.evolve import evolve, fold
from tierline.domain.promises import LEAST_LEFT_S
from tierline.domain.snapshot import snapshot
from tierline.domain.tell import notices_for, still_wanted
from tierline.domain.terms import CLIENT_CLOCKS, ClockName, Mode, OverBudget, State
from tierline.messages.events import decode_event, encode_event
from tierline.messages.state import decode_ticket, encode_ticket

THOROUGH = os.environ.get("TIERLINE_HYPOTHESIS") == "thorough"
US = timedelta(microseconds=1)
STARTS = (
    datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    datetime(2026, 12, 24, 11, 59, 59, 999_999, tzinfo=UTC),
    datetime(2027, 3, 27, 21, 30, tzinfo=UTC),
    datetime(2027, 10, 30, 22, 15, tzinfo=UTC),
)
"""A plain morning, the eve of a holiday, and the nights of both changes of the clocks."""


class TicketMachine(RuleBasedStateMachine):
    """One ticket, pushed about. Each rule is a step; the invariants are checked after each."""

    @initialize(policy=policies(), start=st.sampled_from(STARTS), data=st.data())
    def begin(self, policy, start, data):
        self.policy, self.now = policy, start
        command = data.draw(openings(start))
        done = decide_open(command, MONITOR, policy, busy_floor(start), start, cause="alert:1")
        self.ticket, self.events, self.checked = done.ticket, list(done.events), 0
        self.before = None

    @rule(seconds=st.integers(1, 20 * 86_400), parts=st.integers(2, 5))
    def wait(self, seconds, parts):
        """In one go and in several: the same happens."""
        self._until(self.now + timedelta(seconds=seconds), parts)

    @rule(seconds=st.integers(1, 7_200))
    def wait_a_little(self, seconds):
        self._until(self.now + timedelta(seconds=seconds), 2)

    @rule(offset=st.integers(-1, 1))
    def wait_until_something_is_due(self, offset):
        due = next_due(self.ticket)
        if due is not None:
            self._until(max(self.now, due + offset * US), 1)

    @rule(data=st.data(), late=st.integers(0, 3_600))
    def likely_command(self, data, late):
        self.now += timedelta(seconds=late)
        self._do(*data.draw(likely(self.ticket, self.now)))

    @rule(data=st.data())
    def another_command(self, data):
        self._do(*data.draw(likely(self.ticket, self.now)))

    @rule(data=st.data(), minutes=st.integers(0, 40))
    def a_command_some_minutes_on(self, data, minutes):
        self.now += timedelta(minutes=minutes)
        self._do(*data.draw(likely(self.ticket, self.now)))

    @rule(data=st.data(), asker=ASKERS)
    def any_command(self, data, asker):
        """Whatever it says and whoever asks: it never raises."""
        seq = self.ticket.proposal.seq if self.ticket.proposal else 0
        self._do(data.draw(commands(self.now, seq)), asker)

    def _do(self, command, asker):
        """A command, perhaps some time after anybody looked."""
        floor = busy_floor(self.now)
        aged, passed = advance_to(self.ticket, self.policy, floor, self.now)
        done = decide(self.ticket, command, asker, self.policy, floor, self.now, cause="c")
        if done.rejected is not None:
            assert (done.ticket, list(done.events)) == (aged, passed), "a refusal keeps only time"
            assert done.rejected.code
            assert done.rejected.reason
        else:
            assert done.ticket.seq > aged.seq, "what is accepted is an event"
        self._took(done.ticket, done.events)

    def _until(self, instant, parts):
        floor = busy_floor(self.now)
        whole, events = advance_to(self.ticket, self.policy, floor, instant)
        stepwise, pieces = self.ticket, []
        for part in range(1, parts + 1):
            moment = self.now + (instant - self.now) * part / parts
            stepwise, new = advance_to(stepwise, self.policy, floor, moment)
            pieces += new
        assert [_as_happened(e) for e in events] == [_as_happened(e) for e in pieces]
        assert replace(whole, recorded_at=None) == replace(stepwise, recorded_at=None)
        self.now = instant
        self._took(whole, events)

    def _took(self, ticket, events):
        self.ticket = ticket
        self.events += events

    @invariant()
    def every_clock_has_a_ledger_that_adds_up(self):
        check_ledgers(self.ticket, self.policy, self.now)

    @invariant()
    def the_state_is_the_fold_of_gapless_events(self):
        assert [e.seq for e in self.events] == list(range(1, len(self.events) + 1))
        assert fold(self.events) == self.ticket

    @invariant()
    def each_new_event_is_sound(self):
        new = self.events[self.checked :]
        ticket = fold(self.events[: self.checked]) if self.checked else None
        last = self.events[self.checked - 1].at if self.checked else self.events[0].at
        for event in new:
            assert last <= event.at <= event.recorded_at <= self.now
            last = event.at
            after = evolve(ticket, event)
            if ticket is not None:
                _check_clocks(ticket, after, event, self.policy)
            _check_told(event, after, self.policy)
            assert decode_event(encode_event(event, after)).event == event
            ticket = after
        self.checked = len(self.events)

    @invariant()
    def the_ticket_survives_being_stored(self):
        assert decode_ticket(encode_ticket(self.ticket)) == self.ticket

    @invariant()
    def nothing_is_left_due(self):
        due = next_due(self.ticket)
        assert (due is not None) == self.ticket.open
        assert due is None or due > self.now
        assert advance(self.ticket, self.policy, busy_floor(self.now), self.now) == []

    @invariant()
    def each_threshold_fires_once_and_none_is_skipped(self):
        said = [
            (e.what.clock, e.what.cycle, e.what.fraction)
            for e in self.events
            if isinstance(e.what, Threshold)
        ]
        assert len(said) == len(set(said))
        for clock in self.ticket.clocks.values():
            assert clock.fired == clock.thresholds[: len(clock.fired)], "in order, none left out"
            if clock.running:
                used = used_us(clock, self.now, self.policy.calendars)
                behind = {f for f in clock.thresholds if f * clock.target_s * 1_000_000 <= used}
                assert behind <= set(clock.fired)

    @invariant()
    def each_trigger_calls_once_a_cycle_and_none_that_holds_is_skipped(self):
        check_calls(self.events, self.ticket, self.policy, self.now)

    @invariant()
    def open_actions_and_an_analysis_owed_keep_a_ticket_open(self):
        check_unfinished(self.events, self.ticket)

    @invariant()
    def the_right_clocks_run(self):
        ticket = self.ticket
        for clock in ticket.clocks.values():
            if clock.running:
                assert not clock.over
                assert clock.running == _may_run(clock.name, ticket, self.policy)
                assert len(clock.dues) == len(clock.thresholds)
            else:
                assert clock.dues == ()
                assert clock.over or not _may_run(clock.name, ticket, self.policy)

    @invariant()
    def a_due_instant_is_what_the_ledger_of_the_log_says(self):
        """Target, hours and holds of the whole life in one sum, instead of run by run."""
        if any(_moves_terms(event) for event in self.events):
            return
        for name in CLIENT_CLOCKS - {ClockName.UPDATE}:
            clock = self.ticket.clocks.get(name)
            if clock is None or clock.over:
                continue
            holds = list(_held(self.events, name, self.policy))
            calendar = self.policy.calendars[clock.calendar]
            target = timedelta(seconds=clock.target_s)
            due = add(calendar, clock.started_at, target, holds)
            if due is None or due > self.now:
                assert clock.due == due
            else:
                assert clock.breached_at == due

    @invariant()
    def the_tier_clock_is_the_open_time_of_its_visits(self):
        """Since the last topping up, whatever groups and visits it took."""
        tier = self.ticket.clocks.get(ClockName.TIER)
        if tier is None or tier.over or tier.cycle not in {e.seq for e in self.events}:
            return
        if any(isinstance(e.what, Retyped) for e in self.events):
            return  # a request's time is no tier's
        since, extra = self._last_top_up()
        hours = [
            open_between(hours, begin, end) // US
            for tier_name, hours, begin, end in _at_work(self.events, self.policy, self.now)
            if tier_name == self.ticket.tier and begin >= since
        ]
        used = used_us(tier, self.now, self.policy.calendars)
        assert used == sum(hours) + extra

    def _last_top_up(self):
        """When the tier's clock last had its ten minutes, and what stood used then."""
        for event in reversed(self.events):
            clock = next((c for c in event.clocks if c.name is ClockName.TIER), None)
            if getattr(event.what, "topped_up", False) and clock is not None:
                tier = getattr(event.what, "to_tier", "") or event.what.tier
                if tier == self.ticket.tier:
                    return event.at, max(0, clock.target_s - LEAST_LEFT_S) * 1_000_000
        return self.events[0].at, 0

    @invariant()
    def a_limit_that_ran_out_is_not_swallowed(self):
        """It moves the ticket, or is owed, or waits for people, or they have decided."""
        ticket, tier = self.ticket, self.ticket.clocks.get(ClockName.TIER)
        if ticket.mode is not Mode.ACT or tier is None or not tier.running:
            return
        stay = _of_the_stay(self.events)
        lapsed = any(isinstance(e, Lapsed) and e.clock is ClockName.TIER for e in stay)
        waits = ticket.owed_at or ticket.assist_until or ticket.proposal
        decided = any(isinstance(e, ProposalDeclined) for e in stay)
        if lapsed and not waits and not decided:
            step = self.policy.paths[ticket.path].step_after(ticket.tier, self.policy.tiers)
            assert step is None or step.over_budget is OverBudget.SKIP, "it should have moved"

    @invariant()
    def the_parts_of_the_state_agree(self):
        ticket = self.ticket
        assert (ticket.state is State.ON_HOLD) == (ticket.hold is not None)
        if ticket.state in {State.QUEUED, State.WORKING}:
            assert (ticket.state is State.WORKING) == bool(ticket.owner)
        if ticket.plan is not None:
            assert ticket.owner
            assert ticket.active
        assert (ticket.closed_at is not None) == (ticket.state is State.CLOSED)
        assert ticket.quiet_until is None or not ticket.touched
        assert ticket.group == ticket.trail[-1]
        assert self.policy.groups[ticket.group].tier == ticket.tier


def _of_the_stay(events):
    """What has happened since the ticket came where it is."""
    said = [event.what for event in events]
    came = [i for i, what in enumerate(said) if isinstance(what, Moved | Routed | Reopened)]
    return said[came[-1] :] if came else said


def _held(events, name, policy):
    """The stretches a client clock was held, read from the log."""
    ticket = None
    for event, following in zip(events, [*events[1:], None], strict=True):
        ticket = evolve(ticket, event)
        if ticket.hold is None or ticket.hold.resold or name is ClockName.RESPOND:
            continue
        if name in policy.slas["gold"].on_hold.get(ticket.hold.reason, ()):
            yield Interval(event.at, following and following.at)


def _at_work(events, policy, now):
    """The stretches that count in a tier, read from the log: (tier, hours, from, to)."""
    ticket = None
    for event, following in zip(events, [*events[1:], None], strict=True):
        ticket = evolve(ticket, event)
        at_work = ticket.group and ticket.state in {State.QUEUED, State.WORKING}
        if at_work and not (ticket.plan or ticket.under or ticket.delayed_until):
            end = following.at if following else now
            yield ticket.tier, policy.groups[ticket.group].hours, event.at, end


def _as_happened(event: Event) -> Event:
    """An event without when and how late it was seen."""
    what = event.what
    if hasattr(what, "collapsed"):
        what = replace(what, collapsed=False)
    if hasattr(what, "late_s"):
        what = replace(what, late_s=0.0)
    return replace(event, what=what, recorded_at=event.at)


def _check_clocks(before, after, event, policy):
    """Clocks change only by an event that lists them; what is used is what their runs were open."""
    listed = {clock.name for clock in event.clocks}
    for name, clock in after.clocks.items():
        old = before.clocks.get(name)
        if name not in listed:
            assert clock == old
        elif old is not None and old.cycle == clock.cycle and not _recounts(event):
            assert clock.runs[: len(old.runs)] == old.runs
            added = clock.runs[len(old.runs) :]
            used = sum(
                open_between(policy.calendars[run.calendar], run.since, run.until) // US
                for run in added
            )
            assert clock.carried_us == old.carried_us + used
            assert set(old.fired) <= set(clock.fired)
            assert old.breached_at in {None, clock.breached_at}, "a breach stays a fact"
        if old is not None and old.cycle != clock.cycle:
            assert clock.cycle > old.cycle
    if not isinstance(event.what, Reopened):
        for name, clock in after.clocks.items():
            if (old := before.clocks.get(name)) and old.met_at and old.cycle == clock.cycle:
                assert clock.met_at == old.met_at, "what is met stays met"


def _recounts(event):
    return isinstance(event.what, Prioritised | Retyped | TermsMoved)


def _moves_terms(event):
    """Whether promises are on other terms from `event` on: then no one sum tells their due."""
    if isinstance(event.what, ApprovalAnswered):
        return is_call_out(event.what.approval)
    return isinstance(event.what, Prioritised | Reopened | Retyped | TermsMoved)


def _check_told(event, after, policy):
    view = snapshot(after)
    notices = notices_for(event, view, policy, ("psa",))
    assert len({(n.kind, n.recipient) for n in notices}) == len(notices)
    for notice in notices:
        assert notice.recipient
        assert notice.why
        mine = (notice.kind, notice.recipient) == (event.by.kind, event.by.name)
        assert notice.suppressed or not mine, "nobody hears of what they did"
        assert notice.suppressed or after.mode != "watch"
        assert isinstance(still_wanted(notice, event.seq, view), str)


def _may_run(name, ticket, policy):
    """Whether time counts against a clock that is not over, said anew from the rules."""
    if name is ClockName.CONFIRM:
        return ticket.state is State.RESOLVED
    if name is ClockName.VENDOR:
        return ticket.vendor is not None and ticket.state is not State.CLOSED
    if ticket.state in {State.RESOLVED, State.CLOSED}:
        return False
    if ticket.under is not None and name not in CLIENT_CLOCKS:
        return False
    if name is ClockName.QUEUE:
        return ticket.state is State.QUEUED
    if name is ClockName.SILENT:
        return ticket.state is State.WORKING
    if name is ClockName.TIER:
        return ticket.state is not State.ON_HOLD and ticket.plan is None
    assert name in CLIENT_CLOCKS
    if name is ClockName.RESPOND or ticket.hold is None or ticket.hold.resold:
        return True
    return name not in policy.slas["gold"].on_hold.get(ticket.hold.reason, ())


TicketMachine.TestCase.settings = settings(
    max_examples=2_000 if THOROUGH else 120,
    stateful_step_count=60 if THOROUGH else 25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=not THOROUGH,
)
# A busy machine takes its time: the default of two minutes is for what may hang.
TestAnyTicket = pytest.mark.timeout(7_200 if THOROUGH else 900)(TicketMachine.TestCase)


@given(
    calendar=st.sampled_from(CALENDARS),
    start=st.sampled_from(STARTS),
    minutes=st.lists(st.integers(0, 3_000), max_size=4),
)
def test_several_targets_at_once_are_due_when_each_alone_is(calendar, start, minutes):
    spans = [timedelta(minutes=count) for count in minutes]
    assert add_each(calendar, start, spans) == tuple(add(calendar, start, span) for span in spans)
