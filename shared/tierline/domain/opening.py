"""Opening a ticket: classified, prioritised, its promises started, put into a queue."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tierline.domain import clock as clocks
from tierline.domain import co_managed, offers, waiting
from tierline.domain.amend import amended
from tierline.domain.bought import Concerned, Found, agreement_for
from tierline.domain.clock import Clock
from tierline.domain.commands import Asker, Open
from tierline.domain.draft import Draft
from tierline.domain.events import Opened, Routed, Why
from tierline.domain.floor import Floor
from tierline.domain.policy import Agreement, Group, Policy
from tierline.domain.promises import at_opening, on_arrival, review_after
from tierline.domain.terms import ClockName, ClocksStart, Priority
from tierline.domain.ticket import TierUse
from tierline.domain.triage import (
    MIDDLE,
    SCALE,
    UNSORTED,
    Classification,
    classify,
    impact_of,
    lookup,
    starting_group,
    urgency_of,
)


def open_ticket(
    command: Open, asker: Asker, policy: Policy, floor: Floor, now: datetime, cause: str
) -> Draft:
    """A new ticket: `opened` at acceptance and `routed` at `now`, ready for time to pass on it."""
    found = command.classified or classify(_facts(command), policy)
    impact, urgency = _impact_urgency(command, policy)
    priority, decided_by = _priority(command, found, policy, impact, urgency)
    at = min(command.accepted_at, now)
    terms = _terms(command, found, policy)
    agreement = policy.agreement_of(command.client, terms.name)
    place = _place(command, found, policy, floor, now, agreement)
    opened = _opened(command, found, policy, priority, impact, urgency, agreement)
    values: dict[str, Any] = {"decided_by": decided_by, "impact": impact, "urgency": urgency}
    if counted := command.facts.get("count"):
        values["count"] = dict(counted)
    if len(command.bought) > 1:
        values["agreement"] = terms.rule
    if not terms.covered:
        opened = amended(opened, covered=False)
        values["covers"] = list(agreement.covers)
    if co_managed.waits(agreement, place.group):
        opened = amended(opened, clocks_wait=True)
        values["our_clocks_start"] = ClocksStart.ON_HANDOVER
    why = Why("triage" if command.alert else "opened by hand", policy.version, values)
    draft = Draft.begin(
        policy,
        floor,
        now,
        id=command.id,
        at=at,
        by=asker.actor,
        what=opened,
        why=why,
        cause=cause,
        started=_promised(command, opened, policy, at),
    )
    _route(draft, place, asker, cause, decided_by, _delayed_until(draft, command, found))
    if offers.found_for(draft, command.approvers) is None:
        waiting.begin(draft, draft.now, cause)
    return draft


def _terms(command: Open, found: Classification, policy: Policy) -> Found:
    """Which agreement it is under, of those its client bought."""
    about = Concerned(
        device=command.host,
        kind=str(lookup(command.facts, "device.type") or ""),
        service=command.service,
        category=command.category or found.category,
    )
    return agreement_for(policy, command.client, command.bought, about, command.agreement)


def _promised(command: Open, opened: Opened, policy: Policy, at: datetime) -> list[Clock]:
    """The client's clocks from `at` on; none yet where they wait for a hand-over."""
    if opened.clocks_wait:
        return []
    started = at_opening(policy, opened.agreement, command.type, opened.priority, at)
    if not command.spoken_to:
        return started
    return [
        clocks.meet(c, at, policy.calendars) if c.name is ClockName.RESPOND else c for c in started
    ]


def _facts(command: Open) -> dict[str, Any]:
    stated = {
        "type": command.type.value,
        "client": command.client,
        "title": command.title,
        "vip": command.vip,
    }
    optional = {
        "site": command.site,
        "host": command.host,
        "service": command.service,
        "category": command.category,
        "source": command.source,
        "priority": command.priority,
    }
    stated.update({name: value for name, value in optional.items() if value})
    return {**stated, **command.facts}


