"""From a checked document to the compiled policy of the core."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from tierline.domain.calendar import Calendar
from tierline.domain.hand_over_rules import HandOverRules
from tierline.domain.policy import (
    DEFAULT_THRESHOLDS,
    Agreement,
    ApprovalRules,
    ClientRules,
    Duration,
    Group,
    HoldRules,
    ModeRules,
    PagingRules,
    Path,
    PlanRules,
    Policy,
    PriorityRules,
    RecoveryRules,
    Rule,
    RuleAction,
    Sla,
    Step,
)
from tierline.domain.survey_rules import SurveyRules
from tierline.domain.terms import (
    Assign,
    ClockName,
    ClocksStart,
    HoldReason,
    Mode,
    OverBudget,
    PacketRule,
    Priority,
    PriorityChange,
    Reach,
    ReceiverFull,
    ReopenRule,
)
from tierline.policy.calendars import Calendars
from tierline.policy.client_rules import changed_by, expanded, own_name
from tierline.policy.conditions import condition, matcher
from tierline.policy.counting import window
from tierline.policy.durations import parse_duration
from tierline.policy.errors import Problems
from tierline.policy.grammar import THIRD_TIME
from tierline.policy.group_figures import read_capacity, read_cost
from tierline.policy.letters import read_letters
from tierline.policy.management import rca_rule, triggers
from tierline.policy.matchers import windows_of
from tierline.policy.offers import rate_of, rates_of
from tierline.policy.restricting import group_meant
from tierline.policy.retention import read_retention
from tierline.policy.sections import PAGE, assist_share, days_of
from tierline.policy.storm import read_storm
from tierline.policy.training import read_training

VERSION_DIGITS = 16

_ALWAYS = Calendar.always()
"""What a promise for an instant counts on: a vendor's."""

_WORK = frozenset({ClockName.RESOLVE, ClockName.PLAN, ClockName.FULFIL})
DEFAULT_ON_HOLD: Mapping[HoldReason, frozenset[ClockName]] = {
    HoldReason.CLIENT: _WORK | {ClockName.UPDATE},
    HoldReason.SCHEDULED: _WORK,
    HoldReason.APPROVAL: _WORK,
    HoldReason.CHANGE: _WORK,
    HoldReason.VENDOR: frozenset(),
}
"""What a hold stops where an SLA does not say: nothing, while a vendor of ours is waited for."""

DEFAULT_IMPACT: Mapping[str, int] = {"all users": 1, "site": 1, "team": 2, "person": 3}
_P1, _P2, _P3, _P4 = Priority
DEFAULT_MATRIX: Mapping[int, tuple[Priority, Priority, Priority]] = {
    1: (_P1, _P2, _P3),
    2: (_P2, _P3, _P3),
    3: (_P3, _P3, _P4),
}
DEFAULT_HORIZON: Mapping[Priority, Duration] = {
    _P1: Duration(seconds=3600),
    _P2: Duration(seconds=4 * 3600),
    _P3: Duration(business_days=2),
    _P4: Duration(business_days=2),
}


