"""Lives of tickets in which every way of escalating happens: what other tests read whole."""

from dataclasses import replace
from datetime import timedelta

from tests.domain.worlds import (
    HOUR,
    MINUTE,
    MONDAY,
    P1,
    P3,
    TOM,
    Story,
    at,
    example_policy,
    minutes,
    person,
    promising,
)
from tierline.domain.commands import (
    Claim,
    CloseVendorCase,
    DeclineProposal,
    GivePacket,
    MakePlan,
    Move,
    MoveTerms,
    OpenVendorCase,
    RefusePlan,
    UpdateVendorCase,
)
from tierline.domain.floor import Floor
from tierline.domain.policy import HandOverRules, PagingRules, Path, Policy
from tierline.domain.terms import PacketRule
from tierline.domain.ticket import Packet


class FullFloor(Story):
    """A story in which Network has three open tickets, and Ann is on call."""

    @property
    def floor(self) -> Floor:
        return Floor(self.now, {"Network": 3}, lambda _schedule, _at: ("ann",))


def escalating_policy() -> Policy:
    """Network is full with three; leads assist at half time; a P1 pages; packets are asked for."""
    policy = example_policy()
    network = replace(policy.groups["Network"], capacity=3)
    desk = replace(policy.groups["Desk"], on_call="desk rota")
    steps = tuple(replace(step, assist=0.6) for step in policy.paths["standard"].steps)
    return replace(
        policy,
        groups={**policy.groups, "Network": network, "Desk": desk},
        paths={"standard": Path("standard", steps)},
        hand_over=HandOverRules(PacketRule.ASK),
        paging=PagingRules(frozenset({P1}), timedelta(minutes=5), 1),
    )


def declined() -> Story:
    """Nobody took it, the next group is full, and the lead keeps it."""
    story = FullFloor(escalating_policy()).open(priority=P3).wait(46 * MINUTE)
    seq = story.ticket.proposal.seq if story.ticket and story.ticket.proposal else 0
    return story.ok(DeclineProposal(seq, "a free hand at ten"), TOM)


def assisted() -> Story:
    """Its plan is refused, the lead joins, it moves on, and what was tried is said afterwards."""
    story = FullFloor(escalating_policy()).open(priority=P3).ok(Claim("sam"))
    story.ok(MakePlan("swap it", MONDAY + HOUR)).ok(RefusePlan("no spare"), TOM)
    story.wait(40 * MINUTE).ok(Claim("tom"), TOM)
    story.ok(GivePacket(Packet("rebooted", "its log", "look at the uplink")))
    tom = person("tom")
    story.ok(OpenVendorCase("Northgrid", "a line card", promised_at=story.now + HOUR), tom)
    story.ok(UpdateVendorCase("on its way"), tom)
    return story.ok(CloseVendorCase("replaced"), tom)


def woken() -> Story:
    """At night nobody answers."""
    story = FullFloor(escalating_policy(), now=at("2026-11-23 22:00"))
    story.open(priority=P1, start="Desk").wait(20 * MINUTE)
    return story.ok(Claim("sam"), person("sam")).ok(Move("over my head"))


def moved_terms() -> Story:
    """Its promises are moved to those of a version that gives the second line less time."""
    story = FullFloor(escalating_policy()).open(priority=P3).ok(Claim("sam")).wait(5 * MINUTE)
    story.policy = replace(promising(story.policy, respond=60, resolve=600), version="test-2")
    return story.ok(MoveTerms("the new contract"), TOM)


def delayed() -> Story:
    """It is put aside for half an hour, does not mend itself, and takes longer than expected."""
    policy = escalating_policy()
    *first, last = policy.triage
    late = replace(last, do=replace(last.do, delay=timedelta(minutes=30)))
    steps = tuple(replace(it, expect=minutes(10)) for it in policy.paths["standard"].steps)
    policy = replace(policy, triage=(*first, late), paths={"standard": Path("standard", steps)})
    return FullFloor(policy).open(priority=P3).wait(40 * MINUTE)


def escalations() -> list[Story]:
    """All of them."""
    return [declined(), assisted(), woken(), moved_terms(), delayed()]