def _priority(
    command: Open, found: Classification, policy: Policy, impact: int, urgency: int
) -> tuple[Priority, dict[str, str]]:
    decided_by = dict(found.decided_by)
    if command.priority is not None:
        return command.priority, {**decided_by, "priority": "stated by a person"}
    if found.priority is not None:
        return found.priority, decided_by
    rule = f"impact {impact} x urgency {urgency}" + (" + VIP" if command.vip else "")
    priority = policy.priority.of(impact, urgency, vip=command.vip)
    return priority, {**decided_by, "priority": rule}


def _impact_urgency(command: Open, policy: Policy) -> tuple[int, int]:
    impact = command.impact if command.impact in SCALE else impact_of(command.facts, policy)
    if command.urgency in SCALE:
        return impact, command.urgency
    return impact, urgency_of(command.facts) if command.alert else MIDDLE


def _opened(
    command: Open,
    found: Classification,
    policy: Policy,
    priority: Priority,
    impact: int,
    urgency: int,
    agreement: Agreement,
) -> Opened:
    path = found.path or agreement.path
    mode = command.mode or policy.mode.of(
        path=path, client=command.client, agreement=agreement.name
    )
    return Opened(
        type=command.type,
        title=command.title,
        client=command.client,
        agreement=agreement.name,
        path=path,
        mode=mode,
        priority=priority,
        impact=impact,
        urgency=urgency,
        vip=command.vip,
        body=command.body,
        site=command.site,
        host=command.host,
        service=command.service,
        category=command.category or found.category,
        source=command.source,
        problem_key=command.problem_key,
        requester=command.requester,
        record=command.record,
        links=command.links,
        linked=command.linked,
        desk_owner=command.desk_owner,
        alert=command.alert,
        actions=command.actions,
        rca=command.rca,
        restricted=command.restricted or found.restrict,
    )


class _Place(NamedTuple):
    """Where a ticket starts, why there, and by which rule."""

    group: Group
    chosen: str
    rule: str


def _place(
    command: Open,
    found: Classification,
    policy: Policy,
    floor: Floor,
    at: datetime,
    agreement: Agreement,
) -> _Place:
    """A person's word goes first, then whom the agreement lets look first, then triage."""
    category, client = command.category or found.category, command.client
    start, rule = command.start, "start named by a person"
    if not start:
        start = co_managed.first_place(policy, floor, agreement, category, at, client=client)
        rule = "first by the agreement"
    if not start:
        start, rule = "" if client == UNSORTED else found.start, "triage"
    return _Place(*starting_group(policy, floor, start, category, at, client=client), rule)


def _route(
    draft: Draft,
    place: _Place,
    asker: Asker,
    cause: str,
    decided_by: dict[str, str],
    until: datetime | None,
) -> None:
    """Put it into the queue it starts in, at once or after its delay, at `until` (UTC)."""
    at, (group, chosen, rule) = draft.now, place
    why = draft.why(
        rule,
        decided_by=decided_by,
        chosen=chosen,
        floor=draft.floor.seen(group, at),
    )
    if until is not None:
        draft.emit(
            Routed(group.tier, group.name, {**decided_by, "group": chosen}, delayed_until=until),
            at=at,
            by=asker.actor,
            why=why,
            cause=cause,
            review_at=max(until, at + timedelta(days=1)),
        )
        return
    arrival = on_arrival(draft, group, at, TierUse(0))
    draft.emit(
        Routed(
            group.tier,
            group.name,
            {**decided_by, "group": chosen},
            arrival.budget,
            arrival.expected_at,
        ),
        at=at,
        by=asker.actor,
        why=why,
        cause=cause,
        changed=arrival.started,
        review_at=review_after(group, at, unclaimed=True),
    )


def _delayed_until(draft: Draft, command: Open, found: Classification) -> datetime | None:
    """Until when (UTC) an alert's ticket is not let into its queue; None: it is at once.

    What the agreement does not cover has its client asked at once.
    """
    if found.delay is None or not command.alert or command.start or not draft.ticket.covered:
        return None
    until = draft.ticket.opened_at + found.delay
    return until if until > draft.now else None
