"""Why did this event happen?"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tierline.domain.clock import Clock
from tierline.domain.clock_ledger import clock_ledger
from tierline.domain.events import Event, Threshold
from tierline.domain.explain.account import Account, Case, versions
from tierline.domain.explain.causes import cause_of
from tierline.domain.explain.phrases import floor_words, length, when
from tierline.domain.explain.seen import Seen
from tierline.domain.terms import ClockName
from tierline.domain.ticket import Ticket

BY_TIER_CLOCK = frozenset({"tier lapse"})
"""Rules by which time moves a ticket because its tier's limit ran out."""


def why_event(case: Case, seq: int) -> Account:
    """Why event `seq` happened: rule or clock, policy, values, what had counted, hold and floor.

    Raises NothingToExplainError where the ticket has no such event.
    """
    event = case.event(seq)
    before = case.after(seq - 1)
    clock, until = _counted(event, before)
    pinned = str(event.why.values.get("pinned_policy") or (clock.policy if clock else ""))
    words = [
        cause_of(Seen(case, event, before)),
        _rule(event, pinned),
        *_clock_words(clock),
        floor_words(event.why.values.get("floor")),
        *_changes(event, before),
    ]
    return Account(
        words=tuple(word for word in words if word),
        decided_by=event.why.rule,
        policies=versions(event.why.policy, pinned),
        values=_values(event, before),
        events=(seq,),
        clock=clock,
        ledger=clock_ledger(clock, case.policy.calendars, until=until) if clock else None,
    )


def _counted(event: Event, before: Ticket | None) -> tuple[Clock | None, datetime | None]:
    """The clock whose running out or on brought the event about, and the instant it did."""
    if before is None:
        return None, None
    if isinstance(event.what, Threshold):
        return before.clocks.get(event.what.clock), event.what.due
    if event.why.rule in BY_TIER_CLOCK:
        return before.clocks.get(ClockName.TIER), None
    return None, None


def _rule(event: Event, pinned: str) -> str:
    promised = f"; the promise is pinned to policy {pinned}" if pinned else ""
    rule = event.why.rule or "none"
    return f"Rule: {rule}, under policy {event.why.policy}{promised}."


def _clock_words(clock: Clock | None) -> Iterator[str]:
    if clock is not None:
        started = when(clock.started_at)
        holds = f", held on {', '.join(clock.holds)}" if clock.holds else ""
        yield f"The {clock.name} clock of {length(clock.target_s)} started at {started}{holds}."


def _values(event: Event, before: Ticket | None) -> dict[str, Any]:
    hold = before.hold if before else None
    held = {"reason": hold.reason, "since": hold.since.isoformat()} if hold else None
    return {**event.why.values, "hold": held, "cause": event.cause, "by": event.by.kind}


def _changes(event: Event, before: Ticket | None) -> Iterator[str]:
    """What it did to the clocks."""
    for clock in event.clocks:
        was = before.clocks.get(clock.name) if before else None
        if change := _change(was, clock):
            yield f"The {clock.name} clock {change}."


def _change(was: Clock | None, clock: Clock) -> str:
    if clock.met_at is not None:
        return "was met" if was is None or was.met_at is None else ""
    if clock.over:
        return "ended" if was is None or not was.over else ""
    if was is None or was.cycle != clock.cycle or was.started_at != clock.started_at:
        return f"started, due {when(clock.due)}" if clock.due else "started"
    if was.running and not clock.running:
        return f"stopped ({clock.stopped_by})"
    if clock.running and clock.due and (not was.running or was.due != clock.due):
        return f"went on, due {when(clock.due)}"
    return ""
