"""Lives of tickets in which every way of escalating happens: what other tests read whole."""

from dataclasses import replace
from datetime import timedelta

from tests.domain.worlds import HOUR, MINUTE, MONDAY, P1, P3, TOM, Story, at, example_policy, person
from tierline.domain.commands import (
    AnswerApproval,
    AnswerSurvey,
    AskApproval,
    Asker,
    Claim,
    CloseVendorCase,
    Confirm,
    DeclineProposal,
    GivePacket,
    MakePlan,
    Move,
    OpenVendorCase,
    PutOnHold,
    RefusePlan,
    Resolve,
    Retype,
    UpdateVendorCase,
)
from tierline.domain.events import Actor, Closed, Held
from tierline.domain.floor import Floor
from tierline.domain.policy import HandOverRules, PagingRules, Path, Policy, SurveyRules
from tierline.domain.terms import Answer, HoldReason, PacketRule, Score, TicketType
from tierline.domain.ticket import Packet

RUTH = Asker(Actor("contact", "Ruth"))


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


def agreed() -> Story:
    """A request taken for an incident: approved, fulfilled, and said to have gone badly."""
    policy = replace(escalating_policy(), currency="GBP", survey=SurveyRules(1.0))
    story = FullFloor(policy).call(priority=P3).ok(Claim("sam"))
    story.ok(Retype(TicketType.REQUEST, "a new phone"), TOM)
    story.ok(AskApproval("a phone", "Ruth", "ruth@contoso.example", amount=18_000))
    story.ok(AnswerApproval(Answer.APPROVED, "go ahead", id=story.last(Held).seq), RUTH)
    story.ok(Resolve("here it is")).ok(Confirm())
    return story.ok(AnswerSurvey(Score.BAD, story.last(Closed).seq, "took weeks"), RUTH)


def disagreed(word: str) -> Story:
    """Nobody answers an approval, the next is refused; a date comes; the end is judged so so."""
    policy = replace(escalating_policy(), survey=SurveyRules(1.0))
    story = FullFloor(policy).call(priority=P3, desk_owner="kim").ok(Claim("sam"))
    ask = AskApproval("a visit", "Ruth", "ruth@contoso.example")
    soon = {"chase_at": story.now + HOUR, "expires_at": story.now + 2 * HOUR}
    story.ok(replace(ask, **soon)).wait(HOUR).wait(HOUR).ok(ask)
    story.ok(AnswerApproval(Answer.REFUSED, id=story.last(Held).seq), RUTH)
    later = story.now + HOUR
    story.ok(PutOnHold(HoldReason.SCHEDULED, "by phone", until=later, ends_at=later + HOUR))
    story.wait(HOUR).ok(Resolve("talked them through")).ok(Confirm())
    return story.ok(AnswerSurvey(Score.FINE, story.last(Closed).seq, word), RUTH)


def escalations() -> list[Story]:
    """All of them."""
    unhappy = [disagreed("friendly"), disagreed("friendly, but still not working")]
    return [declined(), assisted(), woken(), agreed(), *unhappy]
