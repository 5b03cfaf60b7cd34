"""What `policy diff` says: each kind of difference in words, none where there is none."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.domain.test_policy_unwise import RULES
from tierline.cli.policy import app
from tierline.policy.diff import differences
from tierline.policy.document import LISTED
from tierline.policy.folder import load_folder

ROOT = Path(__file__).parents[2]
EXAMPLE = load_folder(ROOT / "policy", year=2026).document
REST = """\
mode: {default: act, Contoso: watch}
priority:
  impact: {site: 1, team: 2}
  matrix: {1: [P1, P2, P3], 2: [P2, P3, P3], 3: [P3, P3, P4]}
plans: {slip_grace: 15m}
tell: {"breach P1-P2": {owner: page}}
"""


def _document(tmp_path, rules):
    (tmp_path / "rules.yaml").write_text(rules)
    return load_folder(tmp_path, year=2026).document


def _said(tmp_path, *changes):
    before = _document(tmp_path, RULES + REST)
    after = RULES + REST
    for old, new in changes:
        assert old in after, old
        after = after.replace(old, new, 1)
    return [it.said for it in differences(before, _document(tmp_path, after))]


CASES = {
    "limit": (("limit: 30m", "limit: 20m"), ["T1's limit on path standard: 30m -> 20m"]),
    "a key more": (
        ("{at: T2, limit: 1h}", "{at: T2, limit: 1h, silent: 30m}"),
        ["T2's silent on path standard: nothing -> 30m"],
    ),
    "step gone": (("    - {at: T2, limit: 1h}\n", ""), ["path standard leaves out T2"]),
    "path": (
        ("paths:\n", "paths:\n  fast: [{at: T2}]\n"),
        ["path 'fast' is new: T2"],
    ),
    "rule": (
        (
            "  - name: Everything\n",
            ("  - {name: Firewalls skip T1, when: {category: x}, do: {start: T2}}\n"
            "  - name: Everything\n"),
        ),
        ["rule 'Firewalls skip T1' is new, before 'Everything'"],
    ),
    "rule gone": (
        (('  - name: Loud\n    when: severity == "critical" && client == "Contoso"\n'
         "    do: {start: T2}\n"), ""),
        ["rule 'Loud' is gone"],
    ),
    "rule does": (("do: {start: Network}", "do: {start: T1}"),
                  ["rule 'Firewalls' sets start: Network -> T1"]),
    "rule goes on": (("do: {start: Network}", "do: {start: Network, next: true}"),
                     ["rule 'Firewalls' sets next: nothing -> true"]),
    "rule looks at a value": (("{category: firewall}", "{category: [firewall, vpn]}"),
                              ["rule 'Firewalls', where category is firewall -> firewall, vpn"]),
    "rule looks at all else": (("    when: {category: firewall}\n", "    when: vip\n"),
                               ["rule 'Firewalls' matches category firewall -> vip"]),
    "mode": (("Contoso: watch", "Contoso: act"), ["Contoso: mode watch -> act"]),
    "mode of somebody more": (("Contoso: watch", "Contoso: watch, Fabrikam: suggest"),
                              ["Fabrikam: mode nothing -> suggest"]),
    "promise": (("respond: 15m", "respond: 20m"), ["gold's P1 respond: 15m -> 20m"]),
    "cover": (("{P1-P2: 24x7, else: office}", "{P1: 24x7, else: office}"),
              ["gold's cover of P2: 24x7 -> office"]),
    "cover of two": (("{P1-P2: 24x7, else: office}", "{else: 24x7}"),
                     ["gold's cover of P3-P4: office -> 24x7"]),
    "days": (("mon-fri: 08:00-18:00", "mon-fri: 08:00-17:00"),
             ["office, mon-fri: 08:00-18:00 -> 08:00-17:00"]),
    "day more": (("mon-fri: 08:00-18:00", "mon-sat: 08:00-18:00"),
                 ["office, sat: closed -> 08:00-18:00"]),
    "lead": (("    lead: Tom\n", "    lead: Ines\n"), ["Network's lead: Tom -> Ines"]),
    "no lead": (("    lead: Tom\n", ""), ["Network's lead: Tom -> nothing"]),
    "members": (("[Tom, Ines]", "[Tom]"), ["Network's members: Tom, Ines -> Tom"]),
    "tier": (("tiers: [T1, T2]", "tiers: [T1, T2, T3]"), ["tier 'T3' is new, after T2"]),
    "agreement": (
        (
            "agreements:\n",
            "default_agreement: managed\nagreements:\n  free: {sla: gold, path: standard}\n",
        ),
        ["agreement 'free' is new: sla gold, path standard",
         "default agreement: nothing -> managed"],
    ),
    "matrix": (("2: [P2, P3, P3]", "2: [P2, P2, P3]"), ["impact 2, degraded: P3 -> P2"]),
    "impact": (("{site: 1, team: 2}", "{site: 2, team: 2}"), ["impact of site: 1 -> 2"]),
    "table": (("{slip_grace: 15m}", "{slip_grace: 20m}"), ["plans, slip grace: 15m -> 20m"]),
    "paged": (("else: wait for opening", "P3: page on_call, else: wait for opening"),
              ["closed next group, P3: wait for opening -> page on_call"]),
    "told": (("owner: page", "owner: notify, lead: page"),
             ["breach P1-P2: lead nothing -> page", "breach P1-P2: owner page -> notify"]),
    "told by default": (('tell: {"breach P1-P2": {owner: page}}\n', "tell: {}\n"),
                        ["breach P1-P2: owner page -> by default"]),
    "manager": (("service manager: Priya", "service manager: Tom"),
                ["people, service manager: Priya -> Tom"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_difference_is_said_in_words(tmp_path, case):
    change, said = case
    assert _said(tmp_path, change) == said


def test_a_rule_that_moved_says_where_it_stands(tmp_path):
    loud = RULES[RULES.index("  - name: Loud") : RULES.index("  - name: Everything")]
    first = "triage:\n"
    assert _said(tmp_path, (loud, ""), (first, first + loud)) == [
        "rule 'Loud' stands elsewhere, before 'Category from the device'"
    ]


def test_the_order_of_groups_says_who_gets_a_ticket(tmp_path):
    desk = "  Desk: {tier: T1, hours: office, lead: Priya, members: [Priya, Sam]}\n"
    assert _said(tmp_path, (desk, ""), ("slas:\n", desk + "slas:\n")) == [
        "the order of groups: Desk, Network -> Network, Desk"
    ]


def test_long_lists_are_told_by_what_has_come_and_gone(tmp_path):
    many = "[" + ", ".join(f"x{i}" for i in range(8)) + "]"
    skills = ("skills: [firewall]", f"skills: {many}")
    assert _said(tmp_path, skills) == [
        "Network's skills: also x0, x1, x2 and 5 more, no longer firewall"
    ]


def _leaves(value, at=()):
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(item, (*at, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for i, item in enumerate(value):
            yield from _leaves(item, (*at, i))
    else:
        yield at, value


LEAVES = [at for at, _ in _leaves(EXAMPLE) if at[0] != LISTED]


@given(st.sampled_from(LEAVES), st.sampled_from(["changed", None]))
def test_whatever_is_changed_is_said_in_its_section(at, new):
    """`None`: the key is taken out; what names a rule or a step cannot be."""
    assume(new is not None or at[-1] not in {"name", "at"})
    changed = copy.deepcopy(EXAMPLE)
    *way, last = at
    here = changed
    for key in way:
        here = here[key]
    if new is None and isinstance(here, dict):
        del here[last]
    else:
        here[last] = ["changed"] if isinstance(here[last], list) else "changed"
    found = differences(EXAMPLE, changed)
    assert {it.section for it in found} == {at[0]}
    assert all(it.said for it in found)
    assert {it.section for it in differences(changed, EXAMPLE)} == {at[0]}


def test_a_policy_does_not_differ_from_itself_in_whatever_order_a_database_keeps_it():
    assert differences(EXAMPLE, _shuffled(EXAMPLE)) == ()
    changed = json.loads(json.dumps(EXAMPLE).replace("08:00-18:00", "08:00-17:00"))
    plain = [it.said for it in differences(EXAMPLE, changed)]
    assert plain == ["office, mon-fri: 08:00-18:00 -> 08:00-17:00"]
    assert [it.said for it in differences(_shuffled(EXAMPLE), changed)] == plain


def _shuffled(value):
    if isinstance(value, dict):
        return {key: _shuffled(value[key]) for key in sorted(value, reverse=True)}
    return [_shuffled(item) for item in value] if isinstance(value, list) else value


def _run(*arguments):
    return CliRunner().invoke(app, ["diff", *map(str, arguments)])


@pytest.fixture
def folders(tmp_path):
    for name, rules in (("a", RULES), ("b", RULES.replace("limit: 30m", "limit: 20m"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rules.yaml").write_text(rules)
    return tmp_path / "a", tmp_path / "b"


def test_two_folders_are_compared_on_the_command_line(folders):
    result = _run(*folders)
    assert result.exit_code == 0
    assert result.stdout == "paths\n  T1's limit on path standard: 30m -> 20m\n"
    assert _run(folders[0], folders[0]).stdout == "No difference.\n"


def test_the_comparison_is_json_for_programs(folders):
    said = json.loads(_run(*folders, "--json").stdout)
    assert said["from"] != said["to"]
    assert said["differences"] == [
        {
            "section": "paths",
            "name": "standard",
            "said": "T1's limit on path standard: 30m -> 20m",
            "old": "30m",
            "new": "20m",
        }
    ]
