"""`when:` by short matchers and by CEL expressions."""

import pytest

from tierline.domain.terms import Priority
from tierline.policy.expressions import ExpressionError, compile_expression
from tierline.policy.matchers import (
    FACTS,
    AllFields,
    Always,
    ByExpression,
    FieldTest,
    explain,
    fact_path,
    glob,
)

FACTS_OF_AN_ALERT = {
    "source": "alertmanager",
    "client": "Harbour Dental",
    "severity": "critical",
    "title": "Backup failed on hd-srv-01",
    "labels": {"kind": "backup failed", "a.b c": "yes", "code": "10", "tags": ["red", "blue"]},
    "device": {"type": "server", "criticality": 1},
    "priority": Priority.P2,
    "category": None,
    "type": "alert",
    "vip": True,
}


def _short(name, *wanted):
    return AllFields((FieldTest(fact_path(name), wanted),))(FACTS_OF_AN_ALERT)


@pytest.mark.parametrize(
    ("name", "wanted", "matches"),
    [
        ("client", ("Harbour Dental",), True),
        ("client", ("harbour dental",), False),
        ("client", ("Harbour",), False),
        ("client", ("Harbour*",), True),
        ("client", ("Oakfield", "*Dental"), True),
        ("labels.kind", ("backup failed",), True),
        ("labels.a.b c", ("yes",), True),
        ("labels.missing", ("*",), False),
        ("labels.code", (10,), True),
        ("labels.tags", ("blue",), True),
        ("labels.tags", ("green",), False),
        ("device.criticality", (1,), True),
        ("device.criticality", ("1",), True),
        ("device.criticality", (2, 3), False),
        ("device.type", ("firewall", "server"), True),
        ("category", ("*",), False),
        ("site", ("*",), False),
        ("priority", ("P2",), True),
        ("vip", (True,), True),
        ("vip", (False,), False),
        ("vip", ("true",), True),
        ("vip", (1,), False),
    ],
)
def test_a_short_matcher_compares_one_fact(name, wanted, matches):
    assert _short(name, *wanted) is matches


def test_all_short_matchers_must_hold():
    both = AllFields((FieldTest(("client",), ("*Dental",)), FieldTest(("severity",), ("info",))))
    assert not both(FACTS_OF_AN_ALERT)
    assert explain(both, FACTS_OF_AN_ALERT).note == "severity differs"


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("*", "", True),
        ("a*", "a", True),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("*b*", "abc", True),
        ("a*b*c", "a-c-b-c", True),
        ("a*b*c", "a-c-b", False),
        ("a.c", "abc", False),
        ("[ab]", "a", False),
        ("a*", "b\na", False),
        ("*a", "b\na", True),
    ],
)
def test_a_star_stands_for_any_characters_and_nothing_else_is_special(pattern, text, matches):
    assert glob(pattern, text) is matches


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("severity", ("severity",)),
        ("labels.a.b", ("labels", "a.b")),
        ("device.type", ("device", "type")),
        ("device.colour", None),
        ("labels", None),
        ("labels.", None),
        ("client.name", None),
        ("nonsense", None),
    ],
)
def test_a_fact_has_a_path(name, path):
    assert fact_path(name) == path


def _judge(source, facts=FACTS_OF_AN_ALERT):
    return explain(ByExpression(compile_expression(source, FACTS)), facts)


@pytest.mark.parametrize(
    "source",
    [
        'labels.kind == "backup failed"',
        'labels["a.b c"] == "yes"',
        "device.criticality <= 2 && vip",
        'severity in ["critical", "error"]',
        'title.matches("^Backup failed on [a-z-]+[0-9]+$")',
        'type == "alert" && title.contains("failed")',
        'priority == "P2"',
        "!has(labels.missing)",
        'labels.tags.exists(t, t == "red")',
        "int(labels.code) > 9",
        'true || labels.missing == "x"',
        "size(title) > 3",
        "r'\\d' != ''",
    ],
)
def test_an_expression_that_is_true_matches(source):
    verdict = _judge(source)
    assert verdict.matched, verdict.note


@pytest.mark.parametrize(
    ("source", "note"),
    [
        ('labels.missing == "x"', "missing"),
        ('site == "x"', "site"),
        ("!(site == 'x')", "site"),
        ("device.type < 3", "TypeError"),
        ("client + 1 == 2", "TypeError"),
        ("1 / 0 == 1", "ZeroDivisionError"),
        ('title.matches("(")', "regex"),
        ("client", "the result is str"),
        ("device.criticality", "the result is int"),
        ('severity == "info"', ""),
    ],
)
def test_what_cannot_be_judged_is_no_match_and_says_why(source, note):
    verdict = _judge(source)
    assert not verdict.matched
    assert note in verdict.note
    assert bool(note) == bool(verdict.note)


def test_a_missing_device_is_no_match():
    assert not _judge('device.type == "server"', {"client": "x"}).matched
    assert _judge("!has(device.type)", {"client": "x"}).matched


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "is not an expression"),
        ("client ==", "is not an expression"),
        ("client == 'x' // why", "holds a comment"),
        ('client == "x', "open quote"),
        ('client == """x"""', "triple quotes"),
        ("clint == 'x'", "no fact is called `clint`"),
        ("client.upper() == 'X'", "no function is called `upper`"),
        ("count > 2", "`count` stands without a window"),
        ("count(7) > 2", "takes one window, in quotes"),
        ('count("7d", "host") > 2', "takes one window, in quotes"),
        ('title.count("7d") > 2', "takes one window, in quotes"),
        ('count("7days") > 2', "`7days` is no window"),
        ('count("0d") > 2', "`0d` is no window"),
        ('count("745h") > 2', "longer than 31d"),
        ("a" * 501, "501 characters"),
        ("(" * 250 + "1" + ")" * 249, "is not an expression"),
        ("[1].all(a, [1].all(b, a == b))", "holds 2 loops"),
        ("[1]. all (a, [1].map(b, b) == [a])", "holds 2 loops"),
        ("r'\\' + '' + string([1].all(a, [1].all(b, true)))", "holds 2 loops"),
    ],
)
def test_an_expression_that_cannot_be_used_is_refused(source, message):
    with pytest.raises(ExpressionError, match=message):
        compile_expression(source, FACTS)


def test_a_loop_named_in_a_text_is_no_loop():
    assert compile_expression("title == 'x.all(a, b.all(c, d))'", FACTS)


def test_a_rule_without_when_always_matches():
    assert Always()({})
    assert explain(Always(), {}).matched
    assert explain(lambda facts: "x" in facts, {"x": 1}).matched
