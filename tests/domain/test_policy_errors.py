"""Every kind of mistake in a policy is refused at its line, with a remedy."""

import pytest

from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder

GOOD = """\
hours:
  office: {zone: Europe/London, mon-fri: 08:00-18:00}
tiers: [T1, T2]
groups:
  Desk: {tier: T1, hours: office, members: [Sam]}
  Network:
    tier: T2
    hours: office
slas:
  gold:
    cover: {P1: 24x7, else: office}
    P1: {respond: 15m, resolve: 4h}
    P2: {respond: 30m, resolve: 8h}
    P3: {respond: 2h, resolve: 2bd}
    P4: {respond: 4h, resolve: 5bd}
    requests: {respond: 4h, fulfil: 3bd}
agreements:
  managed: {sla: gold, path: standard}
paths:
  standard:
    - {at: T1, limit: 30m}
    - {at: T2}
triage:
  - name: Everything
    do: {start: T1}
"""

# name: (what is written in GOOD, what is written instead, where a `#!` marks the line,
#        part of the message, part of the remedy)
CASES = {
    "unknown section": ("agreements:", "agrements: #!", "no key `agrements`", "`agreements`"),
    "capacity on its own": ("tiers:", "capacity: {} #!\ntiers:", "no key `capacity`",
                            "Desk: {capacity: 6 each}"),
    "unknown key": ("members: [Sam]", "membres: [Sam]} #!", "no key `membres`", "`members`"),
    "who of a step": ("limit: 30m}", "limit: 30m, who: lead} #!", "no key `who`",
                      "`call` of a trigger under `management`"),
    "a step asks an alert": ("{at: T2}", "{at: T2, when: {labels.kind: x}} #!", "labels.kind", ""),
    "a step counts": ("{at: T2}", "{at: T2, when: 'count(\"7d\") > 2'} #!", "only a triage rule",
                      "like category"),
    "a step counts in short": ("{at: T2}", "{at: T2, when: {count.7d: 2 or more}} #!",
                               "no fact is called `count.7d`", ""),
    "a step asks nobody": ("{at: T2}", "{at: T2, when: {vendr: x}} #!", "`vendr`", "`vendor`"),
    "a step asks in CEL": ("{at: T2}", "{at: T2, when: severity == 1} #!", "`severity`", ""),
    "a step asks by hand": ("{at: T2}", "{at: T2, by hand: true, when: {vip: true}} #!",
                            "asks in vain", "`by hand`"),
    "update of a step": ("limit: 30m}", "limit: 30m, update: 1h} #!", "no key `update`",
                         "`update` of a trigger under `management`"),
    "needs of a step": ("limit: 30m}", "limit: 30m, needs: x} #!", "no key `needs`",
                        "`needs` of a trigger under `management`"),
    "delay of a step": ("limit: 30m}", "limit: 30m, delay: 30m} #!", "no key `delay`",
                        "do: {delay: 30m}"),
    "touched how": ("tiers:", "recovery: {touched: resolve} #!\ntiers:", "resolve", "ask owner"),
    "plans then": ("tiers:", "plans: {then: owner} #!\ntiers:", "owner", "lead"),
    "capacity in words": ("members: [Sam]", "capacity: six each} #!", "not a capacity", "6 each"),
    "no capacity": ("members: [Sam]", "capacity: 0} #!", "whole number", "from 1"),
    "assigned how": ("members: [Sam]", "assign: in turn} #!", "in turn", "round robin"),
    "offered to nobody": ("members: [Sam]", "assign: by skill} #!", "there are none", "members"),
    "cost of what": ("members: [Sam]", "cost: 38} #!", "says not for how long", "38/h"),
    "cost by the day": ("members: [Sam]", "cost: 300/d} #!", "not a cost", "38/h"),
    "key missing": ("    tier: T2\n", "", "lacks `tier`", "one of `tiers`"),
    "sexagesimal": ("respond: 15m,", "respond: 10:30, #!\n   ", "`10:30` is not a duration", "30m"),
    "number without unit": ("respond: 15m,", "respond: 15, #!\n   ", "has no unit", "15m or 15h"),
    "ambiguous days": ("respond: 15m,", "respond: 2d, #!\n   ", "ambiguous", "48h"),
    "no time": ("respond: 15m,", "respond: 0m, #!\n   ", "no time", "more than zero"),
    "too long": ("respond: 15m,", "respond: 99999h, #!\n   ", "longer than a year", "shorter"),
    "priority missing": ("    P3: {respond: 2h, resolve: 2bd}\n", "", "lacks `P3`", "add it"),
    "cover missing": ("P1: 24x7, else: office", "P1: 24x7} #!", "lacks P2, P3, P4", "`else`"),
    "cover twice": ("P1: 24x7, ", "P1-P2: 24x7, P2: 24x7, #!\n", "covered twice", "keep one"),
    "no such priority": ("P1: 24x7", "P9: 24x7, #!\n     P1: 24x7", "no priority", "P1-P2"),
    "unknown hours": ("    hours: office", "    hours: offcie #!", "`offcie`", "`office`"),
    "unknown hours in cover": ("else: office}", "else: ofice} #!", "`ofice`", "`office`"),
    "unknown tier": ("tier: T1, hours", "tier: T9, #!\n    hours", "`T9`", "T1, T2"),
    "unknown sla": ("sla: gold,", "sla: golden, #!\n ", "no SLA is called", "`gold`"),
    "unknown path": ("path: standard", "path: standrad #!\n  ", "no path", "`standard`"),
    "unknown start": ("{start: T1}", "{start: Dsk} #!", "no tier or group", "`Desk`"),
    "rule path": ("{start: T1}", "{path: x} #!", "no path is called", "standard"),
    "empty rule": ("{start: T1}", "{next: true} #!", "sets nothing", "start"),
    "tier without group": ("    tier: T2\n", "    tier: T1\n", "has no group", "tier: T2"),
    "steps out of order": ("{at: T2}", "{at: T1} #!", "does not come after", "T1, T2"),
    "assist without a share": ("limit: 30m}", "limit: 30m, assist: lead} #!", "does not say when",
                               "lead at 50%"),
    "assist too late": ("limit: 30m}", "limit: 30m, assist: lead at 100%} #!", "before the limit",
                        "lead at 50%"),
    "unknown packet": ("tiers:", "hand_over: {packet: maybe} #!\ntiers:", "maybe", "require"),
    "unknown for closed": ("tiers:", "closed_next_group: {else: wake} #!\ntiers:", "wake", "page"),
    "text expected": ("name: Everything", "name: true #!", "yes/no", "in quotes"),
    "list expected": ("tiers: [T1, T2]", "tiers: T1 #!", "must be a list", "[a, b]"),
    "listed twice": ("[T1, T2]", "[T1, T2,\n  T2] #!", "listed twice", "keep one"),
    "mapping expected": ("{tier: T1, hours: office, members: [Sam]}", "x #!", "mapping", "tier"),
    "unknown zone": ("Europe/London,", "Europe/Londn, #!\n ", "not an IANA time zone", "London"),
    "unreadable window": ("08:00-18:00", "8-18} #!", "not a window", "08:00-18:00"),
    "impossible window": ("08:00-18:00", "08:00-25:00} #!", "no clock shows", "24:00"),
    "unknown day": ("mon-fri:", "mon-fry:", "no key `mon-fry`", "`mon-fri`"),
    "two windows": ("18:00}", "12:00, 13:00-17:00: } #!", "no key", "[08:00-12:00, 13:00-17:00]"),
    "unknown country": ("18:00}", "18:00, holidays: XX} #!", "`XX`", "ISO country"),
    "unknown region": ("18:00}", "18:00, holidays: GB-ENQ} #!", "region `ENQ`", "`ENG`"),
    "impossible date": ("18:00}", "18:00, holidays: [2026-02-30]} #!", "no calendar", "2026-12"),
    "impossible edit": ("18:00}", "18:00, edits: {2026-13-01: closed}} #!", "calendar", "2026-12"),
    "unknown fact": ("do: {start", "when: {severty: x} #!\n    do: {start", "severty", "severity"),
    "whole labels": ("do: {start", "when: {labels: x} #!\n    do: {start", "labels", "labels.kind"),
    "empty when": ("do: {start", "when: {} #!\n    do: {start", "1 to 20 facts", "severity"),
    "broken expression": ("do: {start", "when: client == #!\n    do: {start", "not an exp", "kind"),
    "unknown variable": ("do: {start", "when: clint == 1 #!\n    do: {start", "clint", "`client`"),
    "unknown function": ("do: {start", "when: siz(client) #!\n    do: {start", "siz", "`size`"),
    "count of a fact": ("do: {start", "when: count(host) > 1 #!\n    do: {start",
                        "takes one window, in quotes", 'count("7d")'),
    "count over what": ("do: {start", "when: 'count(\"x\") > 1' #!\n    do: {start",
                        "`x` is no window", "31d"),
    "count for ever": ("do: {start", "when: 'count(\"32d\") > 1' #!\n    do: {start",
                       "longer than 31d", "31d"),
    "count of nothing": ("do: {start", "when: {count.week: at least 2} #!\n    do: {start",
                         "no fact is called `count.week`", "count.7d"),
    "count exactly": ("do: {start", "when: {count.7d: 2} #!\n    do: {start",
                      "from how many on", "at least 2"),
    "count without end": ("do: {start", "when: {count.7d: at least 2000} #!\n    do: {start",
                          "never counted", "1000"),
    "count and key": ("do: {start: T1}",
                      "when: {count.7d: at least 2}\n    do: {problem_key: x} #!",
                      "counts sets no problem key", "of its own"),
    "count as a text": ("{start: T1}", '{category: "{count.7d}"} #!', "changes", "another fact"),
    "template": ("{start: T1}", '{category: "{devise.type}"} #!', "devise.type", "device.type"),
    "lone brace": ("{start: T1}", '{category: "{client"} #!', "lone brace", "in quotes"),
    "share": ("    requests:", "    thresholds: [50, 100%] #!\n    requests:", "no share", "75%"),
    "shares fall": ("    requests:", "    thresholds: [75%, 50%] #!\n    requests:", "rise", "%"),
    "respond held": ("    requests:", "    on_hold: {client: respond} #!\n    requests:",
                     "respond", "plan"),
    "unknown hold": ("    requests:", "    on_hold: {clint: []} #!\n    requests:",
                     "clint", "client"),
    "several agreements": ("path: standard}", "path: standard}\n  b: {sla: gold, path: standard}",
                           "no default", "default_agreement"),
    "unknown default": ("tiers:", "default_agreement: x #!\ntiers:", "no agreement", "managed"),
    "unknown mode": ("tiers:", "mode: {default: acts} #!\ntiers:", "acts", "`act`"),
    "unknown occasion": ("tiers:", "tell: {plan slippd: {}} #!\ntiers:", "slippd", "plan slipped"),
    "unknown audience": ("tiers:", "tell: {silent: {laed: page}} #!\ntiers:", "laed", "`lead`"),
    "told nobody": ("tiers:", "tell: {silent: {}} #!\ntiers:", "names nobody", "leave the line"),
    "unknown reach": ("tiers:", "tell: {silent: {lead: pge}} #!\ntiers:", "pge", "`page`"),
    "team unrated": ("tiers:", "priority: {impact: {site: 1}} #!\ntiers:", "`team`", "team: 2"),
    "unsorted": ("tiers:", "unsorted: T7 #!\ntiers:", "`T7`", "Desk, "),
    "group named as tier": ("  Network:", "  T2: #!", "also the name of a tier", "rename"),
    "all by hand": ("- {at: T1, limit: 30m}\n    - {at: T2}", "- {at: T1, by hand: true}",
                    "every step is by hand", "by hand"),
    "one key two spellings": ("{at: T2}", "{at: T2, by_hand: true, by hand: true} #!", "twice", ""),
}  # fmt: skip


