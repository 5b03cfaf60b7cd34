"""A client with an IT of its own: who looks first, and from when our promises count."""

from dataclasses import replace

import pytest

from tests.domain.worlds import (
    HOUR,
    MINUTE,
    MONDAY,
    OFFICE,
    P1,
    P3,
    TOM,
    Story,
    example_policy,
    person,
)
from tierline.domain.commands import Claim, Move, Note, Prioritise, Reopen, Resolve
from tierline.domain.events import Breached, Escalated, Opened, Routed
from tierline.domain.policy import Agreement, Group
from tierline.domain.terms import ClocksStart, ReopenRule

OWN = Group("Contoso IT", "T1", OFFICE, lead="cal", room="contoso", of="client Contoso")
ABLE = replace(OWN, name="Contoso Net", skills=("firewall",))
RITA = person("rita")


def co_managed(*own: Group, starts: ClocksStart = ClocksStart.ON_HANDOVER, first="{client.it}"):
    policy = example_policy()
    groups = {group.name: group for group in (*policy.groups.values(), *own)}
    agreement = Agreement("managed", "gold", "standard", first, starts)
    return replace(policy, groups=groups, agreements={"managed": agreement})


def called(*own: Group, **stated: object) -> Story:
    return Story(co_managed(*(own or (OWN,)))).call(**stated)


def test_the_clients_own_group_looks_first_whatever_triage_says():
    story = called(facts={"device": {"type": "firewall"}})
    routed = story.last(Routed)
    assert (story.ticket.group, routed.why.rule) == ("Contoso IT", "first by the agreement")


def test_of_several_the_able_one_of_the_lowest_tier():
    above = replace(OWN, name="Contoso Board", tier="T3")
    story = called(above, OWN, ABLE, category="firewall")
    assert story.ticket.group == "Contoso Net"


def test_a_client_without_an_it_goes_the_way_of_everybody_and_its_clocks_run():
    story = Story(co_managed(OWN)).call(client="Fabrikam")
    assert (story.ticket.group, story.ticket.clocks_wait) == ("Desk", False)
    assert story.due("resolve") is not None


def test_a_persons_word_goes_first_and_then_it_is_ours_at_once():
    story = called(start="Network")
    assert (story.ticket.group, story.clock("respond").running) == ("Network", True)


def test_first_may_be_a_group_or_a_tier_of_ours():
    policy = co_managed(OWN, first="Infra", starts=ClocksStart.ON_CREATION)
    assert Story(policy).call().ticket.group == "Infra"
    policy = co_managed(OWN, first="T2", starts=ClocksStart.ON_CREATION)
    assert Story(policy).call().ticket.group == "Network"


def test_our_clocks_wait_while_theirs_run():
    story = called(priority=P1)
    assert story.ticket.clocks_wait
    assert set(story.ticket.clocks) == {"tier", "queue"}
    assert story.last(Opened).why.values["our_clocks_start"] == "on_handover"
    story.ok(Claim("rita"), RITA).ok(Note("looking", to_client=True), RITA).wait(20 * MINUTE)
    assert set(story.ticket.clocks) == {"tier", "queue", "silent"}


def test_they_begin_with_the_first_hand_over_to_us():
    story = called(priority=P3).ok(Claim("rita"), RITA).wait(20 * MINUTE)
    story.ok(Move("we are stuck", to_group="Desk"), RITA)
    assert not story.ticket.clocks_wait
    assert story.clock("respond").started_at == MONDAY + 20 * MINUTE
    assert story.due("respond") == MONDAY + 20 * MINUTE + 2 * HOUR
    began = story.clock("resolve").started_at
    story.wait(MINUTE).ok(Move("up", to_group="Network"), TOM)
    assert story.clock("resolve").started_at == began, "only the first"


def test_time_hands_over_as_well_and_a_pressing_ones_update_begins():
    story = called(priority=P1).wait(30 * MINUTE)
    moved = story.last(Escalated)
    assert (moved.what.to_group, moved.what.clocks_begin) == ("Network", True)
    assert story.clock("resolve").started_at == moved.at == MONDAY + 30 * MINUTE
    assert story.due("update") == moved.at + 30 * MINUTE


def test_among_their_own_groups_nothing_begins():
    above = replace(OWN, name="Contoso Second", tier="T2")
    story = called(OWN, above, priority=P1).ok(Move("ours", to_group="Contoso Second"), RITA)
    assert story.ticket.clocks_wait
    assert set(story.ticket.clocks) == {"tier", "queue"}


def test_a_partner_works_for_us():
    night = replace(OWN, name="Night", of="partner NOCworks")
    story = called(OWN, night).ok(Move("yours", to_group="Night"), RITA)
    assert story.clock("resolve").running


def test_a_new_priority_while_it_is_theirs_begins_nothing():
    story = called().ok(Prioritise("worse", priority=P1), TOM)
    assert "resolve" not in story.ticket.clocks
    story.ok(Move("yours", to_group="Desk"), RITA)
    assert story.clock("resolve").target_s == 4 * 3600


@pytest.mark.parametrize("reopen", ReopenRule)
def test_resolved_and_reopened_by_them_it_is_still_theirs(reopen):
    policy = co_managed(OWN)
    sla = replace(policy.slas["gold"], reopen=reopen)
    story = Story(replace(policy, slas={"gold": sla})).call().ok(Resolve("restarted"), RITA)
    story.ok(Reopen("again"), RITA)
    assert story.ticket.clocks_wait
    assert "resolve" not in story.ticket.clocks
    assert not story.all(Breached)
    story.ok(Move("yours", to_group="Desk"), RITA)
    assert story.clock("resolve").running


def test_on_creation_they_run_though_their_it_looks_first():
    story = Story(co_managed(OWN, starts=ClocksStart.ON_CREATION)).call()
    assert (story.ticket.group, story.clock("resolve").running) == ("Contoso IT", True)
