"""Watch, suggest, act: how far Tierline goes on its own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.worlds import HOUR, KIM, MINUTE, MONDAY, SAM, TOM, Story, example_policy
from tierline.domain.commands import AcceptProposal, Claim, MakePlan, Move, PutOnHold, Resolve
from tierline.domain.events import EscalationProposed, Lapsed, Reviewed
from tierline.domain.policy import ModeRules
from tierline.domain.terms import HoldReason, Mode, State

WATCH, SUGGEST, ACT = Mode.WATCH, Mode.SUGGEST, Mode.ACT


def in_mode(mode: Mode) -> Story:
    return Story(example_policy(mode=mode)).open()


@pytest.mark.parametrize("mode", [WATCH, SUGGEST])
def test_a_lapse_is_proposed_and_nothing_moves(mode):
    story = in_mode(mode).ok(Claim("sam")).wait(30 * MINUTE)
    proposed = story.last(EscalationProposed)
    assert "Escalated" not in story.names()
    assert (proposed.at, proposed.what.to_tier, proposed.what.to_group) == (
        MONDAY + 30 * MINUTE,
        "T2",
        "Network",
    )
    assert proposed.why.values["mode"] == mode
    ticket = story.ticket
    assert (ticket.tier, ticket.group, ticket.owner) == ("T1", "Desk", "sam")
    assert ticket.proposal.seq == proposed.seq


def test_the_clock_stays_lapsed_and_is_not_told_again():
    story = in_mode(SUGGEST).ok(Claim("sam")).wait(9 * HOUR)
    assert [e.what.clock for e in story.all(Lapsed)].count("tier") == 1
    assert len(story.all(EscalationProposed)) == 1
    assert story.clock("tier").running


def test_in_watch_no_message_leaves_the_console():
    story = in_mode(WATCH).ok(Claim("sam")).wait(3 * HOUR)
    for event in story.events:
        notices = story.notices(type(event.what), "psa")
        assert all(notice.suppressed.startswith("mode watch") for notice in notices)


def test_suggest_tells_the_lead():
    story = in_mode(SUGGEST).ok(Claim("sam")).wait(30 * MINUTE)
    assert story.told(EscalationProposed) == {("priya", "proposed", "notify")}


def test_accepting_the_proposal_does_what_was_proposed():
    story = in_mode(SUGGEST).ok(Claim("sam")).wait(30 * MINUTE)
    seq = story.ticket.proposal.seq
    story.wait(5 * MINUTE).ok(AcceptProposal(seq), TOM)
    ticket = story.ticket
    assert (ticket.group, ticket.state, ticket.proposal) == ("Network", State.QUEUED, None)
    assert (story.events[-1].by.name, story.events[-1].at) == ("tom", MONDAY + 35 * MINUTE)
    assert ticket.tier_used["T1"].carried_us == 35 * 60 * 1_000_000


def test_only_the_proposal_that_stands_can_be_accepted():
    story = in_mode(SUGGEST)
    assert story.refused(AcceptProposal(3)) == "no_proposal"
    story.wait(30 * MINUTE)
    seq = story.ticket.proposal.seq
    assert story.refused(AcceptProposal(seq - 1)) == "no_proposal"
    story.ok(Move("by hand"))
    assert story.refused(AcceptProposal(seq)) == "no_proposal"


def test_a_slipped_plan_proposes_anew():
    story = in_mode(SUGGEST).ok(Claim("sam")).wait(10 * MINUTE)
    story.ok(MakePlan("x", MONDAY + 30 * MINUTE)).wait(HOUR)
    assert [e.at for e in story.all(EscalationProposed)] == [
        MONDAY + 45 * MINUTE,
        MONDAY + 65 * MINUTE,
    ]
    assert story.ticket.proposal.seq == story.last(EscalationProposed).seq


def test_resolving_ends_a_proposal():
    story = in_mode(SUGGEST).wait(30 * MINUTE).ok(Resolve("x"))
    assert story.refused(AcceptProposal(story.last(EscalationProposed).seq)) == "not_active"


def test_a_proposal_to_a_group_that_is_gone_is_refused():
    story = in_mode(SUGGEST).wait(30 * MINUTE)
    groups = {name: g for name, g in story.policy.groups.items() if name != "Network"}
    story.policy = replace(story.policy, groups=groups)
    assert story.refused(AcceptProposal(story.ticket.proposal.seq), KIM) == "unknown_group"


def test_people_act_in_every_mode():
    for mode in Mode:
        story = in_mode(mode).ok(Claim("sam")).ok(Move("mine no more"), SAM)
        assert story.ticket.group == "Network"


def test_the_most_specific_of_path_client_agreement_default():
    rules = ModeRules(WATCH, {"managed": SUGGEST}, {"Contoso": ACT}, {"vip": WATCH})
    assert rules.of(path="p", client="Fabrikam", agreement="other") is WATCH
    assert rules.of(path="p", client="Fabrikam", agreement="managed") is SUGGEST
    assert rules.of(path="p", client="Contoso", agreement="managed") is ACT
    assert rules.of(path="vip", client="Contoso", agreement="managed") is WATCH


def test_in_watch_nobody_was_reminded_so_an_unanswered_hold_does_not_close():
    story = in_mode(WATCH).ok(Claim("sam")).ok(PutOnHold(HoldReason.CLIENT, "a log", "jo"))
    story.wait(timedelta(days=30))
    assert story.ticket.state is State.ON_HOLD
    assert story.ticket.hold.chases > story.policy.holds.close_after
    assert len(story.all(Reviewed)) == story.ticket.hold.chases, "it is still looked at each day"


def test_in_watch_nobody_was_asked_so_an_unconfirmed_resolution_stays():
    story = in_mode(WATCH).ok(Resolve("x")).wait(timedelta(days=30))
    assert [e.what.clock for e in story.all(Lapsed)].count("confirm") == 1
    assert story.ticket.state is State.RESOLVED


@pytest.mark.parametrize("mode", [SUGGEST, ACT])
def test_where_messages_leave_silence_closes(mode):
    held = in_mode(mode).ok(Claim("sam")).ok(PutOnHold(HoldReason.CLIENT, "a log", "jo"))
    resolved = in_mode(mode).ok(Resolve("x"))
    for story in (held, resolved):
        assert story.wait(timedelta(days=30)).ticket.state is State.CLOSED
