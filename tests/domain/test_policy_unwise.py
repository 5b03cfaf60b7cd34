"""What `policy check` warns of: each warning with a policy that has it, and one that has not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from tierline.cli.policy import app
from tierline.domain.windows import merged
from tierline.policy.codes import Code
from tierline.policy.folder import load_folder
from tierline.policy.unwise import look
from tierline.policy.unwise.constraints import Value, demands_of
from tierline.policy.unwise.spans import common, union, without

ROOT = Path(__file__).parents[2]
START = datetime(2026, 1, 1, tzinfo=UTC)

RULES = """\
hours:
  office: {zone: Europe/London, mon-fri: 08:00-18:00}
tiers: [T1, T2]
groups:
  Desk: {tier: T1, hours: office, lead: Priya, members: [Priya, Sam]}
  Network:
    tier: T2
    hours: office
    lead: Tom
    on_call: network rota
    skills: [firewall]
    members: [Tom, Ines]
slas:
  gold:
    cover: {P1-P2: 24x7, else: office}
    P1: {respond: 15m, resolve: 4h, update: 30m}
    P2: {respond: 30m, resolve: 8h, update: 2h}
    P3: {respond: 2h, resolve: 2bd}
    P4: {respond: 4h, resolve: 5bd}
    requests: {respond: 4h, fulfil: 3bd}
agreements:
  managed: {sla: gold, path: standard}
paths:
  standard:
    - {at: T1, limit: 30m, unclaimed: 15m tell lead}
    - {at: T2, limit: 1h}
closed_next_group: {P1-P2: page on_call, else: wait for opening}
people: {service manager: Priya}
triage:
  - name: Category from the device
    when: {device.type: [firewall, server]}
    do: {category: "{device.type}", next: true}
  - name: Firewalls
    when: {category: firewall}
    do: {start: Network}
  - name: Loud
    when: severity == "critical" && client == "Contoso"
    do: {start: T2}
  - name: Everything
    do: {start: T1}
"""

RECORDS = """\
clients:
  Contoso: {agreement: managed, domains: contoso.example}
contacts:
  - {client: Contoso, name: Ruth, email: ruth@contoso.example}
devices:
  - {client: Contoso, name: fw01, type: firewall, criticality: 1}
  - {client: Contoso, name: dc01, type: server, criticality: 1}
people:
  Priya: {login: priya, email: priya@msp.example, role: lead}
  Sam: {login: sam, email: sam@msp.example, role: technician}
  Tom: {login: tom, email: tom@msp.example, role: lead}
  Ines: {login: ines, email: ines@msp.example, role: technician}
integrations:
  alertmanager: {kind: alertmanager, client_field: labels.client}
schedules:
  network rota: {zone: Europe/London, every: week, from: 2025-12-01, people: [Tom, Ines]}
