"""Rules that count: `count("7d")` and `count.7d: at least 2`."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.domain.test_policy_trying import START, _load
from tests.domain.test_policy_unwise import RULES
from tests.domain.worlds import MONDAY, Story, example_policy
from tierline.domain.explain.account import Case
from tierline.domain.explain.causes import cause_of
from tierline.domain.explain.seen import Seen
from tierline.domain.policy import Rule, RuleAction
from tierline.policy.counting import WindowError, looked_up, window
from tierline.policy.errors import PolicyError
from tierline.policy.expressions import compile_expression
from tierline.policy.matchers import FACTS, AllFields, ByExpression, CountTest, explain, windows_of
from tierline.policy.trying.trial import try_all
from tierline.policy.unwise.constraints import demands_of

TWICE = 'labels.kind == "backup failed" && count("7d") >= 2'


def by_expression(source):
    return ByExpression(compile_expression(source, FACTS))


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("1m", timedelta(minutes=1)),
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        ("31d", timedelta(days=31)),
        ("744h", timedelta(days=31)),
    ],
)
def test_a_window_has_a_length(text, length):
    assert window(text) == length


@pytest.mark.parametrize("text", ["", "7", "d", "0h", "-1d", "1.5d", "7 d", "2bd", "32d", "99999h"])
def test_what_is_no_window_is_refused(text):
    with pytest.raises(WindowError):
        window(text)


@pytest.mark.parametrize(("seen", "matches"), [(0, False), (1, False), (2, True), (1000, True)])
def test_the_rule_of_the_second_time_matches_from_the_second_on(seen, matches):
    facts = {"labels": {"kind": "backup failed"}, "count": {"7d": seen}}
    assert by_expression(TWICE)(facts) is matches
    assert CountTest("7d", 2)(facts) is matches
    assert not by_expression(TWICE)({**facts, "labels": {"kind": "disk"}})


def test_a_ticket_without_an_alert_counts_nothing():
    assert not by_expression('count("7d") >= 1')({})
    assert by_expression('count("7d") == 0')({"client": "Contoso"})
    assert not CountTest("7d", 1)({})
    assert explain(AllFields((CountTest("7d", 1),)), {}).note == "count.7d differs"


def test_each_window_has_its_own_number():
    rule = by_expression("count('1h') >= 3 || count ( \"7d\" ) >= 10")
    assert windows_of(rule) == {"1h", "7d"}
    assert rule({"count": {"1h": 3, "7d": 3}})
    assert rule({"count": {"1h": 0, "7d": 10}})
    assert not rule({"count": {"1h": 2, "7d": 9}})


def test_a_count_in_a_text_is_a_text():
    source = "title == 'count(\"7d\")' || title == \"count('9x')\""
    assert looked_up(source) == (source, frozenset())
    assert by_expression(source)({"title": 'count("7d")'})


RULES_THAT_COUNT = RULES.replace(
    "triage:\n",
    "triage:\n"
    '  - {name: Twice, when: \'labels.kind == "backup failed" && count("7d") >= 2\','
    " do: {start: T2, priority: P2}}\n"
    "  - {name: Often, when: {labels.kind: disk, count.90m: at least 5}, do: {priority: P1}}\n",
)


def test_a_policy_knows_the_windows_of_its_rules(tmp_path):
    loaded = _load(tmp_path, "start: T1", rules=RULES_THAT_COUNT)
    assert loaded.policy.counted == {"7d": timedelta(days=7), "90m": timedelta(minutes=90)}
    assert example_policy().counted == {}


@pytest.mark.parametrize(
    ("facts", "expect"),
    [
        ("labels.kind: backup failed, count.7d: 2", "start: T2, priority: P2"),
        ("labels.kind: backup failed, count.7d: 1", "start: T1, priority: P3"),
        ("labels.kind: backup failed", "start: T1, priority: P3"),
        ("labels.kind: disk, count.90m: 5", "start: T1, priority: P1"),
        ("labels.kind: disk, count.90m: 4", "start: T1, priority: P3"),
        ("labels.kind: disk, count.7d: 5", "start: T1, priority: P3"),
    ],
)
def test_a_test_of_a_policy_states_the_count(tmp_path, facts, expect):
    alert = f"{{client: Contoso, {facts}}}"
    (trial,) = try_all(_load(tmp_path, expect, alert=alert, rules=RULES_THAT_COUNT), START)
    assert trial.wrong == ()


def test_a_count_in_a_test_is_a_number(tmp_path):
    with pytest.raises(PolicyError, match="must be a whole number, not the text `often`"):
        _load(tmp_path, "start: T1", alert="{client: Contoso, count.7d: often}")


def test_a_rule_that_counts_covers_no_other():
    """So that nobody is warned that the rule behind it is never reached."""
    wide = demands_of({"severity": ["error"]})
    counting = demands_of({"severity": ["error"], "count.7d": "at least 2"})
    assert wide.cover(counting)
    assert not counting.cover(wide)
    assert not demands_of('severity == "error" && count("7d") >= 2').cover(wide)


def test_what_was_counted_is_kept_and_said():
    rule = Rule("Twice", CountTest("7d", 2), RuleAction(start="T2"))
    policy = replace(example_policy(), triage=(rule,))
    story = Story(policy=policy).open(facts={"severity": "error", "count": {"7d": 2}})
    opened = story.events[0]
    assert opened.why.values["count"] == {"7d": 2}
    assert opened.why.values["decided_by"]["start"] == "Twice"
    case = Case(story.ticket, tuple(story.events), policy, MONDAY)
    assert cause_of(Seen(case, opened, None)).endswith("Like it within 7d: 2.")
    plain = Story().open().events[0]
    assert "count" not in plain.why.values
