"""`management` and `rca`: how they are written, what they become, what is wrong with them."""

import json

import jsonschema_rs
import pytest

from tests.domain.test_policy_errors import GOOD
from tierline.domain.management import RcaRule, Trigger, When
from tierline.domain.policy import Duration
from tierline.domain.terms import ClockName, Priority, TicketType
from tierline.policy.document import compile_document
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder
from tierline.policy.schema import policy_schema
from tierline.policy.yaml import read_yaml

WRITTEN = """\
people: {service manager: Grace, account manager: Omar}
management:
  - {name: Any P1, when: {priority: P1}, call: [service manager], update: 30m}
  - name: Broken
    when: {breached: resolve, priority: P1-P2}
    call: [service manager, account manager]
    needs: action plan within 4h
  - {name: Open too long, when: {open for: 2bd, type: incident, category: [vpn, wifi]}, call: lead}
  - {name: Waits, when: {vip: true, unclaimed for: 30m, alerts: 3, reopened: 2}, call: lead}
  - {name: Complex, when: {stated: complex, escalated: true}, call: lead}
rca: {when: {priority: [P1, P3-P4], escalated: true}, due: 5bd, written on: ticket}
"""


def loaded(tmp_path, more: str = WRITTEN):
    (tmp_path / "rules.yaml").write_text(GOOD + more)
    return load_folder(tmp_path, year=2026)


def test_what_is_written_becomes_what_the_core_looks_up(tmp_path):
    boss, lead = ("service manager",), ("lead",)
    policy = loaded(tmp_path).policy
    assert policy.management == (
        Trigger("Any P1", When(frozenset({Priority.P1})), boss, Duration(seconds=1_800)),
        Trigger(
            "Broken",
            When(frozenset({Priority.P1, Priority.P2}), frozenset({ClockName.RESOLVE})),
            (*boss, "account manager"),
            plan_within=Duration(seconds=14_400),
        ),
        Trigger(
            "Open too long",
            When(
                categories=frozenset({"vpn", "wifi"}),
                types=frozenset({TicketType.INCIDENT}),
                open_for=Duration(business_days=2),
            ),
            lead,
        ),
        Trigger(
            "Waits",
            When(reopened=2, alerts=3, vip=True, unclaimed_for=Duration(seconds=1_800)),
            lead,
        ),
        Trigger("Complex", When(escalated=True, complex=True), lead),
    )
    three = frozenset({Priority.P1, Priority.P3, Priority.P4})
    assert policy.rca == RcaRule(When(three, escalated=True), Duration(business_days=5), False)


def test_without_them_nobody_is_called(tmp_path):
    policy = loaded(tmp_path, "").policy
    assert (policy.management, policy.rca) == ((), None)


def test_a_stored_document_is_read_again_as_it_was(tmp_path):
    found = loaded(tmp_path)
    document = json.loads(json.dumps(found.document))
    again = compile_document(document)
    assert (again.management, again.rca) == (found.policy.management, found.policy.rca)
    assert again.version == found.policy.version


def test_an_editor_accepts_what_is_written(tmp_path):
    (tmp_path / "rules.yaml").write_text(WRITTEN)
    written = read_yaml(tmp_path / "rules.yaml").root
    jsonschema_rs.Draft202012Validator(policy_schema()).validate(written)


@pytest.mark.parametrize(
    ("old", "new", "message", "remedy"),
    [
        ("when: {priority: P1}", "when: {}", "asks nothing", "{priority: P1}"),
        ("{priority: P1}", "{priorty: P1}", "no key `priorty`", "`priority`"),
        ("{priority: P1}", "{priority: P7}", "`P7` is no priority", "P1"),
        ("{priority: P1}", "{priority: []}", "is no priority", "P1-P2"),
        ("breached: resolve", "breached: tier", "must not be", "resolve"),
        ("reopened: 2", "reopened: 0", "whole number", "from 1"),
        ("alerts: 3", "alerts: 1", "whole number", "from 2"),
        ("vip: true", "vip: false", "is not asked for", "leave it out"),
        ("stated: complex", "stated: hard", "must not be", "complex"),
        ("open for: 2bd", "open for: 2d", "ambiguous", "2bd"),
        ("call: [service manager]", "call: [boss]", "must not be", "service manager"),
        ("call: [service manager]", "call: duty manager", "nobody is the duty manager", "people"),
        ("call: [service manager]", "call: []", "has 0 entries", "from 1"),
        ("call: [service manager], ", "", "lacks `call`", "who is to look"),
        ("action plan within 4h", "a plan soon", "not a duration", "4h"),
        ("name: Complex", "name: Waits", "trigger 4 is called `Waits` too", "rename"),
        ("due: 5bd, ", "", "lacks `due`", "after the resolution"),
        ("written on: ticket", "written on: wiki", "must not be", "problem"),
        ("{priority: [P1, P3-P4], escalated", "{open for: 2h, escalated", "no key `open for`", ""),
    ],
)
def test_a_mistake_is_refused_with_a_remedy(tmp_path, old, new, message, remedy):
    assert old in WRITTEN
    with pytest.raises(PolicyError) as caught:
        loaded(tmp_path, WRITTEN.replace(old, new, 1))
    found = [f for f in caught.value.findings if message in f"{f.field} {f.message}"]
    assert found, str(caught.value)
    assert remedy in f"{found[0].message}; {found[0].remedy}"
    assert found[0].line > GOOD.count("\n")
