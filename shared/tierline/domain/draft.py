"""A decision being made: events appended to a ticket, with its clocks kept in line with its state.

Which clocks run follows from the state alone (`should_run`); a handler only says what happened and
which clocks start, are met or end. Holds, plans, claims and hand-overs then stop and resume the
right ones without a case of their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from tierline.domain import clock as clocks
from tierline.domain import triggers
from tierline.domain.amend import amended
from tierline.domain.clock import Clock
from tierline.domain.events import Actor, Event, Opened, Threshold, What, Why
from tierline.domain.evolve import evolve
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.domain.terms import ClockName, State
from tierline.domain.ticket import Ticket


@dataclass(slots=True)
class Draft:
    """Events decided so far, and the ticket they make. `now` is UTC policy time."""

    policy: Policy
    floor: Floor
    now: datetime
    ticket: Ticket
    events: list[Event] = field(default_factory=list)

    @classmethod
    def begin(
        cls,
        policy: Policy,
        floor: Floor,
        now: datetime,
        *,
        id: int,  # noqa: A002 - the ticket's own word
        at: datetime,
        by: Actor,
        what: Opened,
        why: Why,
        cause: str,
        started: Iterable[Clock],
    ) -> "Draft":
        """A draft whose ticket is being opened at the instant `at` (acceptance)."""
        event = Event(
            ticket=id,
            seq=1,
            at=at,
            recorded_at=now,
            by=by,
            what=what,
            why=why,
            cause=cause,
            clocks=tuple(started),
        )
        return cls(policy, floor, now, evolve(None, event), [event])

    @property
    def next_seq(self) -> int:
        """The seq of the event to come: a unique cycle for an internal clock."""
        return self.ticket.seq + 1

    def clock(self, name: ClockName) -> Clock | None:
        """The ticket's clock of that name, if it ever started."""
        return self.ticket.clocks.get(name)

    def why(self, rule: str, **values: Any) -> Why:
        """A reason under the policy in force."""
        return Why(rule, self.policy.version, values)

    def emit(
        self,
        what: What,
        *,
        at: datetime,
        by: Actor,
        why: Why,
        cause: str = "",
        changed: Iterable[Clock] = (),
        review_at: datetime | None = None,
    ) -> None:
        """Append one event at the UTC instant `at`, with the clocks it changes brought in line."""
        event = Event(
            ticket=self.ticket.id,
            seq=self.next_seq,
            at=at,
            recorded_at=self.now,
            by=by,
            what=what,
            why=why,
            cause=cause,
            clocks=tuple(changed),
            review_at=review_at,
        )
        ticket = evolve(self.ticket, event)
        # A threshold that is told changes nothing that says which clocks run.
        told = isinstance(what, Threshold)
        if not told and (aligned := _aligned(ticket, at, self.policy.calendars)):
            merged = {clock.name: clock for clock in (*event.clocks, *aligned)}
            event = amended(event, clocks=tuple(merged.values()))
            ticket = amended(ticket, clocks={**ticket.clocks, **merged})
        if type(what) in triggers.TURNS and (self.policy.management or ticket.watch):
            watch = triggers.watching(self.policy, ticket, what, at)
            if watch != ticket.watch:
                event = amended(event, watch=watch)
                ticket = amended(ticket, watch=watch)
        self.ticket = ticket
        self.events.append(event)


OUR_OWN: Final = frozenset({ClockName.TIER, ClockName.QUEUE, ClockName.SILENT})
"""Clocks of the work itself: they stand still while that is done under a major incident."""


def should_run(clock: Clock, ticket: Ticket) -> str:
    """Empty where time counts against `clock` in the ticket's state, else why it does not."""
    name = clock.name
    if name is ClockName.CONFIRM:
        return "" if ticket.state is State.RESOLVED else "void"
    if name is ClockName.VENDOR:
        return "" if ticket.vendor is not None and ticket.open else "void"
    if not ticket.active:
        return "void"
    if ticket.under is not None and name in OUR_OWN:
        return "parent"
    if name is ClockName.TIER:
        if ticket.hold is not None:
            return "hold"
        return "plan" if ticket.plan is not None else ""
    if name is ClockName.QUEUE:
        return "" if ticket.unclaimed else "hold"
    if name is ClockName.SILENT:
        return "" if ticket.state is State.WORKING and ticket.owner else "hold"
    hold = ticket.hold
    if hold is not None and hold.reason in clock.holds and not hold.resold:
        return f"hold:{hold.reason}"
    return ""


def _aligned(ticket: Ticket, at: datetime, calendars: Mapping[str, Any]) -> list[Clock]:
    """The clocks that the ticket's state stops or lets run on, as they are after `at`."""
    changed = []
    for clock in ticket.clocks.values():
        if clock.over:
            continue
        reason, running = should_run(clock, ticket), clock.running_since is not None
        if not reason:
            if not running:
                changed.append(clocks.resume(clock, at, calendars))
        elif reason == "void":
            changed.append(clocks.void(clock, at, calendars))
        elif running:
            changed.append(clocks.stop(clock, at, reason, calendars))
        elif clock.stopped_by != reason:
            changed.append(amended(clock, stopped_by=reason))
    return changed
