"""What is written becomes what the core looks up."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierline.domain.calendar import Calendar
from tierline.domain.hand_over_rules import HandOverRules
from tierline.domain.policy import Duration, PagingRules
from tierline.domain.terms import (
    Assign,
    ClockName,
    HoldReason,
    Mode,
    PacketRule,
    Priority,
    PriorityChange,
    Reach,
)
from tierline.policy.document import compile_document
from tierline.policy.durations import UnreadableError, parse_duration, parse_window
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder, to_document
from tierline.policy.group_figures import read_capacity, read_cost

RULES = """\
hours:
  office: {zone: Europe/London, mon-fri: 8:00-18:00, holidays: [GB-ENG, 2026-06-01]}
tiers: [T1, T2, vendor]
groups:
  Night: {tier: T1, hours: {zone: Europe/London, mon-thu: 18:00-08:00, mon: 00:00-08:00}}
  Desk: {tier: T1, hours: office, lead: Priya, room: desk, on call: rota, of: partner X,
         skills: vpn, members: [Sam, Leila],
         assign: by skill}
  Network: {tier: T2, hours: office, capacity: 6 each, cost: 38.50/h}
  Vendor: {tier: vendor, hours: 24x7}
slas:
  gold:
    cover: {P1-P2: 24x7, P4: {zone: UTC, mon: 09:00-10:00}, else: office}
    P1: {respond: 15m, plan: 30m, resolve: 4h, update: 30m}
    P2: {respond: 30m, resolve: 1h30m}
    P3: {respond: 90s, resolve: 2bd}
    P4: {respond: 4h, resolve: 0.5bd}
    requests: {respond: 4h, fulfil: 3bd}
    on_hold: {vendor: [resolve, plan], scheduled: resolve, client: [update]}
    thresholds: [50%, 0.9, 100%, 150%]
    priority_change: retroactive
    confirm: 1bd
agreements:
  managed: {sla: gold, path: standard}
paths:
  standard:
    - {at: T1, limit: 30m, unclaimed: 15m tell lead, silent: 10m}
    - {at: T2, limit: 1h, unclaimed: 20m, assist: lead at 60%, over budget: compress,
       receiver full: move, when: {vendor: "*", vip: true}}
    - {at: vendor, by hand: true, chase: 4h}
triage:
  - {name: VPN, when: {category: vpn}, do: {priority: P2, start: Desk, problem_key: "{client}"}}
  - {name: Rest, do: {category: "{device.type}", next: true}}
recovery: {untouched: resolve after 5m, touched: ask owner,
           fires again within: 12h reopen, third time: problem}
plans: {horizon: {P1: 1h, else: 1bd}, slip_grace: 5m, revisions: 1, then: lead}
holds: {chase: 4h, close_after: 2}
hand over: {packet: require, ask within: 3m}
closed next group: {P1-P2: page on_call, else: wait for opening}
paging: {every: 7m, rounds: 2}
people: {service manager: Grace, duty manager: Tom}
tell:
  new in queue: {room: notify}
  breach P1-P2: {owner: notify, service manager: page}
mode: {default: suggest, agreement managed: act, path standard: watch, Contoso: act,
       client Fabrikam: watch}
