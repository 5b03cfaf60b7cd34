"""Who is woken for a ticket that comes to a closed group, in which order, and when it stops."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.domain.worlds import (
    HOUR,
    MINUTE,
    OFFICE,
    P1,
    P2,
    P3,
    TOM,
    Story,
    at,
    example_policy,
)
from tierline.domain.commands import Claim, Move, Prioritise, PutOnHold, Release, Resolve
from tierline.domain.events import Paged, PagingEnded
from tierline.domain.floor import Floor
from tierline.domain.policy import PagingRules, Policy
from tierline.domain.terms import HoldReason

NIGHT = at("2026-11-23 22:00")


def paging_policy(**people: str) -> Policy:
    policy = example_policy()
    desk = replace(policy.groups["Desk"], hours=OFFICE, on_call="desk rota")
    people = {"service manager": "mia", "duty manager": "dot", **people}
    return replace(
        policy,
        groups={**policy.groups, "Desk": desk},
        paging=PagingRules(frozenset({P1, P2}), timedelta(minutes=5), 2),
        people={name.replace("_", " "): who for name, who in people.items()},
    )


class NightStory(Story):
    """Ann is on the desk's rota until midnight, then Bob."""

    @property
    def floor(self) -> Floor:
        def on_call(schedule: str, at_: datetime) -> tuple[str, ...]:
            if schedule != "desk rota":
                return ()
            return ("ann",) if at_ < NIGHT + 2 * HOUR else ("bob",)

        return Floor(self.now, on_call=on_call)


def night(priority=P1, **people: str) -> NightStory:
    return NightStory(paging_policy(**people), now=NIGHT).open(priority=priority, start="Desk")


def paged(story: Story) -> list[tuple[str, str, int]]:
    return [(e.what.page.to, e.what.of, e.what.page.round) for e in story.all(Paged)]


def test_the_on_call_is_paged_at_once():
    story = night()
    (page,) = story.all(Paged)
    assert (page.at, page.what.page.to, page.what.of) == (NIGHT, "ann", "on call")
    assert page.why.values["ladder"] == [
        "ann (on call)",
        "priya (lead)",
        "dot (duty manager)",
        "mia (service manager)",
    ]
    assert story.told(Paged) == {("ann", "paged", "page")}


def test_then_the_ladder_one_rung_each_five_minutes_and_round_again():
    story = night().wait(8 * 5 * MINUTE)
    assert paged(story) == [
        ("ann", "on call", 1),
        ("priya", "lead", 1),
        ("dot", "duty manager", 1),
        ("mia", "service manager", 1),
        ("ann", "on call", 2),
        ("priya", "lead", 2),
        ("dot", "duty manager", 2),
        ("mia", "service manager", 2),
    ]
    ended = story.last(PagingEnded)
    assert (ended.at, ended.what.answered) == (NIGHT + 40 * MINUTE, False)
    assert ("dot", "nobody answered", "page") in story.told(PagingEnded)
    assert story.ticket.page is None


def test_the_duty_manager_is_who_the_schedule_says():
    class Duty(NightStory):
        @property
        def floor(self) -> Floor:
            who = {"duty manager": ("una",), "desk rota": ("ann",)}
            return Floor(self.now, on_call=lambda schedule, _at: who.get(schedule, ()))

    story = Duty(paging_policy(), now=NIGHT).open(priority=P1, start="Desk").wait(10 * MINUTE)
    assert paged(story)[2] == ("una", "duty manager", 1)


def test_a_claim_ends_it():
    story = night().wait(6 * MINUTE).ok(Claim("priya"), TOM).wait(HOUR)
    assert len(story.all(Paged)) == 2
    assert story.ticket.page is None


def test_whoever_is_on_call_at_the_rungs_own_instant_is_paged():
    story = NightStory(paging_policy(), now=NIGHT + 105 * MINUTE).open(priority=P1, start="Desk")
    story.wait(20 * MINUTE)
    assert [who for who, of, _ in paged(story) if of == "on call"] == ["ann", "bob"]


def test_what_can_wait_waits_for_opening_and_nobody_is_woken():
    story = night(P3)
    assert "Paged" not in story.names()
    assert not any(
        notice[2] == "page" for event in story.events for notice in story.told(type(event.what))
    )
    assert story.clock("tier").due == at("2026-11-24 08:30")


def test_a_staffed_group_needs_no_page():
    story = NightStory(paging_policy(), now=at("2026-11-23 10:00")).open(priority=P1, start="Desk")
    assert "Paged" not in story.names()


def test_it_becomes_pressing_in_the_night():
    story = night(P3).wait(HOUR).ok(Prioritise("all of them are down", priority=P1))
    assert story.last(Paged).at == NIGHT + HOUR


def test_it_comes_into_the_closed_group_by_a_move():
    story = NightStory(paging_policy(), now=NIGHT).open(priority=P1, start="Triage")
    story.wait(2 * MINUTE).ok(Move("theirs", to_group="Desk"), TOM)
    assert [who for who, _, _ in paged(story)][-1] == "ann"


def test_the_group_closes_while_it_waits():
    story = NightStory(paging_policy(), now=at("2026-11-23 17:55")).open(priority=P2, start="Desk")
    assert "Paged" not in story.names()
    story.wait(10 * MINUTE)
    assert story.all(Paged)[0].at == at("2026-11-23 18:00")


def test_given_back_at_night_somebody_is_paged_again():
    story = night().ok(Claim("sam")).wait(MINUTE).ok(Release("my shift ends"))
    assert story.last(Paged).at == NIGHT + MINUTE


def test_it_stops_once_the_group_is_open_or_the_ticket_is_held_or_resolved():
    story = NightStory(paging_policy(), now=at("2026-11-24 07:58")).open(priority=P1, start="Desk")
    story.wait(5 * MINUTE)
    assert story.last(PagingEnded).what.answered
    held = night().ok(PutOnHold(HoldReason.CLIENT, "which door?", "jo")).wait(HOUR)
    assert len(held.all(Paged)) == 1
    done = night().ok(Resolve("rebooted")).wait(HOUR)
    assert len(done.all(Paged)) == 1


def test_each_person_has_one_rung_and_a_policy_that_names_nobody_says_so():
    story = night(duty_manager="priya").wait(5 * MINUTE)
    assert story.last(Paged).why.values["ladder"] == [
        "ann (on call)",
        "priya (lead)",
        "mia (service manager)",
    ]
    policy = paging_policy()
    desk = replace(policy.groups["Desk"], on_call="", lead="")
    policy = replace(policy, groups={**policy.groups, "Desk": desk}, people={})
    nobody = NightStory(policy, now=NIGHT).open(priority=P1, start="Desk")
    assert nobody.last(PagingEnded).what.because == "the policy names nobody to wake"
