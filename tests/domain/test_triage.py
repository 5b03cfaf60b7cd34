"""Look once and decide: rules, facts, and the group that gets it."""

from dataclasses import replace

import pytest

from tests.domain.worlds import MONDAY, P1, P2, Story, at, example_policy
from tierline.domain.events import Opened, Routed
from tierline.domain.floor import Floor
from tierline.domain.policy import Rule, RuleAction
from tierline.domain.triage import (
    choose_group,
    classify,
    expand,
    impact_of,
    lookup,
    starting_group,
    urgency_of,
)

NIGHT = at("2026-11-23 22:00")


def ruled(*rules: Rule):
    return replace(example_policy(), triage=rules)


def always(_facts):
    return True


def test_the_first_rule_that_matches_wins():
    policy = ruled(
        Rule("no", lambda f: False, RuleAction(category="a")),
        Rule("yes", always, RuleAction(category="b", start="T2")),
        Rule("late", always, RuleAction(category="c", priority=P1)),
    )
    found = classify({}, policy)
    assert (found.category, found.start, found.priority) == ("b", "T2", None)
    assert found.decided_by == {"category": "yes", "start": "yes"}


def test_a_rule_may_let_later_ones_add_but_never_undo():
    policy = ruled(
        Rule("first", always, RuleAction(category="net", go_on=True)),
        Rule("second", always, RuleAction(category="other", priority=P1, go_on=True)),
    )
    found = classify({}, policy)
    assert (found.category, found.priority) == ("net", P1)
    assert found.decided_by == {"category": "first", "priority": "second"}


def test_what_an_earlier_rule_set_is_a_fact_to_the_later_ones():
    policy = ruled(
        Rule("first", always, RuleAction(category="net", go_on=True)),
        Rule("second", lambda f: f.get("category") == "net", RuleAction(start="T3")),
    )
    assert classify({}, policy).start == "T3"


def test_no_rule_decides_nothing_and_the_first_tier_looks_at_it():
    story = Story(ruled()).open()
    assert (story.ticket.tier, story.ticket.category) == ("triage", "")


def test_a_rule_may_set_path_and_priority_and_the_ticket_says_which():
    policy = ruled(Rule("loud", always, RuleAction(priority=P1, path="standard", start="T1")))
    story = Story(policy).open()
    assert story.ticket.priority is P1
    assert story.last(Routed).what.decided_by["priority"] == "loud"
    assert story.last(Opened).why.values["decided_by"]["path"] == "loud"


def test_facts_are_looked_up_into_and_labels_keep_their_dots():
    facts = {"host": "sw1", "labels": {"a.b": 1}, "device": {"type": "switch"}}
    assert lookup(facts, "host") == "sw1"
    assert lookup(facts, "labels.a.b") == 1
    assert lookup(facts, "device.type") == "switch"
    assert lookup(facts, "device.site") is None
    assert lookup(facts, "host.name") is None
    assert lookup(facts, "nothing") is None


def test_half_a_template_is_empty():
    """Half a problem key would join what does not belong together."""
    assert expand("{host}/{labels.job}", {"host": "a", "labels": {"job": "b"}}) == "a/b"
    assert expand("{host}/{labels.job}", {"host": "a"}) == ""
    assert expand("{host}", {"host": ""}) == ""
    assert expand("plain", {}) == "plain"


@pytest.mark.parametrize(
    ("facts", "urgency"),
    [
        ({"severity": "critical"}, 1),
        ({"severity": "error"}, 2),
        ({"severity": "warning"}, 3),
        ({"severity": "info"}, 3),
        ({"severity": "LOUD"}, 3),
        ({}, 2),
    ],
)
def test_urgency_comes_from_severity(facts, urgency):
    assert urgency_of(facts) == urgency


@pytest.mark.parametrize(("criticality", "impact"), [(1, 1), (3, 3), (9, 2), ("1", 2), (None, 2)])
def test_impact_comes_from_the_device_else_a_team(criticality, impact):
    assert impact_of({"device": {"criticality": criticality}}, example_policy()) == impact


def test_a_severity_never_touches_impact():
    for severity in ("critical", "error", "warning", "info"):
        assert Story().open(facts={"severity": severity}).ticket.impact == 2


def test_the_group_is_the_first_able_else_the_first_staffed_else_the_first_listed():
    policy, floor = example_policy(), Floor(MONDAY)
    assert choose_group(policy, floor, "T1", "voip", MONDAY, client="Contoso")[0].name == "Voice"
    group, why = choose_group(policy, floor, "T1", "", MONDAY, client="Contoso")
    assert (group.name, why) == ("Desk", "first staffed")
    group, why = choose_group(policy, floor, "T1", "", NIGHT, client="Contoso")
    assert (group.name, why) == ("Desk", "first listed: none is staffed")


def test_a_tier_without_groups_is_an_error_of_the_policy():
    with pytest.raises(LookupError, match="vendor"):
        choose_group(example_policy(), Floor(MONDAY), "vendor", "", MONDAY, client="Contoso")


@pytest.mark.parametrize(
    ("start", "group"),
    [("Network", "Network"), ("T3", "Infra"), ("", "Triage"), ("gone", "Triage")],
)
def test_a_start_names_a_group_or_a_tier_and_what_is_gone_goes_to_triage(start, group):
    found, _ = starting_group(example_policy(), Floor(MONDAY), start, "", MONDAY, client="Contoso")
    assert found.name == group


def test_what_was_stated_with_the_ticket_is_a_fact():
    policy = ruled(
        Rule("vip", lambda f: f["vip"] and f["type"] == "incident", RuleAction(start="T3")),
    )
    assert Story(policy).call(vip=True).ticket.tier == "T3"
    assert Story(policy).call().ticket.tier == "triage"


def test_what_a_team_is_worth_is_the_policys_to_say() -> None:
    """Without a device's criticality, the policy's own word for a team counts."""
    policy = example_policy()
    worst = replace(policy, priority=replace(policy.priority, impact={"team": 1}))
    story = Story(policy=worst).open(facts={"severity": "error"})
    assert story.ticket is not None
    assert (story.ticket.impact, story.ticket.priority) == (1, P2)