def _spoilt(old: str, new: str) -> str:
    """GOOD with one mistake; what follows a marker on its line becomes a comment."""
    assert old in GOOD
    return GOOD.replace(old, new, 1)


@pytest.mark.parametrize(("old", "new", "message", "remedy"), CASES.values(), ids=CASES)
def test_a_mistake_is_refused_at_its_line_with_a_remedy(tmp_path, old, new, message, remedy):
    text = _spoilt(old, new)
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(PolicyError) as caught:
        load_folder(tmp_path, year=2026)
    found = [f for f in caught.value.findings if message in f"{f.field} {f.message}"]
    assert found, str(caught.value)
    assert found[0].file.endswith("rules.yaml")
    assert remedy in f"{found[0].message}; {found[0].remedy}"
    marked = [n for n, line in enumerate(text.split("\n"), start=1) if "#!" in line]
    if marked:
        assert found[0].line == marked[0], str(caught.value)


def test_the_good_policy_is_good(tmp_path):
    (tmp_path / "rules.yaml").write_text(GOOD)
    assert load_folder(tmp_path, year=2026).warnings == ()


def test_a_missing_key_points_at_what_lacks_it(tmp_path):
    (tmp_path / "rules.yaml").write_text(GOOD.replace("    tier: T2\n", ""))
    with pytest.raises(PolicyError) as caught:
        load_folder(tmp_path)
    assert (caught.value.line, caught.value.column) == (6, 3)
    assert caught.value.field == "groups.Network"


