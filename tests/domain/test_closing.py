"""Closing: what is marked on a resolution, reminders to confirm, and reopening late or again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.domain.worlds import (
    HOUR,
    KIM,
    MINUTE,
    MONDAY,
    MONITOR,
    SAM,
    TOM,
    Story,
    at,
    example_policy,
)
from tierline.domain.commands import (
    Claim,
    Close,
    Confirm,
    Move,
    PutOnHold,
    Reopen,
    Resolve,
    Resume,
)
from tierline.domain.events import Closed, Reopened, Resolved, Warned
from tierline.domain.policy import Policy
from tierline.domain.terms import ClockName, HoldReason, TicketType


def resolved(story: Story) -> Resolved:
    return story.last(Resolved).what


class TestFirstContact:
    def test_whoever_took_the_call_resolves_it(self):
        story = Story().call().ok(Claim("sam")).wait(5 * MINUTE).ok(Resolve("reset", fault="typo"))
        assert resolved(story).first_contact
        assert resolved(story).fault == "typo"

    def test_a_hand_over_another_resolver_or_a_second_time_is_not_first_contact(self):
        moved = Story().call().ok(Claim("sam")).ok(Move("x")).ok(Claim("tom"), TOM)
        assert not resolved(moved.ok(Resolve("x"), TOM)).first_contact
        other = Story().call(desk_owner="sam").ok(Claim("kim"), KIM).ok(Resolve("x"), KIM)
        assert not resolved(other).first_contact
        again = Story().call().ok(Claim("sam")).ok(Resolve("x")).ok(Reopen("no"), SAM)
        assert not resolved(again.ok(Resolve("y"))).first_contact

    def test_nobody_called_about_an_alert_nor_a_problem(self):
        alert = Story().open().ok(Claim("sam")).ok(Resolve("x"))
        assert not resolved(alert).first_contact
        problem = Story().call(type=TicketType.PROBLEM).ok(Claim("sam")).ok(Resolve("x"))
        assert not resolved(problem).first_contact


class TestPremature:
    @pytest.mark.parametrize(("minutes", "premature"), [(9, True), (10, False)])
    def test_quickly_resolved_above_the_first_tier(self, minutes, premature):
        story = Story().call().ok(Claim("sam")).ok(Move("x")).wait(HOUR / 2).ok(Claim("tom"), TOM)
        story.wait(minutes * MINUTE).ok(Resolve("x"), TOM)
        assert resolved(story).premature is premature

    def test_not_where_it_started(self):
        story = Story().call().ok(Claim("sam")).wait(MINUTE).ok(Resolve("x"))
        assert not resolved(story).premature
        down = Story().call(start="Network").ok(Claim("tom"), TOM).ok(Resolve("x"), TOM)
        assert not resolved(down).premature


class TestGrossAndNet:
    def test_every_pause_counts_once_whatever_its_reasons_and_its_end(self):
        story = Story().call().ok(Claim("sam"))
        story.ok(PutOnHold(HoldReason.CLIENT, "which?", "jo")).wait(10 * MINUTE)
        story.ok(PutOnHold(HoldReason.VENDOR, "part")).wait(20 * MINUTE).ok(Resume())
        story.wait(MINUTE).ok(PutOnHold(HoldReason.CLIENT, "and now?", "jo")).wait(5 * MINUTE)
        story.ok(Resolve("x"))
        assert (resolved(story).gross_s, resolved(story).held_s) == (36 * 60, 35 * 60)

    def test_a_hand_over_ends_the_pause(self):
        story = Story().call().ok(Claim("sam")).ok(PutOnHold(HoldReason.CLIENT, "which?", "jo"))
        story.wait(10 * MINUTE).ok(Move("x")).wait(MINUTE).ok(Claim("tom"), TOM)
        story.ok(Resolve("x"), TOM)
        assert resolved(story).held_s == 600


def reminding(count: int) -> Policy:
    policy = example_policy()
    sla = replace(policy.slas["gold"], confirm_reminders=count)
    return replace(policy, slas={"gold": sla})


class TestConfirming:
    def test_reminders_come_in_business_time_and_then_it_closes(self):
        story = Story(reminding(2)).call().ok(Claim("sam")).ok(Resolve("x"))
        for _ in range(9):
            story.wait(timedelta(days=1))
        reminders = [e for e in story.all(Warned) if e.what.clock is ClockName.CONFIRM]
        assert [e.at for e in reminders] == [at("2026-11-24 09:00"), at("2026-11-25 09:00")]
        assert story.notices_of(reminders[0]) == {
            ("jo@contoso.example", "confirm reminder", "notify")
        }
        assert story.last(Closed).at == at("2026-11-26 09:00")

    def test_nobody_is_reminded_of_what_they_confirmed(self):
        story = Story(reminding(2)).call().ok(Claim("sam")).ok(Resolve("x")).ok(Confirm())
        story.wait(timedelta(days=9))
        assert "Warned" not in story.names(story.events.index(story.last(Closed)))


class TestReopening:
    def test_people_may_for_seven_days_and_then_it_is_the_leads(self):
        closed = Story().call().ok(Claim("sam")).ok(Resolve("x")).ok(Confirm())
        late = later(closed, timedelta(days=7, seconds=1))
        assert late.refused(Reopen("again")) == "closed_too_long"
        late.ok(Reopen("the same fault after all"), TOM)
        in_time = Story().call().ok(Claim("sam")).ok(Resolve("x")).ok(Confirm())
        later(in_time, timedelta(days=7)).ok(Reopen("again"))

    def test_an_alert_has_its_own_rule(self):
        story = Story().open().ok(Claim("sam")).ok(Resolve("x")).ok(Close("done"))
        later(story, timedelta(days=20)).ok(Reopen("fires", alert="9"), MONITOR)

    def test_the_second_time_the_lead_hears_of_it(self):
        story = Story().call().ok(Claim("sam")).ok(Resolve("x")).ok(Reopen("no"))
        assert ("priya", "reopened again", "notify") not in story.told(Reopened)
        story.ok(Resolve("y")).ok(Reopen("still no"))
        assert ("priya", "reopened again", "notify") in story.told(Reopened)


def later(story: Story, span: timedelta) -> Story:
    """Nobody looks at it for `span`."""
    story.now = _plus(story.now, span)
    return story


def _plus(now: datetime, span: timedelta) -> datetime:
    assert now >= MONDAY
    return now + span