unsorted: T2
"""


DOCUMENT = to_document(Path(__file__).parents[2] / "policy", year=2026)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "rules.yaml").write_text(RULES)
    return tmp_path


@pytest.fixture
def policy(folder):
    return load_folder(folder, year=2026).policy


def test_groups_keep_their_order_and_say_everything(policy):
    assert list(policy.groups) == ["Night", "Desk", "Network", "Vendor"]
    desk = policy.groups["Desk"]
    assert (desk.tier, desk.lead, desk.room, desk.on_call) == ("T1", "Priya", "desk", "rota")
    assert (desk.of, desk.skills, desk.members) == ("partner X", ("vpn",), ("Sam", "Leila"))
    assert policy.groups["Vendor"].hours == Calendar.always()


def test_what_a_group_holds_and_costs_is_a_number(policy):
    network, vendor = policy.groups["Network"], policy.groups["Vendor"]
    assert (network.capacity, network.capacity_each, network.cost) == (6, True, 3850)
    assert (policy.groups["Desk"].assign, network.assign) == (Assign.BY_SKILL, Assign.CLAIM)
    assert (vendor.capacity, vendor.capacity_each, vendor.cost) == (None, False, None)
    assert (read_capacity(40), read_cost("38/h")) == ((40, False), 3800)


def test_windows_of_a_range_and_of_a_day_add_up(policy):
    week = policy.groups["Night"].hours.to_json()["hours"]
    assert week["mon"] == ["00:00-08:00", "18:00-08:00"]
    assert week["thu"] == ["18:00-08:00"]
    assert "fri" not in week


def test_cover_is_spread_over_the_priorities(policy):
    cover = policy.slas["gold"].cover
    assert cover[Priority.P1] == cover[Priority.P2] == Calendar.always()
    assert cover[Priority.P3] == policy.groups["Desk"].hours
    assert cover[Priority.P4].to_json()["hours"] == {"mon": ["09:00-10:00"]}
    assert all(policy.calendars[calendar.hash] == calendar for calendar in cover.values())


def test_targets_are_seconds_or_business_days(policy):
    targets = policy.slas["gold"].targets
    assert targets[Priority.P2][ClockName.RESOLVE] == Duration(seconds=5400)
    assert targets[Priority.P3][ClockName.RESPOND] == Duration(seconds=90)
    assert targets[Priority.P4][ClockName.RESOLVE] == Duration(business_days=0.5)
    assert ClockName.PLAN not in targets[Priority.P2]
    assert policy.slas["gold"].requests[ClockName.FULFIL] == Duration(business_days=3)


def test_holds_stop_what_is_written_and_the_usual_where_nothing_is(policy):
    held = policy.slas["gold"].on_hold
    assert held[HoldReason.CLIENT] == {ClockName.UPDATE}
    assert held[HoldReason.VENDOR] == {ClockName.RESOLVE, ClockName.PLAN, ClockName.FULFIL}
    assert held[HoldReason.SCHEDULED] == {ClockName.RESOLVE, ClockName.FULFIL}
    assert held[HoldReason.CHANGE] == held[HoldReason.SCHEDULED]
    assert held[HoldReason.APPROVAL] == {ClockName.RESOLVE, ClockName.PLAN, ClockName.FULFIL}


def test_an_sla_says_its_own_rules(policy):
    sla = policy.slas["gold"]
    assert sla.thresholds == (0.5, 0.9, 1.0, 1.5)
    assert sla.priority_change is PriorityChange.RETROACTIVE
    assert sla.confirm == Duration(business_days=1)


def test_a_path_keeps_its_steps(policy):
    first, second, last = policy.paths["standard"].steps
    assert (first.tier, first.limit, first.silent) == ("T1", Duration(1800), Duration(600))
    assert (first.unclaimed, second.unclaimed) == (Duration(900), Duration(1200))
    assert (last.by_hand, last.limit) == (True, None)


def test_a_step_says_who_helps_and_what_too_long_a_limit_and_a_full_receiver_do(policy):
    first, second, _ = policy.paths["standard"].steps
    assert (first.assist, first.over_budget, first.receiver_full) == (None, "say", "lead decides")
    found = (second.assist, second.over_budget, second.receiver_full)
    assert found == (0.6, "compress", "move")


def test_packets_and_pages(policy):
    assert policy.hand_over == HandOverRules(PacketRule.REQUIRE, timedelta(minutes=3))
    pressing = frozenset({Priority.P1, Priority.P2})
    assert policy.paging == PagingRules(pressing, timedelta(minutes=7), 2)


def test_what_a_step_asks_is_compiled_from_what_is_stored_too(folder, policy):
    stored = compile_document(to_document(folder, year=2026))
    for found in (policy, stored):
        when = found.paths["standard"].steps[1].when
        assert when.said == "a vendor and vip true"
        assert when.holds({"vendor": "Northgrid", "vip": True})
        assert not when.holds({"vip": True})


def test_what_is_always_so_may_be_said_and_stays_in_the_document(folder):
    document = to_document(folder, year=2026)
    assert document["recovery"]["touched"] == "ask owner"
    assert document["plans"]["then"] == "lead"
    assert compile_document(document).paths["standard"].steps[2].chase == Duration(seconds=14400)


def test_rules_keep_templates_for_later(policy):
    vpn, rest = policy.triage
    assert vpn.matches({"category": "vpn"})
    assert not vpn.matches({"category": "wifi"})
    assert (vpn.do.priority, vpn.do.start, vpn.do.problem_key) == ("P2", "Desk", "{client}")
    assert (rest.do.category, rest.do.go_on, rest.matches({})) == ("{device.type}", True, True)


def test_small_sections(policy):
    assert policy.recovery.quiet == timedelta(minutes=5)
    assert policy.recovery.reopen_within == timedelta(hours=12)
    assert policy.recovery.third_time
    assert policy.plans.horizon[Priority.P3] == Duration(business_days=1)
    assert (policy.plans.slip_grace, policy.plans.revisions) == (timedelta(minutes=5), 1)
    assert (policy.holds.chase, policy.holds.close_after) == (Duration(14400), 2)
    assert policy.people == {"service manager": "Grace", "duty manager": "Tom"}
    assert (policy.default_agreement, policy.unsorted_start) == ("managed", "T2")


def test_mode_knows_paths_agreements_and_clients(policy):
    mode = policy.mode
    assert (mode.default, mode.agreements, mode.paths) == (
        Mode.SUGGEST, {"managed": Mode.ACT}, {"standard": Mode.WATCH},
    )  # fmt: skip
    assert mode.clients == {"Contoso": Mode.ACT, "Fabrikam": Mode.WATCH}


def test_tell_is_by_occasion_and_audience(policy):
    assert policy.tell == {
        "new in queue": {"room": Reach.NOTIFY},
        "breach P1-P2": {"owner": Reach.NOTIFY, "service manager": Reach.PAGE},
    }


def test_defaults_hold_where_nothing_is_written(tmp_path):
    cut = RULES[: RULES.index("triage:")].replace("    on_hold:", "    #")
    (tmp_path / "rules.yaml").write_text(cut.replace("    thresholds:", "    #"))
    policy = load_folder(tmp_path).policy
    assert policy.mode.default is Mode.WATCH
    assert policy.unsorted_start == "T1"
    assert policy.recovery.quiet == timedelta(minutes=10)
    assert not policy.recovery.third_time
    assert policy.priority.of(2, 2) is Priority.P3
    assert policy.priority.of(3, 3) is Priority.P4
    assert policy.plans.horizon[Priority.P1] == Duration(seconds=3600)
    assert policy.slas["gold"].on_hold[HoldReason.VENDOR] == frozenset()
    assert policy.slas["gold"].thresholds == (0.5, 0.75, 0.9, 1.0)


def test_a_document_compiles_to_the_same_policy_without_the_files(folder):
    loaded = load_folder(folder, year=2026)
    again = compile_document(json.loads(json.dumps(loaded.document)))
    assert again == loaded.policy
    assert again.version == loaded.policy.version
    assert again.version.startswith("sha256:")
    assert len(again.version) == len("sha256:") + 16


def test_a_database_that_shuffles_keys_changes_nothing(folder):
    loaded = load_folder(folder, year=2026)
    again = compile_document(json.loads(json.dumps(loaded.document, sort_keys=True)))
    assert again == loaded.policy
    assert list(again.groups) == ["Night", "Desk", "Network", "Vendor"]


def test_a_document_of_a_document_is_the_same(folder):
    document = to_document(folder, year=2026)
    assert document == to_document(folder, year=2026)
    assert compile_document(document).version == compile_document(document).version


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("hours:\n", "# a comment\nhours:\n", True),
        ("P1-P2: 24x7, ", "P1: 24x7, P2: 24x7, ", True),
        ("by hand", "by_hand", True),
        ("8:00-18:00", "08:00-18:00", True),
        ("limit: 30m", "limit: 31m", False),
        ("2026-06-01", "2026-06-02", False),
        ("tiers: [T1, T2, vendor]", "tiers: [T1, T2, vendor, more]", False),
    ],
)
def test_the_version_is_that_of_the_content(folder, old, new, same):
    before = load_folder(folder, year=2026).policy.version
    assert old in RULES
    (folder / "rules.yaml").write_text(RULES.replace(old, new))
    assert (load_folder(folder, year=2026).policy.version == before) is same


def test_the_order_of_groups_is_part_of_the_version(folder):
    before = load_folder(folder, year=2026).policy.version
    line = "  Vendor: {tier: vendor, hours: 24x7}\n"
    text = RULES.replace(line, "").replace("groups:\n", f"groups:\n{line}")
    (folder / "rules.yaml").write_text(text)
    assert load_folder(folder, year=2026).policy.version != before


def test_pinned_calendars_stay_known(folder):
    old = Calendar.build("Asia/Tokyo", {"mon": ["09:00-10:00"]})
    document = to_document(folder, year=2026)
    assert compile_document(document, {old.hash: old}).calendars[old.hash] == old
    assert load_folder(folder, extra_calendars={old.hash: old}).policy.calendars[old.hash] == old


@pytest.mark.parametrize("document", [{}, {"tiers": 3}, {"groups_listed": [1], "groups": []}])
def test_a_broken_document_is_refused_by_path(document):
    with pytest.raises(PolicyError) as caught:
        compile_document(document)
    assert (caught.value.file, caught.value.line) == ("", 0)


def test_a_document_must_not_depend_on_a_holiday_list(folder):
    document = to_document(folder, year=2026)
    document["hours"]["office"]["holidays"] = ["GB-ENG"]
    with pytest.raises(PolicyError, match=r"hours\.office\.holidays\[1\]: `GB-ENG` is not a date"):
        compile_document(document)


def _paths(tree, at=()):
    yield at
    children = tree.items() if isinstance(tree, dict) else ()
    children = enumerate(tree) if isinstance(tree, list) else children
    for key, value in children:
        yield from _paths(value, (*at, key))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["T1", "1h"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_a_document_with_junk_in_it_compiles_or_is_refused_and_never_a_crash(data):
    document = json.loads(json.dumps(DOCUMENT))
    *parents, last = data.draw(st.sampled_from([path for path in _paths(document) if path]))
    spot = document
    for key in parents:
        spot = spot[key]
    spot[last] = data.draw(JUNK)
    try:
        version = compile_document(document).version
    except PolicyError as error:
        version = str(error)
    assert version


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("30m", Duration(1800)),
        ("4h", Duration(14400)),
        ("1h30m", Duration(5400)),
        ("1h0m5s", Duration(3605)),
        ("2bd", Duration(business_days=2)),
        ("0.25bd", Duration(business_days=0.25)),
    ],
)
def test_a_duration_is_read(text, duration):
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    ["", "m", "30", "30 m", "m30", "30m4h", "-5m", "1.5h", "10:30", "3d", "bd", "9999bd", "٣m"],
)
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(UnreadableError):
        parse_duration(text)


def test_business_days_are_refused_where_only_the_clock_counts():
    with pytest.raises(UnreadableError, match="business days"):
        parse_duration("2bd", business_days=False)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("8:00-18:00", "08:00-18:00"),
        ("18:00 - 24:00", "18:00-24:00"),
        ("22:00-06:00", "22:00-06:00"),
    ],
)
def test_a_window_is_read(text, window):
    assert parse_window(text) == window


@pytest.mark.parametrize("text", ["", "8-18", "08:00", "24:00-25:00", "08:60-09:00", "08:00-24:01"])
def test_what_is_no_window_is_refused(text):
    with pytest.raises(UnreadableError):
        parse_window(text)