"""


def _loaded(tmp_path, rules=RULES, records=RECORDS):
    (tmp_path / "rules.yaml").write_text(rules)
    if records:
        (tmp_path / "records.yaml").write_text(records)
    return load_folder(tmp_path, year=2026)


def _warnings(tmp_path, rules=RULES, records=RECORDS):
    return look(_loaded(tmp_path, rules, records), START)[0]


def changed(text, *changes):
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def test_a_policy_that_is_wise_has_no_warnings(tmp_path):
    assert _warnings(tmp_path) == ()


AFTER_FIREWALLS = "  - name: Loud\n"

# name: (code, what is written in RULES and what instead, part of the message, part of the remedy)
CASES = {
    "type of device nobody has": (
        Code.RULE_NEVER_MATCHES,
        ("[firewall, server]", "fierwall"),
        "`device.type` is never `fierwall`",
        "did you mean `firewall`?",
    ),
    "severity that no monitor knows": (
        Code.RULE_NEVER_MATCHES,
        ('"critical"', '"fatal"'),
        "`severity` is never `fatal`",
        "known: critical, error, info, warning",
    ),
    "client nobody knows": (
        Code.RULE_NEVER_MATCHES,
        ('"Contoso"', '"Fabrikam"'),
        "`client` is never `Fabrikam`",
        "Contoso",
    ),
    "category nobody has": (
        Code.RULE_NEVER_MATCHES,
        ("{category: firewall}", "{category: telephony}"),
        "`category` is never `telephony`",
        "known: firewall, server",
    ),
    "pattern that nothing fits": (
        Code.RULE_NEVER_MATCHES,
        ("{category: firewall}", '{device.type: "print*"}'),
        "`device.type` is never `print*`",
        "firewall, server",
    ),
    "contradiction": (
        Code.RULE_NEVER_MATCHES,
        ('&& client == "Contoso"', '&& "error" == severity'),
        "cannot be two things at once",
        "`||`",
    ),
    "rule behind one that matches more": (
        Code.RULE_SHADOWED,
        (
            AFTER_FIREWALLS,
            "  - {name: Late, when: {category: firewall, vip: true}, do: {start: T1}}\n"
            + AFTER_FIREWALLS,
        ),
        "`Late` is never reached: `Firewalls` (rule 2) matches all it matches",
        "move it up",
    ),
    "rule behind its twin": (
        Code.RULE_SHADOWED,
        (
            "  - name: Everything\n",
            (
                "  - name: Again\n"
                '    when: client == "Contoso" && severity in ["critical"]\n'
                "    do: {start: T1}\n"
                "  - name: Everything\n"
            ),
        ),
        "`Again` is never reached: `Loud` (rule 3)",
        "narrow that rule",
    ),
    "rule behind one that matches everything": (
        Code.RULE_SHADOWED,
        ("    when: {category: firewall}\n", ""),
        "`Firewalls` matches everything",
        "`when`",
    ),
    "tier without a group": (
        Code.TIER_EMPTY,
        ("[T1, T2]", "[T1, T2, T3]"),
        "tier `T3` has no group",
        "tier: T3",
    ),
    "group without people": (
        Code.GROUP_EMPTY,
        (", members: [Priya, Sam]}", "}"),
        "nobody is in `Desk`, the group of tier `T1`",
        "members",
    ),
    "group without a lead to tell": (
        Code.STEP_TELLS_NOBODY,
        ("lead: Priya, ", ""),
        "`Desk` has none",
        "`lead`",
    ),
    "path that people must end": (
        Code.PATH_ENDS_BY_HAND,
        ("{at: T2, limit: 1h}", "{at: T2, limit: 1h, by hand: true}"),
        "takes a ticket to `T1` and no further",
        "time reaches",
    ),
    "path that some tickets leave": (
        Code.PATH_ENDS_FOR_SOME,
        ("{at: T2, limit: 1h}", "{at: T2, limit: 1h, when: {category: firewall}}"),
        "goes nowhere from `T1` for some tickets",
        "without `when`",
    ),
    "path that nobody takes": (
        Code.PATH_UNUSED,
        ("paths:\n", "paths:\n  other: [{at: T1, limit: 1h}]\n"),
        "by no agreement and no rule",
        "remove it",
    ),
    "step that time never leaves": (
        Code.STEP_WITHOUT_LIMIT,
        ("{at: T1, limit: 30m,", "{at: T1,"),
        "has no limit",
        "limit: 30m",
    ),
    "hours that hardly come": (
        Code.HOURS_RARELY_OPEN,
        ("hours:\n", "hours:\n  rare: {zone: Europe/London, mon: 08:00-08:30}\n"),
        "for 30 minutes a week",
        "edits",
    ),
    "no word for a pressing one": (
        Code.PRIORITY_WITHOUT_TARGET,
        (", update: 2h}", "}"),
        "no `update` for P2, which the matrix gives",
        "update: 1h",
    ),
    "lead nobody knows": (
        Code.NOT_RECORDED,
        ("lead: Tom", "lead: Tim"),
        "called `Tim`",
        "did you mean `Tom`?",
    ),
    "schedule nobody knows": (
        Code.SCHEDULE_UNKNOWN,
        ("on_call: network rota", "on_call: netwrk rota"),
        "`netwrk rota`",
        "did you mean `network rota`?",
    ),
    "nobody paged at night": (
        Code.NOBODY_REACHED,
        ("closed_next_group: {P1-P2: page on_call, else: wait for opening}\n", ""),
        "Contoso, P1, P2, Thu 2026-01-01 00:00 to 08:00",
        "closed_next_group",
    ),
}

IN_RECORDS = {
    "lead who has left": (
        Code.PERSON_LEFT,
        ("login: tom,", "login: tom, active: false,"),
        "the lead `Tom` has left",
        "somebody who is there",
    ),
    "contact of another domain": (
        Code.CONTACT_UNVERIFIED,
        ("ruth@contoso.example", "ruth@mail.example"),
        "not at a mail domain of Contoso (contoso.example)",
        "correct the address",
    ),
    "client without a contact": (
        Code.CLIENT_WITHOUT_CONTACT,
        ("clients:\n", "clients:\n  Fabrikam: {agreement: managed}\n"),
        "has no contact",
        "contacts",
    ),
    "person who is no member": (
        Code.NOT_A_MEMBER,
        ("login: sam,", "login: sam, groups: [Network],"),
        "not among the members of `Network`",
        "add them",
    ),
    "source without a client": (
        Code.SOURCE_WITHOUT_CLIENT,
        (", client_field: labels.client", ""),
        "Unsorted",
        "client_field",
    ),
    "schedule that ends": (
        Code.SCHEDULE_GAP,
        ("from: 2025-12-01,", "from: 2025-12-01, until: 2026-03-02,"),
        "nobody is on call from 2026-03-02",
        "add a layer",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_rule_that_is_unwise_is_warned_of_where_it_stands(tmp_path, case):
    code, change, message, remedy = case
    found = [it for it in _warnings(tmp_path, changed(RULES, change)) if it.code == code]
    assert any(message in it.message and remedy in it.remedy for it in found), found
    assert all(it.file.endswith("rules.yaml") and it.line for it in found)


@pytest.mark.parametrize("case", IN_RECORDS.values(), ids=IN_RECORDS)
def test_a_record_that_is_unwise_is_warned_of(tmp_path, case):
    code, change, message, remedy = case
    found = _warnings(tmp_path, records=changed(RECORDS, change))
    assert any(
        (it.code, message in it.message, remedy in it.remedy) == (code, True, True) for it in found
    ), found


def test_every_code_has_a_case_here_and_a_line_in_the_guide():
    shown = {code for code, *_ in (*CASES.values(), *IN_RECORDS.values())}
    assert shown | {Code.PATH_END_UNTOLD} == set(Code)
    guide = (ROOT / "docs" / "guides" / "policy.md").read_text()
    assert [code for code in Code if f"`{code}`" not in guide] == []


def test_a_path_whose_end_nobody_hears_of(tmp_path):
    no_lead = changed(RULES, ("    lead: Tom\n", ""), ("people: {service manager: Priya}\n", ""))
    (found,) = _warnings(tmp_path, no_lead)
    assert (found.code, found.field) == (Code.PATH_END_UNTOLD, "paths.standard[2]")
    assert "nobody is told when the limit of `Network`" in found.message
    room = changed(no_lead, ("    hours: office\n", "    hours: office\n    room: net\n"))
    told = room + "tell: {end of path: {room: notify}}\n"
    assert {it.code for it in _warnings(tmp_path, told)} == {Code.NOT_RECORDED}


def test_a_step_before_one_that_some_pass_by_is_an_end_too(tmp_path):
    rules = changed(
        RULES,
        ("[T1, T2]", "[T0, T1, T2]"),
        (
            "  Desk:",
            "  First: {tier: T0, hours: office, lead: Priya, members: [Priya, Sam]}\n  Desk:",
        ),
        ("{at: T1,", "{at: T0, limit: 5m}\n    - {at: T1,"),
        ("{at: T2, limit: 1h}", "{at: T2, limit: 1h, when: {vip: true}}"),
        ("lead: Priya, members: [Priya, Sam]}\n  Network", "members: [Priya, Sam]}\n  Network"),
        ("people: {service manager: Priya}\n", ""),
    )
    found = [it for it in _warnings(tmp_path, rules) if it.code == Code.PATH_END_UNTOLD]
    assert [it.field for it in found] == ["paths.standard[2]"]


def test_a_rule_is_not_shadowed_where_one_between_changes_what_was_looked_at(tmp_path):
    """`Firewalls` looked before a later rule said what the ticket is about."""
    between = (
        "  - {name: Locks, when: {labels.kind: lock}, do: {category: firewall, next: true}}\n"
        "  - {name: Late, when: {category: firewall}, do: {start: T1}}\n"
    )
    rules = changed(RULES, (AFTER_FIREWALLS, between + AFTER_FIREWALLS))
    assert _warnings(tmp_path, rules) == ()


def test_a_rule_that_goes_on_shadows_nothing(tmp_path):
    rules = changed(RULES, ("do: {start: Network}", "do: {start: Network, next: true}"))
    late = "  - {name: Late, when: {category: firewall}, do: {priority: P2}}\n"
    assert _warnings(tmp_path, changed(rules, (AFTER_FIREWALLS, late + AFTER_FIREWALLS))) == ()


def test_a_type_that_the_client_named_does_not_have(tmp_path):
    records = changed(
        RECORDS,
        ("clients:\n", "clients:\n  Fabrikam: {agreement: managed}\n"),
        (
            "contacts:\n",
            "contacts:\n  - {client: Fabrikam, name: Al, email: al@fabrikam.example}\n",
        ),
    )
    rule = "  - {name: F, when: {client: Fabrikam, device.type: server}, do: {start: T1}}\n"
    (found,) = _warnings(
        tmp_path, changed(RULES, (AFTER_FIREWALLS, rule + AFTER_FIREWALLS)), records
    )
    assert (found.code, found.field) == (Code.RULE_NEVER_MATCHES, "triage[3].when")
    assert "`Fabrikam` has no device of type `server`" in found.message


def test_a_folder_without_records_is_judged_by_its_rules_alone(tmp_path):
    rules = changed(RULES, ("[firewall, server]", "anything"), ("[Priya, Sam]", "[Who]"))
    assert _warnings(tmp_path, rules, records="") == ()


# Saturday 10 January 2026, London on UTC: closed since Friday 18:00.
TOM_AWAY = """\
absences:
  - {person: Tom, from: 2026-01-10T02:00, until: 2026-01-10T08:00}
