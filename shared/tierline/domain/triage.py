"""Look once and decide: what an alert or a call is, how pressing, and whose queue it joins."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tierline.domain.floor import Floor
from tierline.domain.policy import Group, Policy, RuleAction
from tierline.domain.serving import groups_for, serves
from tierline.domain.terms import Priority, Severity

UNSORTED = "Unsorted"
"""The reserved client of alerts whose client is not known yet."""

COUNTED_WITHIN_MAX = timedelta(days=31)
"""The longest window over which a rule counts alerts that are alike."""
COUNTED_MAX = 1_000
"""Where counting stops: more are said to be so many."""

TEAM = 2
WORST, MIDDLE, LEAST = 1, 2, 3
SCALE = frozenset({WORST, MIDDLE, LEAST})
"""What impact and urgency may be."""

_URGENCY = {Severity.CRITICAL: WORST, Severity.ERROR: MIDDLE}
_PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Classification:
    """What the rules made of the facts. `decided_by`: for each field, the rule that set it."""

    category: str = ""
    start: str = ""
    priority: Priority | None = None
    path: str = ""
    problem_key: str = ""
    delay: timedelta | None = None
    restrict: str = ""
    decided_by: Mapping[str, str] = field(default_factory=dict)


def lookup(facts: Mapping[str, Any], name: str) -> Any:
    """The fact called `name`; None where there is none.

    `device.type` looks into a nested fact; all after the first dot is one name, since labels have
    dots of their own.
    """
    outer, _, inner = name.partition(".")
    found = facts.get(outer)
    if not inner or found is None:
        return found
    return found.get(inner) if isinstance(found, Mapping) else None


def expand(template: str, facts: Mapping[str, Any]) -> str:
    """`template` with each `{name}` replaced by the fact of that name.

    Empty where a fact is missing: half a problem key would join what does not belong together.
    """
    values = [lookup(facts, name) for name in _PLACE.findall(template)]
    if any(value is None or value == "" for value in values):
        return ""
    found = iter(values)
    return _PLACE.sub(lambda _: str(next(found)), template)


def classify(facts: Mapping[str, Any], policy: Policy) -> Classification:
    """Run the triage rules in order: first match wins, `next: true` lets later rules add.

    What an earlier rule set is a fact to the later ones, and stays.
    """
    seen = dict(facts)
    found: dict[str, Any] = {}
    decided_by: dict[str, str] = {}
    for rule in policy.triage:
        if not rule.matches(seen):
            continue
        for name, value in _settings(rule.do, seen).items():
            if name not in found:
                found[name] = value
                decided_by[name] = rule.name
                seen[name] = value
        if not rule.do.go_on:
            break
    return Classification(**found, decided_by=decided_by)


def _settings(action: RuleAction, facts: Mapping[str, Any]) -> dict[str, Any]:
    written = {
        "category": expand(action.category, facts) if action.category else None,
        "start": action.start,
        "priority": action.priority,
        "path": action.path,
        "problem_key": expand(action.problem_key, facts) if action.problem_key else None,
        "delay": action.delay,
        "restrict": action.restrict,
    }
    return {name: value for name, value in written.items() if value}


def urgency_of(facts: Mapping[str, Any]) -> int:
    """1 stopped, 2 degraded, 3 can wait: from a monitor's severity."""
    severity = facts.get("severity")
    if severity is None:
        return MIDDLE
    try:
        return _URGENCY.get(Severity(severity), LEAST)
    except ValueError:
        return LEAST


def impact_of(facts: Mapping[str, Any], policy: Policy) -> int:
    """1 to 3: the device's criticality, else what the policy says a team is."""
    criticality = lookup(facts, "device.criticality")
    return criticality if criticality in {1, 2, 3} else policy.priority.impact.get("team", TEAM)


def choose_group(
    policy: Policy, floor: Floor, tier: str, category: str, at: datetime, *, client: str
) -> tuple[Group, str]:
    """The group of `tier` that gets a ticket of `category` and `client` at `at`, and why that one.

    The first whose skills hold the category, else the first staffed, else the first listed; of
    those that serve the client. Raises LookupError where there is none.
    """
    groups = groups_for(policy, floor.partners, tier, client)
    if not groups:
        raise LookupError(f"tier {tier} has no group for {client}")
    return best_of(groups, floor, category, at)


def best_of(
    groups: Sequence[Group], floor: Floor, category: str, at: datetime
) -> tuple[Group, str]:
    """Of several groups the one for a ticket of `category` at `at`, and why."""
    for group in groups:
        if category and category in group.skills:
            return group, f"skill {category}"
    for group in groups:
        if floor.staffed(group, at):
            return group, "first staffed"
    return groups[0], "first listed: none is staffed"


def starting_group(
    policy: Policy, floor: Floor, start: str, category: str, at: datetime, *, client: str
) -> tuple[Group, str]:
    """The group a ticket of `client` starts with, where `start` names a group, a tier or nothing.

    Nothing, a name the policy has no more, or what does not serve the client: the first tier that
    does. Raises LookupError where no group of the policy serves the client.
    """
    named = policy.groups.get(start)
    if named is not None and serves(named, client, floor.partners):
        return named, f"named {start}"
    tiers = (start, *policy.tiers)
    tier = next((t for t in tiers if groups_for(policy, floor.partners, t, client)), start)
    return choose_group(policy, floor, tier, category, at, client=client)
