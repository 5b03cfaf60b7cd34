"""One sentence for each event: exact, short, past tense, and nothing a person cannot read."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.shapes import built
from tests.services.router.oversight_said import sentences_of_oversight
from tierline.domain import assignment as a
from tierline.domain import events as e
from tierline.domain import storm as s
from tierline.domain.approval import Approval
from tierline.domain.booking import Booking
from tierline.domain.restriction import Restricted, Unrestricted
from tierline.domain.snapshot import Snapshot
from tierline.domain.surveys import Survey
from tierline.domain.terms import (
    Answer,
    ClockName,
    HoldReason,
    Mode,
    Priority,
    Score,
    TicketType,
)
from tierline.domain.ticket import STORM, Hold, Packet, Page, Plan, TierUse, VendorCase
from tierline.messages.events import EVENT_TYPES
from tierline.messages.phrases import quote
from tierline.messages.words import duration, words

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TOM, PSA = e.Actor("person", "tom"), e.Actor("integration", "psa mirror")
NAMES = {"tom": "Tom", "j.doe": "Jane"}
NAMED = ("j.doe", "tom")
TOO_MANY = "too many of Desk at once, so one decision is due"


SHOWN: set[type] = set()
"""Types of events that have an exact sentence below."""


def later(**by: float) -> datetime:
    return AT + timedelta(**by)


CASE = VendorCase(
    "Northgrid", "NG-77", "Pat", "a line card", AT, later(days=1), promised_at=later(hours=1)
)
ASKED = Approval(
    5, "Ruth", "ruth@x.example", "a new switch", "tom", AT, later(days=2), 18_000, currency="GBP"
)
RUTH = e.Actor("contact", "Ruth")
SEEN = Snapshot(
    number=1001,
    seq=7,
    type="incident",
    title="No internet",
    client="Harbour Dental",
    agreement="managed gold",
    path="standard",
    mode="act",
    state="working",
    priority="P2",
    tier="T1",
    group="Desk",
    owner="",
    desk_owner="sam",
    helper="",
    category="",
    site="",
    host="",
    service="",
    source="phone",
    record="tierline",
    requester_name="Ruth",
    requester_email="",
    opened_at=AT,
    alerts=3,
    reopened=0,
    touched=True,
)


def say(what: Any, by: e.Actor = TOM, *, rule: str = "x", values: Any = None, **seen: Any) -> str:
    SHOWN.add(type(what))
    why = e.Why(rule, "v", values or {})
    event = e.Event(1001, 7, AT, AT, by, what, why)
    return words(event, replace(SEEN, **seen), NAMES)


def opened(**fields: Any) -> e.Opened:
    return e.Opened(
        type=TicketType.INCIDENT,
        title="No internet",
        client="Harbour Dental",
        agreement="managed gold",
        path="standard",
        mode=Mode.ACT,
        priority=Priority.P2,
        impact=2,
        urgency=1,
        **fields,
    )


def plan(**fields: Any) -> Plan:
    return Plan("swap the firewall", later(hours=2), "tom", AT, **fields)


def hold(reason: HoldReason, **fields: Any) -> Hold:
    return Hold(reason, AT, "which line?", "", later(days=1), **fields)


def threshold(clock: ClockName, fraction: float = 1.0, late_s: float = 0.0) -> dict[str, Any]:
    return {
        "clock": clock,
        "cycle": 1,
        "fraction": fraction,
        "due": AT,
        "full_due": AT if fraction == 1 else later(minutes=30),
        "late_s": late_s,
    }


UP = ("T1", "Desk", "T2", "Network")
LAPSE = "T1 limit reached: claimed without a plan"
HALF_HOUR = TierUse(1_800_000_000)

SENTENCES = [
    (say(opened()), "Tom opened the incident as P2 for Harbour Dental: No internet."),
    (
        say(opened(alert="9", source="alertmanager"), PSA),
        "Opened by an alert from psa mirror as P2 for Harbour Dental: No internet.",
    ),
    (
        say(e.Routed("T2", "Network", {"group": "skill firewall"})),
        "Put into the queue of Network (T2): skill firewall.",
    ),
    (say(e.AlertAttached("9", "firing")), "The alert came again and joined (3 so far)."),
    (
        say(e.AlertAttached("9", "firing", stale=True)),
        "An older alert of the same problem joined and changed nothing.",
    ),
    (
        say(e.AlertAttached("9", "resolved")),
        "The alert recovered when no work was owed any more.",
    ),
    (
        say(e.Recovered("9", later(minutes=10))),
        "The alert recovered; if nobody touches it, it resolves by itself at 09:10 UTC.",
    ),
    (say(e.Recovered("9"), owner="tom"), "The alert recovered; Tom was left to decide."),
    (say(e.Claimed("tom")), "Tom claimed it."),
    (say(e.Claimed("j.doe")), "Tom gave it to Jane."),
    (say(e.Claimed("ines"), PSA), "Psa mirror gave it to Ines."),
    (say(e.Released("tom", "going home.")), "Tom gave it back to the queue: going home."),
    (say(e.Released("j.doe")), "Tom took it from Jane back to the queue."),
    (say(e.Noted("cable\n found")), "Tom noted: cable found."),
    (
        say(e.Noted("On our way!", to_client=True), requester_email="ruth@harbourdental.example"),
        "Tom wrote to the requester: On our way!",
    ),
    (
        say(e.Noted("Call us!", to_client=True)),
        "Tom wrote for the client, whose address is not known: Call us!",
    ),
    (say(e.Planned(plan())), "Tom planned: swap the firewall, by 11:00 UTC."),
    (
        say(e.Planned(replace(plan(), promised_at=later(days=1)), revision=True)),
        "Tom revised the plan: swap the firewall, by 24 Nov 09:00 UTC.",
    ),
    (
        say(e.PlanSlipped(1, later(minutes=15)), e.TIME),
        "The plan ran out; it could be revised until 09:15 UTC.",
    ),
    (say(e.PlanSlipped(2), e.TIME), "The plan slipped and was over."),
    (
        say(e.Escalated(*UP, LAPSE, used=HALF_HOUR), e.TIME, rule="tier lapse"),
        "T1 limit of 30 minutes reached (claimed without a plan): moved from Desk to Network.",
    ),
    (
        say(e.Escalated(*UP, "the plan slipped"), e.TIME, rule="plan slip"),
        "The plan slipped: moved from Desk to Network.",
    ),
    (
        say(e.Escalated(*UP, "needs the firewall")),
        "Tom escalated it from Desk to Network: needs the firewall.",
    ),
    (
        say(e.Returned("T2", "Network", "T1", "Desk", "a password")),
        "Tom returned it from Network to Desk: a password.",
    ),
    (
        say(e.Transferred("T2", "Network", "T2", "VoIP", "phones")),
        "Tom passed it from Network to VoIP: phones.",
    ),
    (
        say(e.EscalationProposed("T2", "Network", LAPSE), e.TIME, rule="tier lapse"),
        "T1 limit reached (claimed without a plan): a move to Network (T2) was proposed.",
    ),
    (
        say(e.Held(replace(hold(HoldReason.CLIENT), of="Ruth"))),
        "Tom put it on hold, waiting for the client (Ruth): which line?",
    ),
    (
        say(e.Held(hold(HoldReason.SCHEDULED, until=later(days=400)), was=HoldReason.CLIENT)),
        "Tom changed the hold, scheduled for later until 28 Dec 2027 09:00 UTC: which line?",
    ),
    (
        say(e.Held(hold(HoldReason.SCHEDULED), booking=Booking(later(hours=1), later(hours=3)))),
        "Tom scheduled it for 10:00 UTC to 12:00 UTC: which line?",
    ),
    (
        say(e.Held(hold(HoldReason.SCHEDULED), booking=Booking(later(days=1)))),
        "Tom scheduled it for 24 Nov 09:00 UTC: which line?",
    ),
    (
        say(e.Held(hold(HoldReason.APPROVAL), approval=ASKED)),
        "Tom asked Ruth to approve 180.00 GBP until 25 Nov 09:00 UTC: a new switch.",
    ),
    (
        say(e.Held(hold(HoldReason.APPROVAL), approval=replace(ASKED, amount=None)), e.SYSTEM),
        "Tierline asked Ruth to approve until 25 Nov 09:00 UTC: a new switch.",
    ),
    (
        say(e.ApprovalAnswered(replace(ASKED, answer=Answer.APPROVED, word="go")), RUTH),
        "Ruth approved it: go.",
    ),
    (
        say(e.ApprovalAnswered(replace(ASKED, answer=Answer.REFUSED, evidence="by phone"))),
        "Tom recorded that Ruth refused it (by phone).",
    ),
    (
        say(e.ApprovalAnswered(replace(ASKED, answer=Answer.UNANSWERED)), e.TIME),
        "Ruth did not answer in time.",
    ),
    (
        say(e.Retyped(TicketType.INCIDENT, TicketType.REQUEST, "a new starter")),
        "Tom turned the incident into a request: a new starter.",
    ),
    (
        say(e.SurveyAnswered(Survey(9, AT, Score.BAD, "took days")), RUTH),
        "Ruth said how it was: bad: took days.",
    ),
    (
        say(
            e.SurveyAnswered(Survey(9, AT, Score.GOOD, "not fixed", contradicts=True)),
            RUTH,
            requester_name="",
        ),
        "The requester said how it was: good, but the word says that it is not fixed: not fixed.",
    ),
    (
        say(e.Escalated(*UP, "needs you", clocks_begin=True)),
        "Tom escalated it from Desk to Network: needs you; our promises to the client began.",
    ),
    (say(e.Resolved("set up"), type="request"), "Tom fulfilled it: set up."),
    (say(e.Confirmed(), type="request"), "Tom confirmed that it is done."),
    (say(e.Resumed(HoldReason.CLIENT, "she called")), "Tom took it off hold: she called."),
    (
        say(e.Resumed(HoldReason.SCHEDULED, "its time has come"), e.TIME),
        "The hold ended: its time has come.",
    ),
    (
        say(e.Prioritised(Priority.P3, Priority.P1, 1, 1, "all down")),
        "Tom changed the priority from P3 to P1: all down.",
    ),
    (say(e.Resolved("new cable")), "Tom resolved it: new cable."),
    (
        say(e.Resolved("recovered by itself", self_healed=True), e.TIME),
        "It stayed quiet after the recovery and was resolved by itself.",
    ),
    (say(e.Confirmed()), "Tom confirmed the resolution."),
    (
        say(e.Reopened("down again", "Network", "T2")),
        "Tom reopened it; it went back to the queue of Network: down again.",
    ),
    (
        say(e.Reopened("still down", "Network", "T2", owner="j.doe", rejected=True)),
        "Tom recorded that the client rejected it; it went back to Jane: still down.",
    ),
    (say(e.Closed("a duplicate")), "Tom closed it: a duplicate."),
    (say(e.Closed("nobody answered"), e.TIME), "It was closed: nobody answered."),
    (
        say(e.Closed("it came back later", 1002), PSA),
        "It was closed (a linked ticket carries on): it came back later.",
    ),
    (
        say(e.Warned(**threshold(ClockName.RESOLVE, 0.75)), e.TIME),
        "75 % of the resolve promise was used; it was to end at 09:30 UTC.",
    ),
    (
        say(e.Warned(**threshold(ClockName.TIER, 0.5)), e.TIME),
        "50 % of the T1 limit was used; it was to end at 09:30 UTC.",
    ),
    (
        say(e.Breached(**threshold(ClockName.RESPOND, late_s=725)), e.TIME),
        "The respond promise was broken at 09:00 UTC, seen 12 minutes 5 seconds late.",
    ),
    (
        say(e.Lapsed(**threshold(ClockName.TIER), cause="skill"), e.TIME),
        "The T1 limit was reached at 09:00 UTC (claimed without a plan).",
    ),
    (
        say(e.Lapsed(**threshold(ClockName.QUEUE), cause="capacity"), e.TIME),
        "The time to claim it ran out at 09:00 UTC.",
    ),
    (say(e.Reviewed("daily"), e.TIME), "It came up for its daily review."),
    (
        say(
            e.EscalationProposed(
                "T2", "Network", "T1 limit reached: unclaimed", choice="receiver full"
            ),
            e.TIME,
        ),
        "T1 limit reached: unclaimed: Network is full, so the leads were asked (Network (T2)).",
    ),
    (
        say(e.ProposalDeclined(7, "Network", "a free hand at ten")),
        "Tom decided that it does not go to Network: a free hand at ten.",
    ),
    (
        say(
            e.TermsMoved(
                ("sha256:a",),
                "sha256:b",
                "the new contract",
                {"resolve": (later(hours=1), later(hours=4)), "plan": (AT, None)},
            )
        ),
        "Tom moved its promises to new terms: the new contract; resolve due 13:00 UTC.",
    ),
    (
        say(
            e.EscalationProposed("T2", "Network", "T1 limit reached: unclaimed", choice=STORM),
            e.TIME,
            rule="tier lapse",
            group="Desk",
        ),
        f"T1 limit reached (unclaimed): {TOO_MANY} (Network (T2)).",
    ),
    (
        say(s.StormJoined(3, "Desk", later(minutes=15)), e.SYSTEM),
        "It is part of storm 3 of Desk, until 09:15 UTC.",
    ),
    (
        say(s.StormJoined(3, "Desk", later(minutes=15), later(minutes=1)), e.SYSTEM),
        "It is part of storm 3 of Desk, as its first, until 09:15 UTC.",
    ),
    (say(s.StormGathered(3), e.TIME), "It was time to tell the leads of storm 3."),
    (
        say(
            s.StormTold(3, "Desk", (1001, 1002), 2, ("Network",), later(minutes=15), NAMED),
            e.SYSTEM,
        ),
        "Jane and Tom were told of storm 3 of Desk: 2 tickets.",
    ),
    (
        say(s.StormTold(3, "Desk", (1001,), 1, (), later(minutes=15), ()), e.SYSTEM),
        "Nobody was told of storm 3 of Desk: 1 ticket.",
    ),
    (
        say(s.StormDecided(3, "Desk", (1001, 1002), (1003,), "all hands are here")),
        "Tom decided storm 3 of Desk: 2 moved, 1 stayed: all hands are here.",
    ),
    (
        say(e.ProposalDeclined(7, "Network", "Network has no room", gathered=True), e.TIME),
        "It stays and does not go to Network: Network has no room.",
    ),
    (say(e.PlanRefused("j.doe", "no spare")), "Tom refused the plan of Jane: no spare."),
    (
        say(e.PacketGiven(Packet("rebooted", "", "look at the uplink"))),
        "Tom said what was tried and asked: look at the uplink.",
    ),
    (
        say(e.AssistCalled("j.doe", later(minutes=15)), e.TIME),
        "Jane was asked to join until 09:15 UTC.",
    ),
    (
        say(e.AssistEnded("j.doe", "its time is over"), e.TIME),
        "The time of Jane beside the owner ended: its time is over.",
    ),
    (say(e.Claimed("tom", accepted=True)), "Tom accepted it."),
    (
        say(a.Offered("j.doe", later(minutes=5), "had no turn yet"), e.TIME),
        "It was offered to Jane until 09:05 UTC.",
    ),
    (say(a.OfferDeclined("tom", "on the phone")), "Tom declined it: on the phone."),
    (say(a.OfferDeclined("tom")), "Tom declined it."),
    (say(a.OfferLapsed("j.doe"), e.TIME), "Jane did not answer the offer in time."),
    (
        say(a.NotOffered("everybody was asked", later(hours=23)), e.TIME),
        "It waits to be claimed, everybody was asked; offers go on at 24 Nov 08:00 UTC.",
    ),
    (
        say(a.NotOffered("everybody is full"), e.TIME),
        "It waits to be claimed, everybody is full.",
    ),
    (
        say(a.ShiftEnding("j.doe", later(hours=7), "shift"), e.TIME),
        "Jane goes off shift at 16:00 UTC and still has it.",
    ),
    (
        say(a.ShiftEnding("j.doe", later(hours=7), "away"), e.TIME),
        "Jane will be away from 16:00 UTC and still has it.",
    ),
    (
        say(a.HandedOver("tom", "j.doe", "my shift ends")),
        "Tom handed it over to Jane: my shift ends.",
    ),
    (say(a.ClaimKept("tom", later(hours=7))), "Tom keeps it beyond 16:00 UTC."),
    (
        say(a.ClaimStands("j.doe", "its owner chose to keep it"), e.TIME),
        "Jane still has it: its owner chose to keep it.",
    ),
    (
        say(a.ClaimEnded("j.doe", "end of shift"), e.TIME),
        "The claim of Jane ended (end of shift), back to the queue.",
    ),
    (
        say(a.ClaimEnded("j.doe", "absence", plan_void=True), e.TIME),
        "The claim of Jane ended (absence), back to the queue; the plan is void.",
    ),
    (
        say(a.AbsenceNoted("j.doe", None, later(hours=1), later(days=2)), e.SYSTEM),
        "An absence of Jane was put on record, from 10:00 UTC until 25 Nov 09:00 UTC.",
    ),
    (say(a.AbsenceNoted("j.doe", None), e.SYSTEM), "The absence of Jane was taken back."),
    (
        say(e.Paged(Page("j.doe", 0, 1, later(minutes=5)), "on call"), e.TIME),
        "Desk is closed: Jane was paged (as on call).",
    ),
    (
        say(e.Paged(Page("tom", 1, 2, later(minutes=5)), "lead"), e.TIME),
        "Desk is closed: Tom was paged (as lead, round 2).",
    ),
    (
        say(e.PagingEnded("nobody answered in 2 rounds", answered=False), e.TIME),
        "Nobody is paged any more: nobody answered in 2 rounds.",
    ),
    (
        say(e.VendorCaseOpened(CASE)),
        "Tom asked Northgrid (NG-77): a line card; they promised 10:00 UTC.",
    ),
    (
        say(e.VendorCaseOpened(replace(CASE, reference="", promised_at=None))),
        "Tom asked Northgrid: a line card.",
    ),
    (say(e.VendorCaseUpdated(CASE, "on its way")), "Tom heard from Northgrid: on its way."),
    (
        say(e.VendorCaseClosed("Northgrid", "NG-77", "replaced")),
        "Tom closed the case with Northgrid: replaced.",
    ),
    (
        say(e.Reviewed("vendor", 2, later(days=1)), e.TIME),
        "It was time to ask the vendor again (reminder 2).",
    ),
    (
        say(e.Routed("T1", "Desk", {"group": "named"}, delayed_until=later(minutes=30))),
        "Put aside for Desk (T1) until 09:30 UTC.",
    ),
    (say(e.Entered("T1", "Desk"), e.TIME), "Put into the queue of Desk (T1)."),
    (say(e.Reviewed("expected"), e.TIME), "It was expected to be done in T1 by now."),
    (say(e.Reviewed("choice"), e.TIME), "Neither lead has chosen in time."),
    (
        say(e.Reviewed("limit"), e.TIME),
        "The limit of T1 had run out, and its path goes no higher.",
    ),
    (
        say(e.Reviewed("packet"), e.TIME),
        "The sender was asked what was tried and what the next tier is to do.",
    ),
    (
        say(e.Reviewed("closing"), e.TIME),
        "Desk closed for the day and nobody had claimed it.",
    ),
    (
        say(e.Reviewed("chase", 2, later(days=1)), e.TIME, held_of="Ruth", held_for="client"),
        "Ruth was reminded (reminder 2).",
    ),
    (
        say(e.Reviewed("chase", 1, later(days=1)), e.TIME, held_for="vendor"),
        "The vendor was reminded (reminder 1).",
    ),
    (say(e.MajorDeclared("no site is up")), "Tom declared a major incident: no site is up."),
    (say(e.MajorJoined(1040)), "Tom put it under major incident 1040."),
    (
        say(e.MajorLeft(1040, "another switch")),
        "Tom took it from under major incident 1040: another switch.",
    ),
    (
        say(e.MajorLeft(1040, "it still fires", leftover=True), e.SYSTEM),
        "Major incident 1040 did not help it: it still fires.",
    ),
    (say(e.ChildJoined(1041), e.SYSTEM), "Ticket 1041 is worked under it."),
    (
        say(e.ChildLeft(1041, "another switch"), e.SYSTEM),
        "Ticket 1041 is worked by itself again: another switch.",
    ),
    (
        say(e.ChildLeft(1041, "it still fires", leftover=True), e.SYSTEM),
        "Ticket 1041 was not helped: it still fires.",
    ),
    (
        say(e.ChildLeft(1041, "the major incident was over", declined=True), e.SYSTEM),
        "Ticket 1041 could not be put under it: the major incident was over.",
    ),
    (
        say(e.ProblemCalled("Switches die", "the third one", (1041, 1042))),
        "Tom asked for a problem, also behind 1041, 1042: the third one.",
    ),
    (say(e.ProblemLinked(1050)), "Tom linked it to problem 1050."),
    (say(e.ProblemLinked(1050, was=1044)), "Tom linked it to problem 1050 instead of 1044."),
    (say(e.IncidentLinked(1041), e.SYSTEM), "Ticket 1041 was linked to it."),
    (
        say(e.IncidentLinked(1041, gone=True), e.SYSTEM),
        "Ticket 1041 turned out to have another cause.",
    ),
    (say(e.CauseFound("bad firmware")), "Tom found the cause: bad firmware."),
    (say(e.WorkaroundGiven("power-cycle it")), "Tom gave a workaround: power-cycle it."),
    (
        say(e.ProblemSolved(1050, "new firmware"), e.SYSTEM),
        "Problem 1050 behind it was resolved: new firmware.",
    ),
    (
        say(e.Noted("We work on it.", to_client=True, flowed=1040), e.SYSTEM),
        "The requester was told of major incident 1040: We work on it.",
    ),
    (
        say(e.Noted("We work on it", to_client=True, flowed=1040, muted=True), e.SYSTEM),
        "The requester hears by another ticket of major incident 1040: We work on it.",
    ),
    (
        say(e.Resolved("a new switch", flowed=1040), e.SYSTEM),
        "Resolved with major incident 1040: a new switch.",
    ),
    (
        say(e.Reopened("down again", "Desk", "T1", flowed=1040), e.SYSTEM),
        "Reopened with major incident 1040: down again.",
    ),
    (
        say(e.Reviewed("trigger"), e.TIME),
        "What was to call management is no longer in the policy.",
    ),
    (
        say(Restricted("Security", "data was taken.")),
        "Tom restricted it to Security: data was taken.",
    ),
    (
        say(Restricted("Network", "theirs", was="Security")),
        "Tom restricted it to Network, which was Security's to see: theirs.",
    ),
    (
        say(Unrestricted("Security", "all over")),
        "Tom let everybody see it, not Security alone: all over.",
    ),
    (
        say(opened(restricted="Security")),
        "Tom opened the incident as P2 for Harbour Dental, restricted to Security: No internet.",
    ),
    *sentences_of_oversight(say),
]


@pytest.mark.parametrize(("said", "expected"), SENTENCES, ids=[s[1][:40] for s in SENTENCES])
def test_the_sentence_is_exact(said, expected):
    assert said == expected


def test_every_type_of_event_has_an_exact_example():
    assert set(EVENT_TYPES.values()) == SHOWN


@settings(max_examples=6, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_event_is_one_readable_line(name, data):
    what = data.draw(built(EVENT_TYPES[name]))
    event = data.draw(built(e.Event, what=what))
    said = words(event, data.draw(built(Snapshot)))
    assert re.fullmatch(r"\S.*[.?!]", said)
    assert said[0] == said[0].upper()


def test_a_login_without_a_name_is_said_capitalised():
    event = e.Event(1, 2, AT, AT, e.Actor("person", "sam"), e.Claimed("sam"), e.Why("x", "v"))
    assert words(event, SEEN) == "Sam claimed it."


def test_own_words_are_cut_and_put_on_one_line():
    assert quote("a\n\n b. ") == "a b"
    long = quote("word " * 100)
    assert long.endswith("...")
    assert len(long) <= 160


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (90, "1 minute 30 seconds"),
        (3600, "1 hour"),
        (5400, "1 hour 30 minutes"),
        (90_061, "1 day 1 hour"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds, said):
    assert duration(seconds) == said