def test_a_value_is_pointed_at_by_its_column(tmp_path):
    (tmp_path / "rules.yaml").write_text(GOOD.replace("resolve: 4h", "resolve: 4x"))
    with pytest.raises(PolicyError) as caught:
        load_folder(tmp_path)
    assert (caught.value.line, caught.value.column) == (12, 33)
    assert caught.value.field == "slas.gold.P1.resolve"


def test_several_mistakes_are_told_together_in_the_order_of_the_file(tmp_path):
    text = GOOD.replace("respond: 2h", "respond: 2x").replace("[Sam]", "[1]")
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(PolicyError) as caught:
        load_folder(tmp_path)
    assert [finding.line for finding in caught.value.findings] == [5, 14]
    assert str(caught.value).count("\n") == 1


def test_no_more_than_twenty_mistakes_are_told(tmp_path):
    rules = "".join(f"  - {{name: r{n}, nonsense: 1}}\n" for n in range(40))
    (tmp_path / "rules.yaml").write_text(GOOD + rules)
    with pytest.raises(PolicyError) as caught:
        load_folder(tmp_path)
    assert len(caught.value.findings) == 20


def test_a_name_in_two_files_is_refused_naming_both_places(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("groups:\n  Voice: {tier: T1, hours: office}\n  Desk: {}\n")
    with pytest.raises(PolicyError) as caught:
        load_folder(tmp_path)
    assert caught.value.file.endswith("b.yaml")
    assert (caught.value.line, caught.value.column) == (3, 3)
    assert "a.yaml:5:3" in caught.value.message


def test_a_list_in_two_files_is_refused_naming_both_places(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("# more\ntiers: [T3]\n")
    with pytest.raises(PolicyError, match=r"b\.yaml:2:1: tiers: .*a\.yaml:3:1"):
        load_folder(tmp_path)


def test_files_are_merged_in_the_order_of_their_names(tmp_path):
    (tmp_path / "b.yaml").write_text(GOOD)
    (tmp_path / "a.yaml").write_text(
        "triage:\n  - {name: First, when: {vip: true}, do: {start: T2}}\n"
    )
    policy = load_folder(tmp_path).policy
    assert [rule.name for rule in policy.triage] == ["First", "Everything"]


def test_a_mistake_in_a_joined_list_keeps_its_own_file(tmp_path):
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "b.yaml").write_text("triage:\n  - name: More\n    do: {start: T8}\n")
    with pytest.raises(PolicyError, match=r"b\.yaml:3:17: triage\[2\]\.do\.start: .*T8"):
        load_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [("rules.yml", GOOD, "name it rules.yaml"), ("readme.txt", "", "holds 0 rule files")],
)
def test_a_folder_without_rules_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(PolicyError, match=message):
        load_folder(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(PolicyError, match="no folder that can be read"):
        load_folder(tmp_path / "missing")


def test_a_rule_that_is_never_reached_is_a_warning(tmp_path):
    (tmp_path / "rules.yaml").write_text(GOOD + "  - {name: Late, do: {start: T2}}\n")
    (warning,) = load_folder(tmp_path).warnings
    assert (warning.line, "never reached" in warning.message) == (26, True)


def test_a_step_that_time_never_leaves_is_a_warning(tmp_path):
    (tmp_path / "rules.yaml").write_text(GOOD.replace("{at: T1, limit: 30m}", "{at: T1}"))
    (warning,) = load_folder(tmp_path).warnings
    assert (warning.line, "no limit" in warning.message) == (21, True)


def test_a_name_spread_over_priorities_or_days_is_pointed_at_where_it_was_written(tmp_path):
    cover = "    cover:\n      P1: 24x7\n\n      else: ofice\n"
    text = GOOD.replace("    cover: {P1: 24x7, else: office}\n", cover)
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(PolicyError) as caught:
        load_folder(tmp_path)
    assert (caught.value.line, caught.value.column) == (14, 13)
    assert caught.value.field == "slas.gold.cover.else"
