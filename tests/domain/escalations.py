"""Lives of tickets in which every way of escalating happens: what other tests read whole."""

from dataclasses import replace
from datetime import timedelta

from tests.domain.crew import EARLY, Manned, away, people, pushing
from tests.domain.oversights import oversights
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
    minutes,
    person,
    promising,
)
from tierline.domain.commands import (
    AddChild,
    AnswerApproval,
    AnswerSurvey,
    AskApproval,
    Asker,
    CallProblem,
    Claim,
    CloseVendorCase,
    Confirm,
    CountIncident,
    DeclareMajor,
    DeclineOffer,
    DeclineProposal,
    DropChild,
    FlowReopening,
    FlowResolution,
    FlowUpdate,
    GivePacket,
    GiveWorkaround,
    HandOver,
    JoinMajor,
    KeepClaim,
    LinkProblem,
    MakePlan,
    Move,
    MoveTerms,
    NoteAbsence,
    OpenVendorCase,
    PutOnHold,
    RefusePlan,
    Reject,
    Resolve,
    Retype,
    StateCause,
    TellSolved,
    UpdateVendorCase,
)
from tierline.domain.events import SYSTEM, Actor, Closed, Held
from tierline.domain.floor import Floor
from tierline.domain.hand_over_rules import HandOverRules
from tierline.domain.people import Person
from tierline.domain.policy import PagingRules, Path, Policy
from tierline.domain.restriction import Restrict, Unrestrict
from tierline.domain.storm_commands import DecideStorm, FollowStorm, JoinStorm, TellStorm
from tierline.domain.survey_rules import SurveyRules
from tierline.domain.terms import Answer, HoldReason, PacketRule, Role, Score, TicketType
from tierline.domain.ticket import Packet

TIERLINE = Asker(SYSTEM, Role.LEAD)
"""By whom the reactions of the router are asked."""

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


def led() -> Story:
    """A major incident: one is not helped, one comes too late; a problem is asked for."""
    story = FullFloor(escalating_policy()).call(priority=P3).ok(Claim("sam"))
    story.ok(DeclareMajor("the whole site is down"), TOM).ok(AddChild(1002), TIERLINE)
    story.ok(Resolve("a new switch")).ok(DropChild(1002, "it still fires", leftover=True), TIERLINE)
    story.ok(AddChild(1003), TIERLINE).ok(CallProblem("switches die"))
    story.ok(LinkProblem(1004), TIERLINE)
    return story.ok(TellSolved(1004, "new firmware", "Contoso"), TIERLINE)


def under() -> Story:
    """Worked under a major incident, resolved and reopened with it, and then not helped by it."""
    story = FullFloor(escalating_policy()).call(priority=P3).ok(Claim("sam")).ok(JoinMajor(900))
    story.ok(FlowUpdate(900, story.now, "we work on it"), TIERLINE)
    story.ok(FlowResolution(900, story.now, "a new switch"), TIERLINE)
    story.ok(FlowReopening(900, story.now, "down again"), TIERLINE)
    story.ok(FlowResolution(900, story.now, "another switch"), TIERLINE)
    return story.wait(HOUR).ok(Reject("still dark"))


def found() -> Story:
    """A problem: its tickets are counted, its cause is found, it is resolved and comes back."""
    story = FullFloor(escalating_policy()).call(type=TicketType.PROBLEM)
    story.ok(CountIncident(1002), TIERLINE).ok(StateCause("bad firmware"))
    story.ok(GiveWorkaround("power-cycle it")).ok(Resolve("new firmware"))
    return story.ok(CountIncident(1005), TIERLINE)


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


def hidden() -> Story:
    """It is restricted, to others too, and opened again."""
    story = Story().open(priority=P1, start="Desk").ok(Claim("sam"))
    story.ok(Restrict("Infra", "a breach"), TOM)
    story.ok(Restrict("Network", "theirs to see"), TOM).wait(40 * MINUTE)
    return story.ok(Unrestrict("it was none"), TOM)


class Stormy(FullFloor):
    """A story in which five other limits of the desk ran out just before."""

    @property
    def floor(self) -> Floor:
        return replace(super().floor, lapses={"Desk": (MONDAY + 29 * MINUTE,) * 5})


def gathered() -> Story:
    """One of too many: it joins a storm, its leads are told, and a lead lets it stay."""
    story = Stormy(escalating_policy()).open(priority=P3).wait(31 * MINUTE)
    seq = story.ticket.proposal.seq if story.ticket and story.ticket.proposal else 0
    story.ok(JoinStorm(7, seq, MONDAY + 45 * MINUTE, first=True), TIERLINE).wait(2 * MINUTE)
    until = MONDAY + 45 * MINUTE
    story.ok(TellStorm(7, "Desk", (1001,), 1, ("Network",), until), TIERLINE)
    story.ok(DecideStorm(7, (), (1001,), "all hands are here"), TOM)
    stays = FollowStorm(7, moves=False, by="tom", said_on="1001/9", reason="all hands are here")
    return story.ok(stays, TIERLINE)


def escalations() -> list[Story]:
    """All of them, and those in which management is called."""
    alone = [declined(), assisted(), woken(), offered(), left(), moved_terms(), delayed(), hidden()]
    unhappy = [disagreed("friendly"), disagreed("friendly, but still not working")]
    return [*alone, led(), under(), found(), agreed(), gathered(), *unhappy, *oversights()]