def version_of(document: Mapping[str, Any]) -> str:
    """The content hash of a document: `sha256:` and 16 hexadecimal digits."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"sha256:{digest[:VERSION_DIGITS]}"


def compile_checked(
    document: Mapping[str, Any], problems: Problems, extra_calendars: Mapping[str, Calendar]
) -> Policy:
    """Compile what the grammar accepted and whose names lead somewhere.

    Args:
        document: the checked document, holidays as dates.
        problems: where calendars that cannot be built are noted; look before using the policy.
        extra_calendars: by hash, those that running clocks pinned under earlier versions.

    Returns:
        The immutable policy.
    """
    version, clients = version_of(document), _clients(document)
    document = expanded(document)
    calendars = Calendars(document, problems)
    groups = {name: _group(name, it, calendars) for name, it in document["groups"].items()}
    slas = {name: _sla(name, it, calendars) for name, it in document["slas"].items()}
    agreements = document["agreements"]
    rules = tuple(_rule(it, document["groups"]) for it in document.get("triage", ()))
    return Policy(
        version=version,
        tiers=tuple(document["tiers"]),
        groups=groups,
        slas=slas,
        agreements={n: _agreement(n, it) for n, it in agreements.items()},
        clients=clients,
        paths={n: Path(n, tuple(map(_step, it))) for n, it in document["paths"].items()},
        priority=_priority(document.get("priority", {})),
        triage=rules,
        counted=_counted(rules),
        plans=_plans(document.get("plans", {})),
        calendars={_ALWAYS.hash: _ALWAYS, **extra_calendars, **calendars.all},
        recovery=_recovery(document.get("recovery", {})),
        holds=_holds(document.get("holds", {})),
        approvals=_approvals(document.get("approvals", {})),
        currency=document.get("currency", ""),
        survey=_survey(document.get("survey", {})),
        hand_over=_hand_over(document.get("hand_over", {})),
        paging=_paging(document.get("closed_next_group", {}), document.get("paging", {})),
        storm=read_storm(document.get("storm", {})),
        retention=read_retention(document.get("retention", {})),
        training=read_training(document.get("training", {})),
        letters=read_letters(document, calendars, groups.values()),
        mode=_mode(document.get("mode", {})),
        tell=_tell(document.get("tell", {})),
        management=triggers(document.get("management", [])),
        rca=rca_rule(document.get("rca")),
        people={k.replace("_", " "): v for k, v in document.get("people", {}).items()},
        default_agreement=document.get("default_agreement") or next(iter(agreements), ""),
        unsorted_start=document.get("unsorted") or document["tiers"][0],
        hours=calendars.named,
    )


def _agreement(name: str, it: Mapping[str, Any]) -> Agreement:
    rates = rates_of(it.get("after_hours", {}))
    return Agreement(
        name=name,
        sla=it["sla"],
        path=it["path"],
        first=it.get("first", ""),
        our_clocks_start=ClocksStart(it.get("our_clocks_start", ClocksStart.ON_CREATION)),
        covers=tuple(it.get("covers", ())),
        not_covered=rate_of(it["not_covered"]) if "not_covered" in it else None,
        after_hours={Priority(priority): rate for priority, rate in rates.items()},
    )


def _group(name: str, it: Mapping[str, Any], calendars: Calendars) -> Group:
    capacity, each = read_capacity(it.get("capacity"))
    return Group(
        name=name,
        tier=it["tier"],
        hours=calendars.of(it["hours"], ("groups", name, "hours")),
        lead=it.get("lead", ""),
        room=it.get("room", ""),
        skills=tuple(it.get("skills", ())),
        on_call=it.get("on_call", ""),
        of=it.get("of", ""),
        members=tuple(it.get("members", ())),
        capacity=capacity,
        capacity_each=each,
        cost=read_cost(it.get("cost")),
        assign=Assign(it.get("assign", Assign.CLAIM)),
    )


def _sla(name: str, it: Mapping[str, Any], calendars: Calendars) -> Sla:
    at = ("slas", name, "cover")
    holds = dict(DEFAULT_ON_HOLD)
    for reason, clocks in it.get("on_hold", {}).items():
        holds[HoldReason(reason)] = _held(clocks)
        if reason == HoldReason.SCHEDULED and HoldReason.CHANGE not in it["on_hold"]:
            holds[HoldReason.CHANGE] = _held(clocks)
    defaults = Sla(name=name, cover={}, targets={}, requests={}, on_hold={})
    confirm = it.get("confirm")
    return Sla(
        name=name,
        cover={Priority(p): calendars.of(hours, (*at, p)) for p, hours in it["cover"].items()},
        targets={priority: _targets(it[priority]) for priority in Priority},
        requests=_targets(it["requests"]),
        on_hold=holds,
        thresholds=tuple(it.get("thresholds", DEFAULT_THRESHOLDS)),
        priority_change=PriorityChange(it.get("priority_change", defaults.priority_change)),
        reopen=ReopenRule(it.get("reopen", defaults.reopen)),
        confirm=parse_duration(confirm) if confirm else defaults.confirm,
        confirm_reminders=it.get("confirm_reminders", defaults.confirm_reminders),
    )


def _held(clocks: list[str]) -> frozenset[ClockName]:
    """Whatever stops `resolve` stops `fulfil`, which is the same promise for a request."""
    held = frozenset(ClockName(clock) for clock in clocks)
    return held | {ClockName.FULFIL} if ClockName.RESOLVE in held else held


def _targets(written: Mapping[str, str]) -> dict[ClockName, Duration]:
    return {ClockName(clock): parse_duration(text) for clock, text in written.items()}


def _optional(text: str | None) -> Duration | None:
    return parse_duration(text) if text else None


def _step(it: Mapping[str, Any]) -> Step:
    return Step(
        tier=it["at"],
        limit=_optional(it.get("limit")),
        unclaimed=_optional(it.get("unclaimed")),
        silent=_optional(it.get("silent")),
        by_hand=it.get("by_hand", False),
        assist=assist_share(it["assist"]) if "assist" in it else None,
        over_budget=OverBudget(it.get("over_budget", OverBudget.SAY)),
        receiver_full=ReceiverFull(it.get("receiver_full", ReceiverFull.LEAD_DECIDES)),
        expect=_optional(it.get("expect")),
        chase=_optional(it.get("chase")),
        when=condition(it["when"]) if "when" in it else None,
    )


def _priority(it: Mapping[str, Any]) -> PriorityRules:
    matrix = dict(DEFAULT_MATRIX)
    for row, (stopped, degraded, can_wait) in it.get("matrix", {}).items():
        matrix[int(row)] = (Priority(stopped), Priority(degraded), Priority(can_wait))
    return PriorityRules(
        matrix=matrix,
        impact=dict(it.get("impact", DEFAULT_IMPACT)),
        vip_never_above=Priority(it.get("vip", {}).get("never_above", Priority.P2)),
    )


def _rule(it: Mapping[str, Any], groups: Mapping[str, Any]) -> Rule:
    do = it["do"]
    action = RuleAction(
        category=do.get("category"),
        start=do.get("start"),
        priority=Priority(do["priority"]) if "priority" in do else None,
        path=do.get("path"),
        problem_key=do.get("problem_key"),
        go_on=do.get("next", False),
        delay=_seconds(do["delay"]) if "delay" in do else None,
        restrict=group_meant(do["restrict"], groups) if "restrict" in do else None,
    )
    return Rule(name=it["name"], matches=matcher(it.get("when")), do=action)


def _counted(rules: Iterable[Rule]) -> dict[str, timedelta]:
    found = {text for rule in rules for text in windows_of(rule.matches)}
    return {text: window(text) for text in sorted(found)}


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=parse_duration(text, business_days=False).seconds)


def _plans(it: Mapping[str, Any]) -> PlanRules:
    horizon = {Priority(p): parse_duration(text) for p, text in it.get("horizon", {}).items()}
    rules = PlanRules(horizon=horizon or dict(DEFAULT_HORIZON))
    grace = _seconds(it["slip_grace"]) if "slip_grace" in it else rules.slip_grace
    return PlanRules(rules.horizon, grace, it.get("revisions", rules.revisions))


def _recovery(it: Mapping[str, Any]) -> RecoveryRules:
    rules = RecoveryRules()
    again = it.get("fires_again_within")
    quiet = _seconds(it["untouched"]) if "untouched" in it else rules.quiet
    by_hand = it.get("reopen_by_hand_within")
    return RecoveryRules(
        quiet,
        _seconds(again) if again else rules.reopen_within,
        _seconds(by_hand) if by_hand else rules.people_within,
        third_time=it.get("third_time") == THIRD_TIME,
    )


def _holds(it: Mapping[str, Any]) -> HoldRules:
    rules = HoldRules()
    chase = parse_duration(it["chase"]) if "chase" in it else rules.chase
    return HoldRules(chase, it.get("close_after", rules.close_after))


def _approvals(it: Mapping[str, Any]) -> ApprovalRules:
    return ApprovalRules(parse_duration(it["within"])) if "within" in it else ApprovalRules()


def _survey(it: Mapping[str, Any]) -> SurveyRules:
    rules = SurveyRules()
    every = it.get("not_more_often_than")
    return SurveyRules(it.get("share", rules.share), days_of(every) if every else rules.every)


def _hand_over(it: Mapping[str, Any]) -> HandOverRules:
    rules = HandOverRules()
    within = _seconds(it["ask_within"]) if "ask_within" in it else rules.ask_within
    return HandOverRules(PacketRule(it.get("packet", rules.packet)), within)


def _paging(closed: Mapping[str, str], it: Mapping[str, Any]) -> PagingRules:
    rules = PagingRules()
    paged = frozenset(Priority(name) for name, what in closed.items() if what == PAGE)
    every = _seconds(it["every"]) if "every" in it else rules.every
    return PagingRules(paged, every, it.get("rounds", rules.rounds))


def _mode(it: Mapping[str, str]) -> ModeRules:
    kinds: dict[str, dict[str, Mode]] = {"agreement": {}, "client": {}, "path": {}}
    for key, mode in it.items():
        kind, _, name = key.partition(" ")
        if kind in kinds and name:
            kinds[kind][name] = Mode(mode)
        elif key != "default":
            kinds["client"][key] = Mode(mode)
    default = Mode(it.get("default", ModeRules().default))
    return ModeRules(default, kinds["agreement"], kinds["client"], kinds["path"])


def _clients(document: Mapping[str, Any]) -> dict[str, ClientRules]:
    """What single clients have of their own."""
    return {
        client: ClientRules(
            {name: own_name(name, client) for name in changed_by(document, it)},
            _tell(it.get("tell", {})),
        )
        for client, it in document.get("clients", {}).items()
    }


def _tell(it: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, Reach]]:
    return {
        occasion.replace("_", " "): {audience: Reach(how) for audience, how in told.items()}
        for occasion, told in it.items()
    }
