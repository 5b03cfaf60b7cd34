"""The policy a replay runs under, made from the plan: a history must not be overruled by time.

It watches (`mode: watch`): time proposes and says what was broken, and moves and ends nothing. Its
groups name no members, so that a reopened ticket always goes to the queue and the log says who
takes it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tierline.domain.policy import Policy
from tierline.domain.terms import Mode, Priority
from tierline.policy.document import check_document, compile_or_raise
from tierline.policy.errors import Problems
from tierline.policy.folder import LoadedPolicy
from tierline.policy.hours import ALWAYS
from tierline.policy.records_read import read_records
from tierline.policy.shapes import ITEMS_LIMIT
from tierline.replay.log import LogError
from tierline.replay.mapping import LogMapping
from tierline.replay.meaning import Lookup
from tierline.replay.plan import Plan

AGREEMENT = "replay"
PATH = "replay"
MAIL_DOMAIN = "replay.example"
"""Nobody is mailed in a replay; an address must still have a form (RFC 2606 reserves the name)."""

LIMIT = "2bd"
UNCLAIMED = "4h"
"""Of tiers and queues where the mapping says nothing."""

PROMISES: Mapping[str, Mapping[str, str]] = {
    "P1": {"respond": "30m", "resolve": "4h"},
    "P2": {"respond": "1h", "resolve": "1bd"},
    "P3": {"respond": "4h", "resolve": "3bd"},
    "P4": {"respond": "1bd", "resolve": "10bd"},
}
"""Of priorities where the mapping says nothing."""


def generate(plan: Plan, mapping: LogMapping) -> LoadedPolicy:
    """The policy and the records a replay of `plan` runs under, as a folder of files would give.

    Public holidays of the mapping's hours are looked up around the year the log starts.

    Raises:
        LogError: the log names more groups, people or clients than a policy holds.
        PolicyError: hours that no calendar can be made of.
    """
    _check_sizes(plan)
    problems = Problems()
    document = check_document(rules_of(plan, mapping), plan.start.year, problems)
    policy = compile_or_raise(document, problems, {})
    records = read_records(records_of(plan), policy, document.get("hours", {}), problems)
    return LoadedPolicy(policy, document, tuple(problems.warnings), records, ())


def _check_sizes(plan: Plan) -> None:
    for what, names in (("teams", plan.groups), ("people", plan.people), ("clients", plan.clients)):
        if len(names) > ITEMS_LIMIT:
            raise LogError(
                f"the log names {len(names)} {what}, and a policy holds {ITEMS_LIMIT}:"
                " narrow it with the mapping's `only` and `skip`"
            )


def rules_of(plan: Plan, mapping: LogMapping) -> dict[str, Any]:
    """The policy in its own language, as it would be written by hand."""
    rules = mapping.rules
    promised = {str(p): dict(rules.promises.get(p, PROMISES[p])) for p in Priority}
    steps = [_step(tier, mapping) for tier in plan.tiers]
    return {
        "hours": dict(rules.hours) or {"around the clock": ALWAYS},
        "tiers": list(plan.tiers),
        "groups": dict(_groups(plan, mapping)),
        "slas": {
            AGREEMENT: {
                "cover": dict(rules.cover) or {"else": ALWAYS},
                **promised,
                "requests": {"respond": "1bd", "fulfil": "5bd"},
            }
        },
        "agreements": {AGREEMENT: {"sla": AGREEMENT, "path": PATH}},
        "paths": {PATH: steps},
        "mode": {"default": str(Mode.WATCH)},
        "default_agreement": AGREEMENT,
    }


def _groups(plan: Plan, mapping: LogMapping) -> Iterator[tuple[str, dict[str, Any]]]:
    staffed: Lookup[Any] = Lookup(mapping.rules.staffed.items())
    tiers: Lookup[Any] = Lookup(
        (tier, hours) for tier, hours in mapping.rules.staffed.items() if tier in mapping.tiers
    )
    for group in plan.groups:
        hours = tiers.of(group.tier) or staffed.of(group.name) or ALWAYS
        yield group.name, {"tier": group.tier, "hours": hours}
    for tier in plan.tiers:
        if all(group.tier != tier for group in plan.groups):
            yield f"{tier} (empty)", {"tier": tier, "hours": tiers.of(tier) or ALWAYS}


def _step(tier: str, mapping: LogMapping) -> dict[str, str]:
    rules = mapping.rules
    step = {"at": tier, "limit": rules.limits.get(tier, LIMIT)}
    step["unclaimed"] = rules.unclaimed or UNCLAIMED
    return {**step, "silent": rules.silent} if rules.silent else step


def records_of(plan: Plan) -> dict[str, Any]:
    """The records of a replay: the log's clients, and everybody it names, as technicians."""
    people = {
        person.name: {
            "login": person.login,
            "email": f"{person.login}@{MAIL_DOMAIN}",
            "role": "technician",
        }
        for person in plan.people
    }
    return {
        "clients": {name: {"agreement": AGREEMENT} for name in plan.clients},
        "people": people,
    }


def unfit(plan: Plan, policy: Policy) -> tuple[str, ...]:
    """Why a policy written by hand does not suit `plan`, one sentence a reason; empty: it does."""
    found: list[str] = []
    for group in plan.groups:
        known = policy.groups.get(group.name)
        if known is None:
            found.append(f"the policy has no group {group.name}")
        elif known.tier != group.tier:
            found.append(f"{group.name} is of tier {known.tier}, in the log of {group.tier}")
        elif known.members:
            found.append(f"{group.name} names members: a reopened ticket could go to one by itself")
    if [tier for tier in policy.tiers if tier in plan.tiers] != list(plan.tiers):
        found.append(f"its tiers must hold, in this order: {', '.join(plan.tiers)}")
    modes = policy.mode
    others = (*modes.agreements.values(), *modes.clients.values(), *modes.paths.values())
    if any(mode is not Mode.WATCH for mode in (modes.default, *others)):
        found.append("mode must be watch everywhere: time must not move or close what a log did")
    return tuple(found)
