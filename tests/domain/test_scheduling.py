"""Work that is booked: from when until when, and what becomes of it."""

import pytest

from tests.domain.worlds import HOUR, MINUTE, MONDAY, TOM, Story, at
from tierline.domain.booking import Booking
from tierline.domain.commands import Claim, Move, PutOnHold, Resolve, Resume
from tierline.domain.events import Held, Resumed
from tierline.domain.terms import HoldReason, State

SCHEDULED = HoldReason.SCHEDULED
TEN = MONDAY + HOUR
BOOK = PutOnHold(SCHEDULED, "the new phones", "Jo", until=TEN, ends_at=TEN + 2 * HOUR)


def booked(command: PutOnHold = BOOK) -> Story:
    return Story().call().ok(Claim("sam")).ok(command)


def test_a_booking_has_a_start_and_an_end():
    story = booked()
    assert story.ticket.booking == Booking(TEN, TEN + 2 * HOUR)
    assert (story.ticket.hold.until, story.ticket.state) == (TEN, State.ON_HOLD)
    assert not story.clock("resolve").running


def test_its_start_ends_the_hold_and_reminds_the_owner():
    story = booked().wait(HOUR)
    assert (story.last(Resumed).at, story.ticket.state) == (TEN, State.WORKING)
    assert story.told(Resumed) == {("sam", "scheduled start", "notify")}
    assert story.ticket.booking == Booking(TEN, TEN + 2 * HOUR), "it goes on as agreed"


def test_an_end_of_another_hold_reminds_nobody():
    story = booked(PutOnHold(HoldReason.CHANGE, "x", until=TEN)).wait(HOUR)
    assert story.told(Resumed) == set()
    assert story.ticket.booking is None


@pytest.mark.parametrize(
    "gone", [Resume("they are here"), Move("x", to_group="Network"), Resolve("done")]
)
def test_what_ends_it_early_frees_the_time(gone):
    assert booked().ok(gone).ticket.booking is None


def test_it_is_booked_anew():
    later = PutOnHold(SCHEDULED, "moved", until=at("2026-11-24 09:00"))
    story = booked().wait(HOUR).ok(later)
    assert story.ticket.booking == Booking(at("2026-11-24 09:00"))
    assert story.last(Held).what.booking == story.ticket.booking


def test_another_hold_in_between_does_not_free_it():
    story = booked().ok(PutOnHold(HoldReason.CLIENT, "which desk?"), TOM)
    assert story.ticket.booking == Booking(TEN, TEN + 2 * HOUR)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (PutOnHold(SCHEDULED, "x", until=TEN, ends_at=TEN), "invalid"),
        (PutOnHold(SCHEDULED, "x", until=TEN, ends_at=TEN - MINUTE), "invalid"),
        (PutOnHold(SCHEDULED, "x", ends_at=TEN), "invalid"),
        (PutOnHold(HoldReason.CLIENT, "x", until=TEN, ends_at=TEN + HOUR), "invalid"),
        (PutOnHold(SCHEDULED, "x", until=TEN, ends_at=MONDAY), "instant_past"),
    ],
)
def test_an_end_without_sense_is_refused(command, code):
    assert Story().call().ok(Claim("sam")).refused(command) == code


def test_scheduled_without_a_time_is_no_booking():
    assert booked(PutOnHold(SCHEDULED, "some day")).ticket.booking is None
