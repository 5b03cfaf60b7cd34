"""Freezes: when a client wants nothing changed, by its own clock."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.worlds import HOUR, MONDAY, P1, P3, Story, at
from tierline.domain import freezes
from tierline.domain.commands import Claim, MakePlan, PutOnHold
from tierline.domain.events import Held, Planned, Resumed
from tierline.domain.floor import Floor
from tierline.domain.freezes import Freeze, during, until, written
from tierline.domain.terms import HoldReason, State

YEAR_END = Freeze(at("2026-11-23 12:00"), at("2026-11-24 08:00"), "year end")
LATER = Freeze(at("2026-12-01 00:00"), at("2026-12-02 00:00"), "audit")
CHANGE, SCHEDULED = HoldReason.CHANGE, HoldReason.SCHEDULED


@dataclass
class Frozen(Story):
    windows: tuple[Freeze, ...] = field(default=(YEAR_END, LATER))

    @property
    def floor(self) -> Floor:
        return Floor(self.now, freezes={"Contoso": self.windows})


ONE = at("2026-11-23 13:00")


def claimed(now: datetime = MONDAY, **stated: object) -> Frozen:
    return Frozen(now=now).open(**{"priority": P3, **stated}).ok(Claim("sam"))


@pytest.mark.parametrize(
    ("start", "end", "zone", "utc"),
    [
        ("2026-12-24", "2026-12-26", "Europe/London", ("2026-12-24 00:00", "2026-12-27 00:00")),
        ("2026-07-01T18:00", "2026-07-02T06:00", "Europe/London",
         ("2026-07-01 17:00", "2026-07-02 05:00")),
        ("2026-12-24", "2026-12-24", "America/New_York", ("2026-12-24 05:00", "2026-12-25 05:00")),
        ("2026-12-24T08:00", "2026-12-24T09:00", "", ("2026-12-24 08:00", "2026-12-24 09:00")),
        # 01:30 happens twice in London on this day, and is the first of the two
        ("2026-10-25T01:30", "2026-10-25T03:00", "Europe/London",
         ("2026-10-25 00:30", "2026-10-25 03:00")),
        # 01:30 does not happen there on this one
        ("2026-03-29T01:30", "2026-03-29T04:00", "Europe/London",
         ("2026-03-29 01:30", "2026-03-29 03:00")),
    ],
)  # fmt: skip
def test_a_window_is_meant_by_the_clients_clock(start, end, zone, utc):
    found = written(start, end, zone, "x")
    assert (found.start, found.end) == tuple(map(at, utc))


def test_a_hold_for_a_change_ends_with_the_freeze_that_holds_now():
    story = claimed(ONE).ok(PutOnHold(CHANGE, "the core switch"))
    assert story.ticket.hold.until == YEAR_END.end
    assert story.last(Held).why.values["freeze_ends"] == YEAR_END.end.isoformat()
    story.until(at("2026-11-24 08:10"))
    assert story.last(Resumed).at == YEAR_END.end
    assert story.ticket.state is State.WORKING


def test_freezes_that_touch_are_one_and_what_is_said_goes_first():
    more = Freeze(YEAR_END.end, at("2026-11-25 09:00"), "more")
    story = Frozen(now=ONE, windows=(YEAR_END, more)).open(priority=P3).ok(Claim("sam"))
    story.ok(PutOnHold(CHANGE, "x"))
    assert story.ticket.hold.until == more.end
    story.ok(PutOnHold(CHANGE, "x", until=story.now + HOUR))
    assert story.ticket.hold.until == story.now + HOUR


def test_without_a_freeze_a_change_waits_as_before():
    story = claimed().ok(PutOnHold(CHANGE, "x"))
    assert story.ticket.hold.until is None


def test_work_is_not_scheduled_into_a_freeze_and_the_window_is_named():
    story = claimed()
    command = PutOnHold(SCHEDULED, "swap", until=at("2026-11-23 15:00"))
    assert story.refused(command) == "in_freeze"
    assert "2026-11-23 12:00 to 2026-11-24 08:00 UTC: year end" in story.rejected.reason
    into = PutOnHold(
        SCHEDULED, "swap", until=at("2026-11-23 11:00"), ends_at=at("2026-11-23 12:30")
    )
    assert story.refused(into) == "in_freeze"
    story.ok(PutOnHold(SCHEDULED, "swap", until=YEAR_END.end, ends_at=YEAR_END.end + HOUR))


def test_a_plan_is_not_promised_into_one():
    story = claimed()
    assert story.refused(MakePlan("swap it", at("2026-11-23 13:00"))) == "in_freeze"
    story.ok(MakePlan("swap it", at("2026-11-23 11:59")))


def test_a_p1_may_with_a_reason_that_is_kept():
    story = claimed(at("2026-11-23 12:00"), priority=P1)
    into = MakePlan("swap it", at("2026-11-23 12:30"))
    assert story.refused(into) == "in_freeze"
    story.ok(MakePlan("swap it", at("2026-11-23 12:30"), despite="the shop is down"))
    kept = story.last(Planned).why.values
    assert (kept["despite"], "year end" in kept["freeze"]) == ("the shop is down", True)
    booked = PutOnHold(SCHEDULED, "x", until=at("2026-11-23 14:00"), despite="likewise")
    assert story.ok(booked).last(Held).why.values["despite"] == "likewise"


def test_nobody_else_may_whatever_the_reason():
    into = MakePlan("swap it", at("2026-11-23 13:00"), despite="please")
    assert claimed().refused(into) == "in_freeze"


def test_another_clients_freeze_is_nothing_to_it():
    story = Frozen().open(priority=P3, client="Fabrikam").ok(Claim("sam"))
    story.ok(MakePlan("swap it", at("2026-11-23 13:00")))


SPANS = st.tuples(st.integers(0, 40), st.integers(1, 10))


@given(spans=st.lists(SPANS, max_size=6), start=st.integers(0, 60), length=st.integers(0, 10))
def test_what_runs_into_a_freeze_is_found_and_what_ends_is_free(spans, start, length):
    windows = [Freeze(MONDAY + a * HOUR, MONDAY + (a + n) * HOUR, "x") for a, n in spans]
    begin = MONDAY + start * HOUR
    end = begin + length * HOUR if length else None
    touched = any(
        a <= hour < a + n for a, n in spans for hour in range(start, start + max(length, 1))
    )
    assert (during(windows, begin, end) is not None) is touched
    free = until(windows, begin)
    assert (free is None) is (freezes.at(windows, begin) is None)
    if free is not None:
        assert freezes.at(windows, free) is None
        hours = int((free - begin) / HOUR)
        assert all(freezes.at(windows, begin + n * HOUR) for n in range(hours))
