"""Hours of the week in which a client's ticket would reach nobody.

A ticket reaches somebody where the group that holds it is staffed, or where the policy pages for it
and somebody can be woken. It waits unharmed where the client's promise does not run, or where the
group opens before the promise of an answer is up.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from tierline.domain.audience import DUTY_MANAGER, SERVICE_MANAGER
from tierline.domain.instants import LAST_INSTANT, from_us, whole
from tierline.domain.policy import Agreement, Group, Policy
from tierline.domain.terms import ClockName, Priority
from tierline.domain.windows import Span
from tierline.policy.codes import Code
from tierline.policy.errors import Problems
from tierline.policy.folder import LoadedPolicy
from tierline.policy.unwise.presence import Presence
from tierline.policy.unwise.spans import common, without

LOOKED_AHEAD: Final = timedelta(days=28)
"""Four weeks: what comes every week shows, and so does who is away this month."""

_CLIENTS_NAMED: Final = 3


class _Hole(NamedTuple):
    """When nobody is reached, in whose queue, and whether somebody would be paged for it."""

    group: str
    paged: bool
    spans: tuple[Span, ...]


@dataclass(slots=True)
class _Whose:
    """Whose tickets fall into a hole."""

    clients: dict[str, None] = field(default_factory=dict)
    priorities: set[Priority] = field(default_factory=set)


def look(loaded: LoadedPolicy, start: datetime, problems: Problems) -> None:
    """Warn of each stretch of the four weeks from `start` (UTC) in which nobody is reached."""
    end = min(start + LOOKED_AHEAD, LAST_INSTANT)
    if not loaded.records.clients or start >= end:
        return
    presence = Presence(loaded, start, end)
    holes: dict[_Hole, _Whose] = {}
    for name, clients in _bought(loaded).items():
        agreement = loaded.policy.agreement(name)
        for group, priority in product(_holders(loaded.policy, agreement), Priority):
            hole = _hole(loaded.policy, presence, agreement, group, priority)
            if hole is not None:
                whose = holes.setdefault(hole, _Whose())
                whose.clients.update(dict.fromkeys(_meant(loaded.policy, group, clients)))
                whose.priorities.add(priority)
    for hole, whose in holes.items():
        if whose.clients:
            _warn(loaded.policy, presence, hole, whose, problems)


def _bought(loaded: LoadedPolicy) -> Mapping[str, list[str]]:
    """Who bought what: clients by agreement."""
    found: dict[str, list[str]] = {}
    documents = {str(it["name"]): it for it in loaded.records.documents.get("clients", ())}
    for client in loaded.records.clients:
        bought = [it["name"] for it in documents[client.name].get("agreements", ())]
        for name in dict.fromkeys([client.agreement, *bought]):
            own = loaded.policy.agreement_of(client.name, name)
            found.setdefault(own.name, []).append(client.name)
    return found


def _holders(policy: Policy, agreement: Agreement) -> Iterator[Group]:
    """The groups that time or a rule may give a ticket to."""
    tiers = {step.tier for step in policy.paths[agreement.path].steps if not step.by_hand}
    starts = {rule.do.start for rule in policy.triage}
    for group in policy.groups.values():
        if group.tier in tiers or not starts.isdisjoint({group.name, group.tier}):
            yield group


def _meant(policy: Policy, group: Group, clients: list[str]) -> list[str]:
    """Of `clients`, those whose tickets the group may hold."""
    kind, _, of = policy.groups[group.name].of.partition(" ")
    return [client for client in clients if kind != "client" or client == of]


def _hole(
    policy: Policy, presence: Presence, agreement: Agreement, group: Group, priority: Priority
) -> _Hole | None:
    sla = policy.slas[agreement.sla]
    cover = sla.cover[priority]
    paged = priority in policy.paging.priorities
    closed = _held_while_closed(policy, presence, group)
    spans = common(presence.window, [closed, presence.open(cover)])
    if paged:
        spans = without(spans, presence.ladder(group))
    else:
        least = whole(timedelta(seconds=sla.targets[priority][ClockName.RESPOND].on(cover)))
        spans = [span for span in spans if span[1] - span[0] > least]
    return _Hole(group.name, paged, tuple(spans)) if spans else None


def _held_while_closed(policy: Policy, presence: Presence, group: Group) -> list[Span]:
    """When a ticket may come into the group's queue and nobody of it is there.

    For its skills, or by a rule, it may at any time; else only while no group of its tier is
    staffed, and then the first one listed gets it.
    """
    away = without([presence.window], presence.staffed(group))
    named = any(rule.do.start == group.name for rule in policy.triage)
    others = policy.groups_of(group.tier)
    if named or group.skills:
        return away
    if others[0].name != group.name:
        return []
    for other in others[1:]:
        away = without(away, presence.staffed(other))
    return away


def _warn(
    policy: Policy, presence: Presence, hole: _Hole, whose: _Whose, problems: Problems
) -> None:
    group = policy.groups[hole.group]
    zone = _zone(policy, group)
    names = list(whose.clients)
    more = f" and {len(names) - _CLIENTS_NAMED} more" if len(names) > _CLIENTS_NAMED else ""
    times = f", and {len(hole.spans) - 1} times more" if len(hole.spans) > 1 else ""
    message = (
        f"nobody would be reached: {', '.join(names[:_CLIENTS_NAMED])}{more},"
        f" {', '.join(sorted(whose.priorities))}, {_stretch(hole.spans[0], zone)}"
        f"{times} in the next {LOOKED_AHEAD.days} days:"
        f" {_because(policy, presence, group, hole)}"
    )
    fix = (
        f"give `{group.name}` somebody on call, or name a duty manager"
        if hole.paged
        else "page for it in `closed_next_group`, or open the group while the promise runs"
    )
    at = ("groups", group.name)
    problems.warn(at, message, fix, code=Code.NOBODY_REACHED, at_key=True)


def _zone(policy: Policy, group: Group) -> ZoneInfo:
    """Whose clock the stretch is told by: the group's, else that of any hours with a zone."""
    listed = (group.hours, *(it.hours for it in policy.groups.values()), *policy.calendars.values())
    return next((it.tzinfo for it in listed if not it.is_always_open), group.hours.tzinfo)


def _stretch(span: Span, zone: ZoneInfo) -> str:
    start, end = (from_us(edge).astimezone(zone) for edge in span)
    same = start.date() == end.date()
    until = f"{end:%H:%M}" if same else f"{end:%a %Y-%m-%d %H:%M}"
    return f"{start:%a %Y-%m-%d %H:%M} to {until}"


def _because(policy: Policy, presence: Presence, group: Group, hole: _Hole) -> str:
    at = hole.spans[0][0]
    is_open = _covers(presence.open(group.hours), at)
    said = [f"{group.name} is open and all of it away" if is_open else f"{group.name} is closed"]
    if not hole.paged:
        return f"{said[0]}, nobody is paged, and the promise runs"
    if group.on_call:
        said.append(f"{group.on_call} has a gap")
    said.append(f"its lead {group.lead} is away" if group.lead else "it has no lead")
    for role in (DUTY_MANAGER, SERVICE_MANAGER):
        person = policy.people.get(role, "")
        said.append(f"the {role} {person} is away" if person else f"{role} is nobody")
    return ", ".join(said)


def _covers(spans: list[Span], at: int) -> bool:
    return any(start <= at < end for start, end in spans)