"""
ONLY_TOM = ("people: [Tom, Ines]}", "people: [Tom], when away: gap}")
NO_MANAGER = ("people: {service manager: Priya}\n", "")


def test_the_hours_in_which_nobody_is_reached_are_named(tmp_path):
    records = changed(RECORDS, ONLY_TOM) + TOM_AWAY
    (found,) = _warnings(tmp_path, changed(RULES, NO_MANAGER), records)
    assert (found.code, found.field, found.line) == (Code.NOBODY_REACHED, "groups.Network", 6)
    assert found.message == (
        "nobody would be reached: Contoso, P1, P2, Sat 2026-01-10 02:00 to 08:00 in the next 28"
        " days: Network is closed, network rota has a gap, its lead Tom is away, duty manager is"
        " nobody, service manager is nobody"
    )


ONE_ROTA = changed(RECORDS, ONLY_TOM)
BY_DAY = TOM_AWAY.replace("10T02", "09T09").replace("10T08", "09T17")
FILLED = {
    "a manager stands behind the rota": (RULES, ONE_ROTA + TOM_AWAY),
    "the next one takes the turn": (changed(RULES, NO_MANAGER), RECORDS + TOM_AWAY),
    "he is away while the group is open": (changed(RULES, NO_MANAGER), ONE_ROTA + BY_DAY),
}


@pytest.mark.parametrize("case", FILLED.values(), ids=FILLED)
def test_whoever_is_there_or_can_be_woken_fills_the_hole(tmp_path, case):
    assert [it for it in _warnings(tmp_path, *case) if it.code == Code.NOBODY_REACHED] == []


def test_a_group_all_of_whose_people_are_away_is_not_there(tmp_path):
    """Friday 9 January, 10:00 to 12:00, in working hours."""
    away = "".join(
        f"  - {{person: {who}, from: 2026-01-09T10:00, until: 2026-01-09T12:00}}\n"
        for who in ("Tom", "Ines")
    )
    records = f"{RECORDS}absences:\n{away}"
    rules = changed(RULES, NO_MANAGER)
    found = [it for it in _warnings(tmp_path, rules, records) if it.code == Code.NOBODY_REACHED]
    assert [it.message.split("nobody would be reached: ")[1][:53] for it in found] == [
        "Contoso, P1, P2, Fri 2026-01-09 10:00 to 12:00 in the",
    ]
    assert "Network is open and all of it away" in found[0].message


def test_those_who_work_shifts_are_there_in_their_shifts(tmp_path):
    shifts = "shifts: {zone: Europe/London, mon-fri: 08:00-13:00}, "
    records = changed(
        RECORDS,
        ("login: tom,", f"login: tom, {shifts}"),
        ("login: ines,", f"login: ines, {shifts}"),
    )
    rules = changed(
        RULES,
        ("closed_next_group: {P1-P2", "closed_next_group: {P1"),
        ("P1-P2: 24x7, else: office", "P1: 24x7, else: office"),
    )
    found = [it for it in _warnings(tmp_path, rules, records) if it.code == Code.NOBODY_REACHED]
    # Five hours without anybody: longer than every promise of an answer but none is paged for.
    assert [it.field for it in found] == ["groups.Network"]
    assert "P2, P3, P4, Thu 2026-01-01 13:00 to 18:00" in found[0].message


def test_a_pause_shorter_than_the_promise_of_an_answer_harms_nobody(tmp_path):
    lunch = changed(
        RULES,
        (
            "hours:\n",
            "hours:\n  desk: {zone: Europe/London, mon-fri: [08:00-12:00, 13:00-18:00]}\n",
        ),
        ("Desk: {tier: T1, hours: office", "Desk: {tier: T1, hours: desk"),
    )
    assert _warnings(tmp_path, lunch) == ()
    long = changed(lunch, ("13:00-18:00]", "15:00-18:00]"))
    (found,) = _warnings(tmp_path, long)
    assert "P3, Thu 2026-01-01 12:00 to 15:00, and 19 times more" in found.message


def test_the_first_group_of_a_tier_is_not_asked_while_another_is_staffed(tmp_path):
    night = changed(
        RULES,
        (
            "  Network:\n",
            "  Night: {tier: T1, hours: 24x7, lead: Priya, members: [Sam]}\n  Network:\n",
        ),
        ("closed_next_group: {P1-P2: page on_call, else: wait for opening}\n", ""),
    )
    found = [it.field for it in _warnings(tmp_path, night) if it.code == Code.NOBODY_REACHED]
    assert found == ["groups.Network"]


def test_a_group_of_one_client_is_nobody_elses_worry(tmp_path):
    theirs = changed(
        RULES,
        (
            "  Network:\n",
            (
                "  Fabrikam IT: {tier: T2, hours: office, of: client Fabrikam, skills: [x]}\n"
                "  Network:\n"
            ),
        ),
    )
    records = changed(
        RECORDS,
        ("clients:\n", "clients:\n  Fabrikam: {agreement: managed}\n"),
        (
            "contacts:\n",
            "contacts:\n  - {client: Fabrikam, name: Al, email: al@fabrikam.example}\n",
        ),
    )
    rules = changed(theirs, NO_MANAGER)
    found = [it for it in _warnings(tmp_path, rules, records) if it.code == Code.NOBODY_REACHED]
    assert ["Contoso" in it.message for it in found] == [False]


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6).map(merged)


def _points(spans):
    return {at for start, end in spans for at in range(start, end)}


@given(SPANS, SPANS, SPANS)
def test_stretches_are_sets_of_instants(one, two, three):
    window = (0, 40)
    assert _points(without(one, two)) == _points(one) - _points(two)
    assert _points(union([one, two, three])) == _points(one) | _points(two) | _points(three)
    assert _points(common(window, [one, two])) == _points(one) & _points(two)
    assert merged(without(one, two)) == without(one, two)


@pytest.mark.parametrize(
    ("wide", "narrow", "covers"),
    [
        ("Backup*", "Backup failed*", True),
        ("Backup*", "Backup", True),
        ("*", "*x*", True),
        ("Backup failed*", "Backup*", False),
        ("a*b", "a*", False),
        ("ab", "a*", False),
        ("ab", "ab", True),
    ],
)
def test_one_pattern_within_another(wide, narrow, covers):
    assert Value(wide, "*" in wide).covers(Value(narrow, "*" in narrow)) is covers


def test_a_star_in_an_expression_is_a_star():
    (demand,) = demands_of('title == "a*"').all_of
    assert demand.any_of == (Value("a*"),)
    assert not demand.any_of[0].allows("ab")


@pytest.mark.parametrize(
    ("source", "facts", "whole"),
    [
        ('severity == "critical"', ["severity"], True),
        ('labels["a b"] == "x" && vip == true', ["labels.a b", "vip"], True),
        ('device.criticality in [1, 2] && title.contains("x")', ["device.criticality"], False),
        ('severity == "critical" || vip', [], False),
        ('has(labels.x) && labels.x == "a && b"', ["labels.x"], False),
        ('(severity == "a" || vip) && client == "C"', ["client"], False),
        ('vip ? severity == "a" : client == "C"', [], False),
    ],
)
def test_what_an_expression_asks_for_is_read_where_it_is_plain(source, facts, whole):
    found = demands_of(source)
    assert ([it.fact for it in found.all_of], found.whole) == (facts, whole)


def _run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_warnings_fail_only_a_strict_check(tmp_path):
    _loaded(tmp_path, changed(RULES, ("[T1, T2]", "[T1, T2, T3]")))
    plain = _run("check", tmp_path, "--year", 2026)
    assert plain.exit_code == 0
    assert "rules.yaml:3:17: tiers[3]: tier `T3` has no group" in plain.stderr
    assert "[tier_empty]" in plain.stderr
    assert _run("check", tmp_path, "--year", 2026, "--strict").exit_code == 1
    assert _run("check", ROOT / "policy", "--year", 2026, "--strict").exit_code == 0


def test_warnings_are_json_with_their_codes(tmp_path):
    _loaded(tmp_path, changed(RULES, ("[T1, T2]", "[T1, T2, T3]")))
    said = json.loads(_run("check", tmp_path, "--year", 2026, "--json").stdout)
    assert [it["code"] for it in said["warnings"]] == [Code.TIER_EMPTY]
    assert (said["ok"], said["left_out"]) == (True, 0)


def test_of_very_many_warnings_the_rest_is_counted(tmp_path):
    tiers = ", ".join(["T1", "T2", *(f"X{i}" for i in range(18))])
    rules = "".join(
        f"  - {{name: r{i}, when: {{severity: nosuch}}, do: {{start: T1}}}}\n" for i in range(190)
    )
    many = changed(RULES, ("[T1, T2]", f"[{tiers}]"), ("triage:\n", f"triage:\n{rules}"))
    found, left_out = look(_loaded(tmp_path, many), START)
    assert (len(found), left_out) == (200, 8)


def test_the_look_begins_where_it_is_told(tmp_path):
    """In the week after Tom is back nobody is missing."""
    loaded = _loaded(tmp_path, changed(RULES, NO_MANAGER), changed(RECORDS, ONLY_TOM) + TOM_AWAY)
    assert len(look(loaded, START)[0]) == 1
    assert look(loaded, START + timedelta(days=12))[0] == ()
