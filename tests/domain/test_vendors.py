"""A vendor's part: its own case, promise and chases, managed to closure."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.worlds import (
    HOUR,
    KIM,
    MINUTE,
    MONDAY,
    SAM,
    TOM,
    Story,
    example_policy,
    minutes,
)
from tierline.domain.commands import (
    Claim,
    Close,
    CloseVendorCase,
    Move,
    OpenVendorCase,
    PutOnHold,
    Resolve,
    Resume,
    UpdateVendorCase,
)
from tierline.domain.events import Held, Lapsed, Reviewed, VendorCaseClosed
from tierline.domain.policy import Path, Step
from tierline.domain.terms import ClockName, HoldReason
from tierline.domain.vendor import Vendor

ASK = OpenVendorCase("Northgrid", "replace the line card", "NG-77", "Pat", MONDAY + 4 * HOUR)


def asked() -> Story:
    return Story().open().ok(Claim("sam")).ok(ASK)


def chases(story: Story) -> list[Reviewed]:
    return [event for event in story.all(Reviewed) if event.what.kind == "vendor"]


def test_a_case_has_a_reference_a_promise_with_a_clock_and_a_chase():
    story = asked()
    case = story.ticket.vendor
    assert (case.vendor, case.reference, case.contact) == ("Northgrid", "NG-77", "Pat")
    assert story.clock("vendor").due == MONDAY + 4 * HOUR
    assert case.next_chase == MONDAY + timedelta(days=1)


def test_the_vendors_record_says_how_long_they_may_be_silent():
    """Rather than the step or the policy, and as it was when the case was opened."""
    story = Story().open().ok(Claim("sam"))
    story.ok(replace(ASK, record=Vendor(chase=minutes(90))))
    assert story.ticket.vendor.next_chase == MONDAY + 90 * MINUTE
    story.wait(90 * MINUTE)
    assert story.ticket.vendor.next_chase == MONDAY + 180 * MINUTE
    story.ok(UpdateVendorCase("looking"), TOM)
    assert story.ticket.vendor.next_chase == MONDAY + 180 * MINUTE
    assert [event.at for event in chases(story)] == [MONDAY + 90 * MINUTE]


def waiting_for(record: Vendor) -> Story:
    policy = example_policy()
    sla = policy.slas["gold"]
    holds = {**sla.on_hold, HoldReason.VENDOR: frozenset({ClockName.RESOLVE, ClockName.PLAN})}
    policy = replace(policy, slas={"gold": replace(sla, on_hold=holds)})
    story = Story(policy).call().ok(Claim("sam"))
    return story.ok(PutOnHold(HoldReason.VENDOR, "the card", "Northgrid", record=record))


def test_a_vendor_we_resell_is_our_part_and_stops_no_promise_to_the_client():
    """`resolve` holds on a vendor where the agreement says so, never for one we resell."""
    theirs, ours = waiting_for(Vendor()), waiting_for(Vendor(resold=True))
    assert not theirs.clock("resolve").running
    assert ours.clock("resolve").running
    assert not ours.clock("tier").running, "the clocks of our own work stand still on any hold"
    assert theirs.last(Held).why.values["stops"] == ["plan", "resolve", "silent", "tier"]
    assert ours.last(Held).why.values["stops"] == ["silent", "tier"]
    assert ours.last(Held).why.values["resold"] is True
    due = ours.clock("resolve").due
    ours.wait(HOUR).ok(PutOnHold(HoldReason.VENDOR, "the card", "Northgrid", record=Vendor()))
    assert not ours.clock("resolve").running, "somebody else's, from now on"
    ours.wait(HOUR).ok(Resume())
    assert ours.clock("resolve").due == due + HOUR


def test_what_waits_for_a_vendor_is_chased_as_their_record_says():
    assert waiting_for(Vendor(chase=minutes(90))).ticket.hold.next_chase == MONDAY + 90 * MINUTE


def test_the_vendors_promise_is_an_instant_and_no_hold_stops_it():
    story = asked().ok(PutOnHold(HoldReason.VENDOR, "the card")).wait(4 * HOUR)
    lapse = next(e for e in story.all(Lapsed) if e.what.clock is ClockName.VENDOR)
    assert lapse.at == MONDAY + 4 * HOUR
    assert ("sam", "vendor slipped", "notify") in story.notices_of(lapse)


@pytest.mark.parametrize("odd_us", [1, 400_000, 999_999])
def test_it_lapses_at_that_very_instant(odd_us):
    """Also where what is left of it is no whole number of seconds."""
    promised = MONDAY + HOUR + timedelta(microseconds=odd_us)
    story = Story().open().ok(Claim("sam")).ok(OpenVendorCase("N", "a card", promised_at=promised))
    assert story.clock("vendor").due == promised
    assert sum_of(story.ticket.clocks[ClockName.VENDOR]) == HOUR + timedelta(microseconds=odd_us)
    story.wait(2 * HOUR)
    assert [e.at for e in story.all(Lapsed) if e.what.clock is ClockName.VENDOR] == [promised]


def sum_of(clock) -> timedelta:
    """What the clock still has to count."""
    return timedelta(seconds=clock.target_s) - timedelta(microseconds=clock.carried_us)


def test_the_step_a_ticket_is_at_says_how_soon_its_vendor_is_asked_again():
    policy = example_policy()
    steps = (Step("T1", chase=minutes(90)), Step("T2"))
    policy = replace(policy, paths={"standard": Path("standard", steps)})
    story = Story(policy).open().ok(Claim("sam")).ok(ASK)
    assert story.ticket.vendor.next_chase == MONDAY + 90 * MINUTE
    story.wait(90 * MINUTE)
    assert story.ticket.vendor.next_chase == MONDAY + 180 * MINUTE
    story.ok(UpdateVendorCase("tomorrow", chase_at=MONDAY + 5 * HOUR))
    assert story.ticket.vendor.next_chase == MONDAY + 5 * HOUR
    story.ok(Move("it is for T2", to_tier="T2"), TOM).ok(Claim("tom"), TOM)
    story.ok(UpdateVendorCase("still tomorrow"), TOM)
    assert story.ticket.vendor.next_chase == story.now + timedelta(days=1), "T2 says nothing"


def test_it_is_chased_until_they_answer_and_then_anew():
    story = asked().wait(timedelta(days=2, hours=1))
    assert [event.what.count for event in chases(story)] == [1, 2]
    story.ok(UpdateVendorCase("parts are on their way", promised_at=story.now + 3 * HOUR), KIM)
    assert story.ticket.vendor.chases == 0
    assert story.clock("vendor").due == story.now + 3 * HOUR
    assert story.clock("vendor").cycle > asked().clock("vendor").cycle
    story.wait(timedelta(days=1))
    assert chases(story)[-1].what.count == 1


def test_what_an_update_leaves_out_stays():
    story = asked().ok(UpdateVendorCase("looking"))
    case = story.ticket.vendor
    assert (case.reference, case.contact, case.promised_at) == ("NG-77", "Pat", MONDAY + 4 * HOUR)
    assert story.clock("vendor").due == MONDAY + 4 * HOUR


def test_closing_it_meets_the_promise_and_ends_the_chases():
    story = asked().wait(HOUR).ok(CloseVendorCase("card replaced"), KIM)
    closed = story.last(VendorCaseClosed).what
    assert (closed.vendor, closed.reference, closed.outcome) == (
        "Northgrid",
        "NG-77",
        "card replaced",
    )
    assert story.clock("vendor").met_at == MONDAY + HOUR
    story.wait(timedelta(days=3))
    assert chases(story) == []


def test_it_outlives_a_move_and_a_resolution_and_is_managed_to_closure():
    story = asked().wait(5 * MINUTE).ok(Move("theirs", to_group="Network"))
    assert story.ticket.vendor is not None
    story.ok(Resolve("a spare card holds"), TOM)
    assert story.ticket.vendor is not None
    assert story.refused(Close("done"), SAM) == "vendor_case_open"
    story.wait(timedelta(days=1))
    assert len(chases(story)) == 1
    story.ok(CloseVendorCase("swapped for good")).ok(Close("done"))


def test_one_case_at_a_time_and_clear_refusals():
    story = asked()
    assert story.refused(ASK) == "vendor_case_open"
    story.ok(CloseVendorCase("given up"))
    assert story.refused(CloseVendorCase("again")) == "no_vendor_case"
    assert story.refused(UpdateVendorCase("x")) == "no_vendor_case"
    assert story.refused(OpenVendorCase(" ", "x")) == "missing"
    assert story.refused(OpenVendorCase("x", "")) == "missing"
    past = OpenVendorCase("x", "y", promised_at=MONDAY - HOUR)
    assert story.refused(past) == "instant_past"


@pytest.mark.parametrize("outcome", ["", "  "])
def test_closing_says_what_came_of_it(outcome):
    assert asked().refused(CloseVendorCase(outcome)) == "missing"
