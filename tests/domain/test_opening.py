"""Opening: whose queue, which promises, from when."""

from datetime import timedelta

import pytest

from tests.domain.worlds import HOUR, MINUTE, MONDAY, P1, P3, P4, Story, at, example_policy
from tierline.domain.events import Breached, Opened, Routed, Warned
from tierline.domain.terms import ClockName, Mode, Priority, State, TicketType
from tierline.domain.triage import UNSORTED

SATURDAY = at("2026-11-28 11:00")


def test_an_alert_is_opened_and_routed_in_one_decision():
    story = Story().open()
    assert story.names() == ["Opened", "Routed"]
    assert {event.cause for event in story.events} == {"alert:1"}
    ticket = story.ticket
    assert (ticket.state, ticket.tier, ticket.group, ticket.owner) == (
        State.QUEUED,
        "T1",
        "Desk",
        "",
    )
    assert (ticket.alerts, ticket.stay, ticket.cycle) == (1, 1, 1)


def test_client_promises_count_from_acceptance_and_internal_clocks_from_routing():
    story = Story(now=MONDAY + 10 * MINUTE).open(accepted_at=MONDAY)
    assert story.due("respond") == MONDAY + 2 * HOUR
    assert story.due("plan") == MONDAY + 4 * HOUR
    assert story.due("resolve") == at("2026-11-25 09:00")
    assert story.due("queue") == MONDAY + 25 * MINUTE
    assert story.due("tier") == MONDAY + 40 * MINUTE
    assert story.ticket.opened_at == MONDAY


def test_an_acceptance_ahead_of_now_counts_as_now():
    assert Story().open(accepted_at=MONDAY + HOUR).ticket.opened_at == MONDAY


def test_a_late_triage_finds_its_promises_already_used_and_says_when_they_broke():
    """An alert accepted at nine and sorted at noon was due an answer at eleven."""
    story = Story(now=MONDAY + 3 * HOUR).open(accepted_at=MONDAY)
    breach = story.last(Breached)
    assert breach.what.clock is ClockName.RESPOND
    assert breach.what.due == MONDAY + 2 * HOUR
    assert breach.at == MONDAY + 3 * HOUR
    assert breach.what.late_s == 3600
    assert story.clock("respond").breached_at == MONDAY + 2 * HOUR
    assert [e.what.collapsed for e in story.all(Warned) if e.what.clock == "respond"] == [True] * 3
    assert story.due("tier") == MONDAY + 3 * HOUR + 30 * MINUTE


def test_p1_counts_round_the_clock_while_its_tier_clock_waits_for_somebody_to_be_in():
    story = Story(now=SATURDAY).open(priority=P1)
    assert story.due("respond") == SATURDAY + 15 * MINUTE
    assert story.due("resolve") == SATURDAY + 4 * HOUR
    assert story.due("queue") == at("2026-11-30 08:15")
    assert story.due("tier") == at("2026-11-30 08:30")


def test_p3_of_the_weekend_waits_for_monday_on_every_clock():
    story = Story(now=SATURDAY).open()
    assert story.due("respond") == at("2026-11-30 10:00")
    assert story.due("resolve") == at("2026-12-01 18:00")


def test_a_request_is_to_be_answered_and_fulfilled_without_a_tier_limit():
    story = Story().call(type=TicketType.REQUEST)
    assert set(story.ticket.clocks) == {ClockName.RESPOND, ClockName.FULFIL, ClockName.QUEUE}
    assert story.due("fulfil") == at("2026-11-26 09:00")


def test_a_priority_without_a_plan_promise_starts_no_plan_clock():
    assert ClockName.PLAN not in Story().open(priority=P4).ticket.clocks


def test_the_update_clock_waits_for_an_upward_move():
    assert ClockName.UPDATE not in Story().open(priority=P1).ticket.clocks


def test_a_call_answered_in_person_has_its_response_at_once():
    story = Story().call(spoken_to=True)
    clock = story.clock("respond")
    assert (clock.met_at, clock.carried_us, clock.breached_at) == (MONDAY, 0, None)


def test_the_rules_say_which_of_them_decided_what():
    story = Story().open(
        facts={"device": {"type": "firewall", "criticality": 1}, "severity": "error"}
    )
    routed, opened = story.last(Routed), story.last(Opened)
    assert (routed.what.tier, routed.what.group) == ("T2", "Network")
    assert routed.what.decided_by["start"] == "Firewalls are for T2"
    assert routed.what.decided_by["priority"] == "impact 1 x urgency 2"
    assert routed.why.values["chosen"] == "skill firewall"
    assert (opened.what.category, opened.what.priority) == ("firewall", Priority.P2)
    assert {e.why.policy for e in story.events} == {"test-1"}


def test_the_event_keeps_what_was_seen_of_the_floor():
    floor = Story().open().last(Routed).why.values["floor"]
    assert floor == {"as_of": MONDAY.isoformat(), "group": "Desk", "staffed": True, "load": 0}


@pytest.mark.parametrize(
    ("severity", "priority"),
    [("critical", "P2"), ("error", "P3"), ("warning", "P3"), ("info", "P3")],
)
def test_a_severity_speaks_to_urgency_only(severity, priority):
    assert Story().open(facts={"severity": severity}).ticket.priority == priority


def test_a_person_may_state_priority_start_and_impact():
    story = Story().call(priority=P1, start="Network")
    assert (story.ticket.priority, story.ticket.group) == (P1, "Network")
    assert story.last(Routed).what.decided_by["priority"] == "stated by a person"
    assert Story().call(impact=1, urgency=1).ticket.priority is P1


@pytest.mark.parametrize("nonsense", [0, 4, -1, 99])
def test_an_impact_or_urgency_off_the_scale_is_as_if_unsaid(nonsense):
    ticket = Story().call(impact=nonsense, urgency=nonsense).ticket
    assert (ticket.impact, ticket.urgency, ticket.priority) == (2, 2, P3)


def test_vip_adds_urgency_but_never_above_p2_by_itself():
    assert Story().call(vip=True).ticket.priority is Priority.P2
    assert Story().call(vip=True, impact=1, urgency=2).ticket.priority is Priority.P2
    assert Story().call(vip=True, impact=3, urgency=3).ticket.priority is P3


def test_an_unknown_client_goes_to_the_triage_tier_under_the_default_agreement():
    ticket = Story().open(client=UNSORTED, agreement="").ticket
    assert (ticket.tier, ticket.group, ticket.agreement) == ("triage", "Triage", "managed")


def test_the_most_specific_mode_holds_and_a_record_may_override_it():
    assert Story(example_policy(mode=Mode.WATCH)).open().ticket.mode is Mode.WATCH
    assert Story().open(mode=Mode.SUGGEST).ticket.mode is Mode.SUGGEST


def test_first_routing_happens_in_every_mode():
    for mode in Mode:
        assert Story(example_policy(mode=mode)).open().ticket.group == "Desk"


def test_a_new_ticket_is_looked_at_again_at_closing():
    assert Story().open().ticket.review_at == at("2026-11-23 18:00")


def test_opening_settles_what_is_due_at_that_very_instant():
    """Sorted a week late: every threshold and move at once, and nothing left behind."""
    story = Story(now=MONDAY + timedelta(days=7)).open(accepted_at=MONDAY)
    assert len(story.all(Breached)) == 3
