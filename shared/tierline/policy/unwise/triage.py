"""Triage rules that never have a say: nothing can match them, or an earlier one always does."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from tierline.policy.codes import Code
from tierline.policy.errors import Problems, Where, did_you_mean
from tierline.policy.folder import LoadedPolicy
from tierline.policy.unwise.constraints import Demand, Demands, demands_of
from tierline.policy.unwise.vocabulary import vocabulary

_SET_BY_RULES = ("category", "priority")
"""The facts that a rule may set, so that a later one finds them different."""


def look(loaded: LoadedPolicy, problems: Problems) -> None:
    """Warn of rules that can never match, and of those that an earlier rule leaves nothing."""
    rules: Sequence[Mapping[str, Any]] = loaded.document.get("triage", ())
    demands = [demands_of(rule.get("when")) for rule in rules]
    known = vocabulary(loaded)
    devices = _devices_by_client(loaded)
    for i, rule in enumerate(rules):
        at: Where = ("triage", i, "when") if "when" in rule else ("triage", i)
        said = _impossible(demands[i], known) or _of_no_client(demands[i], devices)
        if said:
            problems.warn(at, f"never matches: {said[0]}", said[1], code=Code.RULE_NEVER_MATCHES)
        elif (earlier := _shadow(rules, demands, i)) is not None:
            message = (
                f"`{rule['name']}` is never reached: `{rules[earlier]['name']}`"
                f" (rule {earlier + 1}) matches all it matches"
            )
            fix = "move it up, or narrow that rule"
            problems.warn(at, message, fix, code=Code.RULE_SHADOWED)


def _impossible(demands: Demands, known: Mapping[str, frozenset[str]]) -> tuple[str, str] | None:
    """Why no facts can fulfil the demands, and the fix; None where some may."""
    for one, other in combinations(demands.all_of, 2):
        if one.fact == other.fact and not _meet(one, other):
            return f"`{one.fact}` cannot be two things at once", "join the two with `||`"
    for demand in demands.all_of:
        values = known.get(demand.fact)
        if values is None or any(it.allows(text) for it in demand.any_of for text in values):
            continue
        asked = demand.any_of[0].text
        remedy = did_you_mean(asked, values)
        return f"`{demand.fact}` is never `{asked}`", remedy or _where_known(demand.fact)
    return None


def _meet(one: Demand, other: Demand) -> bool:
    """Whether a value fulfils both, as far as one of them names values and no patterns."""
    return any(a.covers(b) or b.covers(a) for a in one.any_of for b in other.any_of)


def _where_known(fact: str) -> str:
    if fact == "category":
        return "no rule sets it, and no group or person has that skill: add it to one"
    return "add the record, or remove the rule"


def _devices_by_client(loaded: LoadedPolicy) -> Mapping[str, frozenset[str]]:
    """The types of each client's devices; empty where the folder holds no records."""
    found: dict[str, set[str]] = {client.name: set() for client in loaded.records.clients}
    for device in loaded.records.devices:
        found.setdefault(device.client, set()).add(device.type)
    return {client: frozenset(types) for client, types in found.items()}


def _of_no_client(
    demands: Demands, devices: Mapping[str, frozenset[str]]
) -> tuple[str, str] | None:
    """A type of device that none of the clients has whom the rule names."""
    asked = {demand.fact: demand.any_of for demand in demands.all_of}
    if not devices or "client" not in asked or "device.type" not in asked:
        return None
    clients = [name for name in devices if any(it.allows(name) for it in asked["client"])]
    types = {kind for name in clients for kind in devices[name]}
    if any(it.allows(kind) for it in asked["device.type"] for kind in types):
        return None
    said = f"`{asked['client'][0].text}` has no device of type `{asked['device.type'][0].text}`"
    return said, "add the device to the records, or remove the rule"


def _shadow(rules: Sequence[Mapping[str, Any]], demands: Sequence[Demands], i: int) -> int | None:
    """The first earlier rule that ends the reading wherever rule `i` would match; None: none."""
    for j in range(i):
        if "when" not in rules[j] or rules[j]["do"].get("next"):
            continue  # one without `when` is warned of where names are looked up
        same = rules[j]["when"] == rules[i].get("when")
        if (same or demands[j].cover(demands[i])) and not _changed_between(rules, j, i):
            return j
    return None


def _changed_between(rules: Sequence[Mapping[str, Any]], j: int, i: int) -> bool:
    """Whether a rule between the two may set a fact that rule `j` looked at too early."""
    looked_at = set(_facts_set_by_rules(rules[j]["when"]))
    return any(looked_at & set(rule["do"]) for rule in rules[j + 1 : i])


def _facts_set_by_rules(when: str | Mapping[str, Any]) -> Iterator[str]:
    return (fact for fact in _SET_BY_RULES if fact in when)
