"""Whose group may have a ticket: never one of a client or partner who has nothing to do with it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.anything import likely
from tests.domain.worlds import (
    KIM,
    MINUTE,
    MONDAY,
    OFFICE,
    P1,
    P3,
    TOM,
    Story,
    example_policy,
)
from tierline.domain.advance import upcoming
from tierline.domain.commands import AcceptProposal, Claim, MakePlan, Move, RefusePlan
from tierline.domain.events import EscalationProposed, Lapsed, Moved, Routed
from tierline.domain.floor import Floor
from tierline.domain.policy import Group, Path, Policy, Rule, RuleAction
from tierline.domain.serving import serves
from tierline.domain.terms import Mode

CONTOSO, FABRIKAM = "Contoso", "Fabrikam"
PARTNERS = {"NOCworks": frozenset({FABRIKAM}), "Everyman": frozenset()}
FOREIGN = (
    Group("Fabrikam IT", "T1", OFFICE, room="fabrikam", skills=("firewall",), of="client Fabrikam"),
    Group(
        "Fabrikam Net", "T2", OFFICE, room="fabrikam", skills=("firewall",), of="client Fabrikam"
    ),
    Group("NOC", "T2", OFFICE, room="noc", skills=("firewall",), of="partner NOCworks"),
    Group("Odd", "T2", OFFICE, skills=("firewall",), of="nobody we know"),
)
"""Somebody else's, listed before ours, and able."""


class Shared(Story):
    @property
    def floor(self) -> Floor:
        return Floor(self.now, partners=PARTNERS)


def shared_policy(*more: Group, mode: Mode = Mode.ACT) -> Policy:
    policy = example_policy(mode=mode)
    groups = {group.name: group for group in (*FOREIGN, *more, *policy.groups.values())}
    return replace(policy, groups=groups)


@pytest.mark.parametrize(
    ("of", "client", "may"),
    [
        ("", CONTOSO, True),
        ("client Contoso", CONTOSO, True),
        ("client Contoso", FABRIKAM, False),
        ("client Contoso", "Unsorted", False),
        ("partner NOCworks", FABRIKAM, True),
        ("partner NOCworks", CONTOSO, False),
        ("partner Everyman", CONTOSO, True),
        ("partner of no record", CONTOSO, True),
        ("Contoso", CONTOSO, False),
    ],
)
def test_a_group_serves_whom_it_is_there_for(of, client, may):
    assert serves(Group("G", "T1", OFFICE, of=of), client, PARTNERS) is may


def test_triage_leaves_out_groups_of_others_however_able():
    story = Shared(shared_policy()).open(category="firewall", priority=P3)
    assert (story.ticket.group, story.last(Routed).what.tier) == ("Desk", "T1")


def test_a_rule_that_names_a_group_of_somebody_else_is_as_good_as_none():
    policy = shared_policy()
    policy = replace(policy, triage=(Rule("x", lambda _: True, RuleAction(start="Fabrikam IT")),))
    assert Shared(policy).open().ticket.group == "Triage"
    assert Shared(policy).open(client=FABRIKAM).ticket.group == "Fabrikam IT"


def test_a_lapse_goes_to_a_group_that_serves_the_client():
    story = Shared(shared_policy()).open(category="firewall", priority=P1).wait(30 * MINUTE)
    assert story.ticket.group == "Network"


def test_a_tier_of_somebody_elses_groups_alone_is_left_out():
    policy = shared_policy()
    groups = {name: g for name, g in policy.groups.items() if name != "Network"}
    story = Shared(replace(policy, groups=groups)).open(priority=P1).wait(30 * MINUTE)
    assert story.ticket.group == "Infra"
    assert story.rejected is None
    assert story.refused(Move("down", to_tier="T2"), TOM) == "unknown_tier"


def test_where_only_others_come_after_it_the_path_ends():
    policy = shared_policy()
    steps = policy.paths["standard"].steps[:3]
    groups = {
        name: g for name, g in policy.groups.items() if name != "Network" and g.of != "nobody"
    }
    groups = {name: g for name, g in groups.items() if not g.of.startswith("partner")}
    policy = replace(policy, groups=groups, paths={"standard": Path("standard", steps)})
    story = Shared(policy).open(priority=P1).wait(31 * MINUTE)
    assert story.ticket.group == "Desk"
    lapse = next(e for e in story.all(Lapsed) if e.what.clock == "tier")
    assert ("mia", "end of path", "notify") in story.notices_of(lapse)


def test_the_next_room_that_is_warned_is_one_that_may_have_it():
    story = Shared(shared_policy()).open(category="firewall", priority=P1).wait(23 * MINUTE)
    warned = [
        e for e in story.events if ("network", "next group warned", "notify") in story.notices_of(e)
    ]
    assert warned
    told = {who for e in story.events for who, _, _ in story.notices_of(e)}
    assert not told & {"fabrikam", "noc"}


def test_a_person_cannot_send_it_there_and_is_not_told_its_name():
    story = Shared(shared_policy()).open()
    assert story.refused(Move("x", to_group="Fabrikam IT"), TOM) == "unknown_group"
    assert "Fabrikam" not in story.rejected.reason
    assert story.refused(Move("x", to_group="NOC"), TOM) == "unknown_group"


def test_what_was_proposed_before_a_group_became_a_clients_is_not_done():
    story = Shared(shared_policy(mode=Mode.SUGGEST)).open(priority=P1).wait(30 * MINUTE)
    proposed = story.last(EscalationProposed)
    network = replace(story.policy.groups["Network"], of="client Fabrikam")
    story.policy = replace(story.policy, groups={**story.policy.groups, "Network": network})
    assert story.refused(AcceptProposal(proposed.seq)) == "unknown_group"


def test_somebody_of_a_foreign_group_of_the_next_tier_refuses_no_plan():
    policy = shared_policy()
    noc = replace(policy.groups["NOC"], members=("kim",))
    story = Shared(replace(policy, groups={**policy.groups, "NOC": noc})).open()
    story.ok(Claim("sam")).ok(MakePlan("x", MONDAY + 30 * MINUTE))
    assert story.refused(RefusePlan("no"), KIM) == "lead_decides"


@settings(max_examples=60)
@given(data=st.data())
def test_no_way_leads_a_ticket_to_somebody_elses_group(data):
    """Any commands and any time: every group on its trail serves its client."""
    mode = data.draw(st.sampled_from([Mode.ACT, Mode.SUGGEST]))
    client = data.draw(st.sampled_from([CONTOSO, FABRIKAM, "Unsorted"]))
    story = Shared(shared_policy(mode=mode))
    story.open(client=client, category=data.draw(st.sampled_from(["", "firewall"])), priority=P1)
    for _ in range(8):
        if story.ticket.open and data.draw(st.booleans()):
            story.until(max(story.now, upcoming(story.ticket).at))
        command, asker = data.draw(likely(story.ticket, story.now))
        if data.draw(st.integers(0, 3)) == 0:
            command = Move("x", to_group=data.draw(st.sampled_from([g.name for g in FOREIGN])))
        story.do(command, asker)
    for event in story.events:
        if isinstance(event.what, Moved | EscalationProposed):
            group = story.policy.groups[event.what.to_group]
            assert serves(group, client, PARTNERS), event
    assert all(serves(story.policy.groups[g], client, PARTNERS) for g in story.ticket.trail)
