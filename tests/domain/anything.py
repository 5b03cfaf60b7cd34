"""Hypothesis strategies: policies with odd hours, tickets, and commands of any content."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from tests.domain.anything_overseen import (
    builds_of_oversight,
    likely_oversight,
    oversight_commands,
    rca_rules,
    triggers,
)
from tests.domain.anything_stormy import STORMS, builds_of_storms, likely_storm, storm_commands
from tests.domain.worlds import ALWAYS, OFFICE, example_policy, person
from tierline.domain import commands as c
from tierline.domain.approval import Approver
from tierline.domain.calendar import Calendar
from tierline.domain.commands import Asker
from tierline.domain.events import Actor
from tierline.domain.floor import Floor, Turn
from tierline.domain.hand_over_rules import HandOverRules
from tierline.domain.people import Away, Person
from tierline.domain.policy import (
    Agreement,
    Duration,
    PagingRules,
    Path,
    Policy,
    Step,
)
from tierline.domain.survey_rules import SurveyRules
from tierline.domain.terms import (
    Answer,
    Assign,
    HoldReason,
    Mode,
    OverBudget,
    PacketRule,
    Priority,
    PriorityChange,
    ReceiverFull,
    ReopenRule,
    Role,
    Score,
    State,
    TicketType,
)
from tierline.domain.ticket import Packet, Ticket
from tierline.domain.vendor import Vendor

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
CALENDARS = (
    ALWAYS,
    OFFICE,
    Calendar.build("America/New_York", {day: ["08:00-12:00", "13:00-17:30"] for day in WEEKDAYS}),
    Calendar.build("Europe/Berlin", {"fri": ["22:00-06:00"], "sat": ["22:00-06:00"]}),
    Calendar.build("Australia/Lord_Howe", {"sun": ["01:30-02:15", "02:00-03:00"]}),
    Calendar.build("Pacific/Apia", {"tue": ["09:00-10:00"]}),
    Calendar.build(
        "Europe/London",
        {day: ["09:00-17:00"] for day in WEEKDAYS},
        [date(2026, 12, 25), (date(2026, 12, 24), ["09:00-12:00"])],
    ),
)
"""Round the clock, plain, with a lunch, at night over both clock changes, overlapping, sparse."""

LOGINS = st.sampled_from(["sam", "kim", "tom", ""])
ASKERS = st.sampled_from(
    [
        person("sam"),
        person("kim"),
        person("tom", Role.LEAD),
        person(""),
        Asker(Actor("integration", "sam")),
        Asker(Actor("system", "tierline")),
    ]
)
TEXTS = st.one_of(st.sampled_from(["", " ", "x"]), st.text(max_size=8))
VENDORS = st.builds(Vendor, st.none() | st.just(Duration(seconds=5400)), st.booleans())
ANY_INSTANT = st.one_of(
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """The example policy under any rules, each group and each cover on hours of its own."""
    policy = example_policy(
        mode=draw(st.sampled_from([Mode.ACT, Mode.ACT, Mode.SUGGEST, Mode.WATCH])),
        priority_change=draw(st.sampled_from(PriorityChange)),
        reopen=draw(st.sampled_from(ReopenRule)),
    )
    hours = st.sampled_from(CALENDARS)
    capacity = st.sampled_from([None, None, 0, 2])
    groups = {
        name: replace(
            g,
            hours=draw(hours),
            capacity=draw(capacity),
            capacity_each=draw(st.booleans()),
            on_call="rota",
            members=draw(st.sampled_from(TEAMS)),
            assign=draw(st.sampled_from([Assign.CLAIM, *Assign])),
        )
        for name, g in policy.groups.items()
    }
    sla = replace(policy.slas["gold"], cover={priority: draw(hours) for priority in Priority})
    known = {calendar.hash: calendar for calendar in CALENDARS}
    path = Path("standard", tuple(_any_step(draw, step) for step in policy.paths["standard"].steps))
    delay = draw(st.sampled_from([None, None, timedelta(minutes=30)]))
    *first, last = policy.triage
    late = replace(last, do=replace(last.do, delay=delay))
    return replace(
        policy,
        triage=(*first, late),
        groups=groups,
        slas={"gold": sla},
        calendars=known,
        paths={"standard": path},
        hand_over=HandOverRules(draw(st.sampled_from(PacketRule))),
        paging=PagingRules(draw(st.sampled_from([frozenset(), frozenset(Priority)]))),
        storm=draw(STORMS),
        management=draw(triggers()),
        rca=draw(rca_rules()),
        survey=SurveyRules(draw(st.sampled_from([0.0, 1.0]))),
        agreements=_any_agreement(draw, policy),
    )


def _any_agreement(draw: st.DrawFn, policy: Policy) -> dict[str, Agreement]:
    """With offers by night, and for kinds of devices that it does not cover, or without."""
    plain = policy.agreements["managed"]
    offers = draw(st.sampled_from([{}, dict.fromkeys(Priority, 100)]))
    covers = draw(st.sampled_from([(), ("server",)]))
    return {"managed": replace(plain, after_hours=offers, covers=covers, not_covered=200)}


def _any_step(draw: st.DrawFn, step: Step) -> Step:
    return replace(
        step,
        assist=draw(st.sampled_from([None, 0.5, 0.6])),
        over_budget=draw(st.sampled_from(OverBudget)),
        receiver_full=draw(st.sampled_from(ReceiverFull)),
        expect=draw(st.sampled_from([None, Duration(seconds=2_400), Duration(business_days=1)])),
    )


TEAMS = ((), ("sam",), ("sam", "kim"), ("tom", "kim", "ann", "sam"))

CREW = {
    "sam": Person("sam", shifts=CALENDARS[2], skills=("voip",), capacity=3),
    "kim": Person(
        "kim",
        shifts=CALENDARS[3],
        usual_clients=("Contoso",),
        away=(
            Away(datetime(2026, 11, 27, 23, tzinfo=UTC), datetime(2026, 11, 29, tzinfo=UTC), "ann"),
            Away(datetime(2027, 3, 27, 22, tzinfo=UTC), datetime(2027, 3, 28, 9, tzinfo=UTC)),
        ),
    ),
    "tom": Person("tom", shifts=OFFICE, clients=("Unsorted",)),
    "lou": Person("lou", active=False),
}
"""Shifts with a lunch, at night over both clock changes, absences, a wall; Ann is not on record."""


def busy_floor(now: datetime) -> Floor:
    """A floor on which every group has work, and somebody is on call on even days."""
    load = dict.fromkeys(example_policy().groups, 1)
    return Floor(
        now,
        load,
        lambda _, at: ("ann", "bob") if at.toordinal() % 2 else (),
        held={"sam": 2, "ann": 1},
        turns={("Desk", "sam"): Turn(datetime(2026, 11, 1, tzinfo=UTC))},
        people=CREW,
    )


def absences(now: datetime) -> st.SearchStrategy[tuple[Away, ...]]:
    """None, or one that has begun, or one to come."""
    hours = st.integers(-30, 60).map(lambda count: now + timedelta(hours=count))
    one = st.builds(lambda start: (Away(start, start + timedelta(hours=40)),), hours)
    return st.one_of(st.just(()), one)


def openings(accepted_at: datetime) -> st.SearchStrategy[c.Open]:
    """Any ticket, accepted at an instant up to half a day before."""
    return st.builds(
        c.Open,
        id=st.just(1001),
        type=st.sampled_from(TicketType),
        title=TEXTS,
        client=st.sampled_from(["Contoso", "Unsorted"]),
        agreement=st.sampled_from(["managed", "unheard of"]),
        accepted_at=st.integers(0, 43_200).map(lambda s: accepted_at - timedelta(seconds=s)),
        facts=st.fixed_dictionaries({"severity": st.sampled_from(["critical", "error", "odd"])}),
        impact=st.none() | st.integers(-2, 5),
        urgency=st.none() | st.integers(-2, 5),
        vip=st.booleans(),
        priority=st.none() | st.sampled_from(Priority),
        start=st.sampled_from(["", "T1", "T2", "Network", "Board", "nowhere"]),
        spoken_to=st.booleans(),
        desk_owner=LOGINS,
        alert=st.sampled_from(["", "1"]),
        record=st.sampled_from(["tierline", "psa"]),
        requester=st.just(c.Requester("Jo", "jo@contoso.example")),
        service=st.sampled_from(["", "mail"]),
        approvers=st.sampled_from([(), (Approver("Ruth", "ruth@contoso.example"),)]),
    )


def instants(now: datetime) -> st.SearchStrategy[datetime]:
    """Mostly a sensible instant soon after `now`; sometimes one of no use."""
    soon = st.integers(-60, 20_000).map(lambda minutes: now + timedelta(minutes=minutes))
    return st.one_of(soon, soon, soon, ANY_INSTANT)


def commands(now: datetime, proposal: int) -> st.SearchStrategy[c.Command]:
    """Any command, of sensible and senseless content; `proposal` is the seq that stands."""
    when = instants(now)
    # What another ticket's event brings was recorded: it has a zone, whatever people may type.
    recorded = when.filter(lambda instant: instant.tzinfo is not None)
    alerts = st.sampled_from(["2", "3"])
    return st.one_of(
        st.builds(c.Attach, alerts, st.sampled_from(["firing", "resolved"]), st.booleans()),
        st.builds(c.Recover, alerts),
        st.builds(c.Claim, LOGINS),
        st.builds(c.AcceptOffer),
        st.builds(c.DeclineOffer, TEXTS),
        st.builds(c.KeepClaim),
        st.builds(c.HandOver, LOGINS, TEXTS),
        st.builds(c.NoteAbsence, LOGINS, absences(now)),
        st.builds(c.Release, TEXTS),
        st.builds(c.Note, TEXTS, st.booleans()),
        st.builds(c.MakePlan, TEXTS, when, TEXTS),
        st.builds(
            c.Move,
            TEXTS,
            st.sampled_from(["", "", "triage", "T1", "T3", "vendor", "management", "T9"]),
            st.sampled_from(["", "", "Desk", "Voice", "Network", "Nowhere"]),
            st.just(""),
            st.none() | st.builds(Packet, TEXTS, TEXTS, TEXTS),
        ),
        st.builds(c.AcceptProposal, st.sampled_from([proposal, 0, 3])),
        st.builds(c.DeclineProposal, st.sampled_from([proposal, 0, 3]), TEXTS),
        st.builds(c.RefusePlan, TEXTS),
        st.builds(c.GivePacket, st.builds(Packet, TEXTS, TEXTS, TEXTS)),
        st.builds(
            c.PutOnHold,
            st.sampled_from(HoldReason),
            TEXTS,
            TEXTS,
            st.none() | when,
            st.none() | when,
            st.none() | when,
            TEXTS,
            VENDORS,
        ),
        st.builds(
            c.AskApproval,
            TEXTS,
            TEXTS,
            st.sampled_from(["", "ruth@contoso.example"]),
            st.none() | st.integers(-1, 50_000),
            st.booleans(),
            st.none() | st.integers(0, 50_000),
            st.none() | when,
            st.none() | when,
        ),
        st.builds(
            c.AnswerApproval, st.sampled_from(Answer), TEXTS, TEXTS, st.sampled_from([0, 3, 5])
        ),
        st.builds(c.AnswerSurvey, st.sampled_from(Score), st.sampled_from([0, 3, 5]), TEXTS),
        st.builds(c.Retype, st.sampled_from(TicketType), TEXTS),
        st.builds(
            c.OpenVendorCase,
            TEXTS,
            TEXTS,
            TEXTS,
            TEXTS,
            st.none() | when,
            st.none() | when,
            VENDORS,
        ),
        st.builds(c.UpdateVendorCase, TEXTS, TEXTS, TEXTS, st.none() | when, st.none() | when),
        st.builds(c.CloseVendorCase, TEXTS),
        st.builds(c.Resume, TEXTS),
        st.builds(
            c.Prioritise,
            TEXTS,
            st.none() | st.sampled_from(Priority),
            st.none() | st.integers(-1, 4),
            st.none() | st.integers(-1, 4),
        ),
        st.builds(c.Resolve, TEXTS, st.sampled_from(["", "no", "guide", "perhaps"])),
        st.builds(c.Confirm, TEXTS),
        st.builds(c.Reject, TEXTS),
        st.builds(c.Reopen, TEXTS, alerts),
        oversight_commands(when),
        st.builds(c.Close, TEXTS, st.integers(0, 2), TEXTS, st.integers(0, 2)),
        st.builds(c.MoveTerms, TEXTS),
        _together(recorded),
        storm_commands(recorded),
    )


def _together(at: st.SearchStrategy[datetime]) -> st.SearchStrategy[c.Command]:
    """Any command about several tickets, the reactions included."""
    others = st.sampled_from([1001, 1002, 1003])
    return st.one_of(
        st.builds(c.DeclareMajor, TEXTS),
        st.builds(c.JoinMajor, others),
        st.builds(c.LeaveMajor, TEXTS),
        st.builds(c.CallProblem, TEXTS, TEXTS, st.tuples(others)),
        st.builds(c.LinkProblem, others),
        st.builds(c.StateCause, TEXTS),
        st.builds(c.GiveWorkaround, TEXTS),
        st.builds(c.AddChild, others),
        st.builds(c.DropChild, others, TEXTS, st.booleans()),
        st.builds(c.FlowUpdate, others, at, TEXTS, st.booleans()),
        st.builds(c.FlowResolution, others, at, TEXTS),
        st.builds(c.FlowReopening, others, at, st.just("x")),
        st.builds(c.EndUnder, others, TEXTS, st.booleans()),
        st.builds(c.CountIncident, others, st.booleans()),
        st.builds(c.TellSolved, others, TEXTS, TEXTS),
    )


def _likely(ticket: Ticket) -> list[str]:
    """Commands that stand a chance in the state of `ticket`."""
    if ticket.state is State.CLOSED:
        return ["reopen", "restrict", *(["survey"] if ticket.survey else [])]
    if ticket.state is State.RESOLVED:
        always = ["confirm", "reject", "reopen", "close", "note", "attach", "recover"]
        always += ["flow reopening"] if ticket.under else []
        return [*always, *likely_oversight(ticket)]
    always = ["note", "tell", "move", "move up", "hold", "prioritise", "attach", "recover"]
    always += ["resolve", "ask"]
    always += ["answer", "answer"] if ticket.open_approval else []
    always += ["retype"] if ticket.type in {TicketType.INCIDENT, TicketType.REQUEST} else []
    always += ["plan", "plan", "release"] if ticket.owner else ["claim", "claim", "claim"]
    always += ["accept offer", "decline offer", "decline offer"] if ticket.offered_to else []
    always += ["keep", "keep", "absence"] if ticket.claim_end else []
    always += ["hand over"] if ticket.owner else []
    always += ["resume", "resume"] if ticket.hold else []
    always += ["vendor news", "vendor close"] if ticket.vendor else ["vendor"]
    always += ["accept", "decline"] if ticket.proposal else []
    always += ["refuse plan"] if ticket.plan else []
    always += ["packet"] if ticket.escalated else []
    always += ["leave", "flow", "flow resolution"] if ticket.under else ["join", "declare"]
    always += ["add child", "drop child"] if ticket.major else []
    always += likely_storm(ticket)
    return [*always, *likely_oversight(ticket)]


@st.composite
def likely(draw: st.DrawFn, ticket: Ticket, now: datetime) -> tuple[c.Command, Asker]:
    """A command that makes sense now, by somebody who mostly may give it."""
    minutes = st.sampled_from([1, 5, 14, 30, 59, 240, 1_500, 9_000])
    soon = minutes.map(lambda count: now + timedelta(minutes=count))
    build: dict[str, Callable[[], c.Command]] = {
        "attach": lambda: c.Attach("2", "firing"),
        "recover": lambda: c.Recover("2"),
        "claim": lambda: c.Claim(draw(st.sampled_from(["sam", "kim"]))),
        "accept offer": c.AcceptOffer,
        "decline offer": c.DeclineOffer,
        "keep": c.KeepClaim,
        "hand over": lambda: c.HandOver(draw(st.sampled_from(["sam", "kim", "tom", "ann"]))),
        "absence": lambda: c.NoteAbsence(ticket.owner, draw(absences(now))),
        "release": c.Release,
        "note": lambda: c.Note("x"),
        "tell": lambda: c.Note("x", to_client=True),
        "plan": lambda: c.MakePlan("x", draw(soon), draw(st.sampled_from(["", "by ten"]))),
        "move up": lambda: c.Move("x"),
        "move": lambda: c.Move(
            "x", to_group=draw(st.sampled_from(["Triage", "Desk", "Voice", "Network", "Infra"]))
        ),
        "accept": lambda: c.AcceptProposal(ticket.proposal.seq if ticket.proposal else 0),
        "decline": lambda: c.DeclineProposal(ticket.proposal.seq if ticket.proposal else 0, "x"),
        "refuse plan": lambda: c.RefusePlan("x"),
        "packet": lambda: c.GivePacket(Packet("x", "", "x")),
        "vendor": lambda: c.OpenVendorCase("x", "y", promised_at=draw(st.none() | soon)),
        "vendor news": lambda: c.UpdateVendorCase("x", promised_at=draw(st.none() | soon)),
        "vendor close": lambda: c.CloseVendorCase("x"),
        "hold": lambda: c.PutOnHold(
            draw(st.sampled_from(HoldReason)),
            "x",
            "y",
            draw(st.none() | soon),
            draw(st.none() | soon),
            record=draw(VENDORS),
        ),
        "ask": lambda: c.AskApproval("x", "ruth", "ruth@contoso.example", 100),
        "answer": lambda: c.AnswerApproval(draw(st.sampled_from(Answer)), evidence="x"),
        "survey": lambda: c.AnswerSurvey(Score.BAD, ticket.survey.id if ticket.survey else 0),
        "retype": lambda: c.Retype(
            TicketType.REQUEST if ticket.type is TicketType.INCIDENT else TicketType.INCIDENT, "x"
        ),
        "resume": c.Resume,
        "prioritise": lambda: c.Prioritise("x", priority=draw(st.sampled_from(Priority))),
        "resolve": lambda: c.Resolve("x"),
        "confirm": c.Confirm,
        "reject": lambda: c.Reject("x"),
        "reopen": lambda: c.Reopen("x", alert=draw(st.sampled_from(["", "3"]))),
        "close": lambda: c.Close("x"),
        "join": lambda: c.JoinMajor(900),
        "declare": lambda: c.DeclareMajor("x"),
        "leave": lambda: c.LeaveMajor("x"),
        "flow": lambda: c.FlowUpdate(900, now, "x"),
        "flow resolution": lambda: c.FlowResolution(900, now, "x"),
        "flow reopening": lambda: c.FlowReopening(900, now, "x"),
        "add child": lambda: c.AddChild(draw(st.sampled_from([1002, 1003]))),
        "drop child": lambda: c.DropChild(1002, "x", leftover=True),
        **builds_of_oversight(draw, ticket, soon),
        **builds_of_storms(draw, ticket, now),
    }
    mine = person(ticket.owner or ticket.offered_to or "sam")
    asker = person("tom", Role.LEAD) if draw(st.booleans()) else mine
    name = draw(st.sampled_from(_likely(ticket)))
    return build[name](), mine if name.endswith(" offer") else asker
