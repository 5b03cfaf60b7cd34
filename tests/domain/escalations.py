"""Lives of tickets in which every way of escalating happens: what other tests read whole."""

from dataclasses import replace
from datetime import timedelta

from tests.domain.crew import EARLY, Manned, away, people, pushing
from tests.domain.worlds import (
    ALWAYS,
    HOUR,
    MINUTE,
    MONDAY,
    MONITOR,
    P1,
    P3,
    TOM,
    Story,
    at,
    example_policy,
    person,
)
from tierline.domain.commands import (
    Claim,
    CloseVendorCase,
    DeclineOffer,
    DeclineProposal,
    GivePacket,
    HandOver,
    KeepClaim,
    MakePlan,
    Move,
    NoteAbsence,
    OpenVendorCase,
    RefusePlan,
    UpdateVendorCase,
)
from tierline.domain.floor import Floor
from tierline.domain.people import Person
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


def offered() -> Story:
    """One does not answer, one declines, nobody else is there; then it is taken over a shift."""
    story = Manned(pushing(), people=people(Person("sam", shifts=EARLY)))
    story.open(priority=P3, start="Desk").wait(6 * MINUTE)
    story.ok(DeclineOffer("on the phone"), person("kim")).ok(Claim("sam"), person("sam"))
    story.ok(KeepClaim(), person("sam")).until(at("2026-11-24 10:00"))
    coming = (away("2026-11-24 12:00", "2026-11-25 08:00"),)
    story.people = people(Person("sam", shifts=EARLY, away=coming))
    story.ok(NoteAbsence("sam", coming), MONITOR)
    return story.until(at("2026-11-24 12:00"))


def left() -> Story:
    """A P1 whose owner goes off shift, and is offered to the next one."""
    story = Manned(pushing(hours=ALWAYS), people=people(Person("sam", shifts=EARLY)))
    story.open(priority=P1, start="Desk").ok(Claim("kim"), person("kim"))
    story.ok(HandOver("sam", "lunch"), person("kim"))
    return story.until(at("2026-11-23 16:00"))


def escalations() -> list[Story]:
    """All of them."""
    return [declined(), assisted(), woken(), offered(), left()]
