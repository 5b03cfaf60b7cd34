"""What others may see of a ticket beside an event: one flat, stable value on every message."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tierline.domain.amend import quick
from tierline.domain.clock import FULL, Clock
from tierline.domain.seeing import keys_of
from tierline.domain.terms import CLIENT_CLOCKS, ClockName
from tierline.domain.ticket import Ticket


@quick
@dataclass(frozen=True)
class Promise:
    """A running clock and when its whole target is used up (UTC); `breached`: it already was."""

    clock: ClockName
    due: datetime
    breached: bool = False


@quick
@dataclass(frozen=True)
class Snapshot:
    """A ticket as it stood after event `seq`. Instants are UTC policy time.

    `under`: the major incident it is worked under (0: none); `children`: how many are under it;
    `problem`: the problem behind it (0: none).
    `management`: management has been called and looks. `action_due`: of its open actions, the first
    to be due. `restricted`: the group that it is restricted to; `restricted_to`: the keys of
    all who may see it (`seeing`). `vendor`: the one with whom a case is open; `vip`: somebody
    important asks.
    """

    number: int
    seq: int
    type: str
    title: str
    client: str
    agreement: str
    path: str
    mode: str
    state: str
    priority: str
    tier: str
    group: str
    owner: str
    desk_owner: str
    helper: str
    category: str
    site: str
    host: str
    service: str
    source: str
    record: str
    requester_name: str
    requester_email: str
    opened_at: datetime
    alerts: int
    reopened: int
    touched: bool
    held_for: str = ""
    held_of: str = ""
    plan_next_step: str = ""
    plan_promised_at: datetime | None = None
    proposal_seq: int = 0
    restored_at: datetime | None = None
    offered_to: str = ""
    offered_until: datetime | None = None
    claim_ended: str = ""
    promise: Promise | None = None
    internal: Promise | None = None
    under: int = 0
    major: bool = False
    children: int = 0
    problem: int = 0
    management: bool = False
    action_due: datetime | None = None
    approver: str = ""
    approver_email: str = ""
    restricted: str = ""
    restricted_to: tuple[str, ...] = ()
    vendor: str = ""
    vip: bool = False


def snapshot(ticket: Ticket) -> Snapshot:
    """The view of `ticket` that travels with its events."""
    return Snapshot(**seen(ticket))


def seen(ticket: Ticket) -> dict[str, Any]:
    """The fields of a ticket's snapshot by name: what is written down without making one."""
    promise, internal = nearest(ticket)
    requester, hold, plan = ticket.requester, ticket.hold, ticket.plan
    return {
        "number": ticket.id,
        "seq": ticket.seq,
        "type": ticket.type,
        "title": ticket.title,
        "client": ticket.client,
        "agreement": ticket.agreement,
        "path": ticket.path,
        "mode": ticket.mode,
        "state": ticket.state,
        "priority": ticket.priority,
        "tier": ticket.tier,
        "group": ticket.group,
        "owner": ticket.owner,
        "desk_owner": ticket.desk_owner,
        "helper": ticket.helper,
        "category": ticket.category,
        "site": ticket.site,
        "host": ticket.host,
        "service": ticket.service,
        "source": ticket.source,
        "record": ticket.record,
        "requester_name": requester.name,
        "requester_email": requester.email,
        "opened_at": ticket.opened_at,
        "alerts": ticket.alerts,
        "reopened": ticket.reopened,
        "touched": ticket.touched,
        "held_for": hold.reason if hold else "",
        "held_of": hold.of if hold else "",
        "plan_next_step": plan.next_step if plan else "",
        "plan_promised_at": plan.promised_at if plan else None,
        "proposal_seq": ticket.proposal.seq if ticket.proposal else 0,
        "restored_at": ticket.restored_at,
        "offered_to": ticket.offered_to,
        "offered_until": ticket.offer.until if ticket.offer else None,
        "claim_ended": ticket.claim_ended,
        "promise": promise,
        "internal": internal,
        "under": ticket.under.parent if ticket.under else 0,
        "major": ticket.major is not None,
        "children": len(ticket.major.children) if ticket.major else 0,
        "problem": ticket.problem,
        **_rare(ticket),
    }


def _rare(ticket: Ticket) -> dict[str, Any]:
    """What is left out where there is nothing: every event carries a snapshot."""
    rare: dict[str, Any] = {}
    if ticket.attention is not None:
        rare["management"] = True
    if ticket.actions and (dues := [action.due for action in ticket.actions if action.open]):
        rare["action_due"] = min(dues)
    if ticket.restricted:
        rare["restricted"], rare["restricted_to"] = ticket.restricted, keys_of(ticket)
    if ticket.vendor is not None:
        rare["vendor"] = ticket.vendor.vendor
    if ticket.vip:
        rare["vip"] = True
    if (asked := ticket.open_approval) is not None:
        rare["approver"], rare["approver_email"] = asked.approver, asked.email
    return rare


def nearest(ticket: Ticket) -> tuple[Promise | None, Promise | None]:
    """The running clocks whose targets are used up first: the client's, and the internal one."""
    to_client: tuple[datetime, Clock] | None = None
    internal: tuple[datetime, Clock] | None = None
    for clock in ticket.clocks.values():
        if not clock.dues:
            continue
        due = clock.dues[clock.thresholds.index(FULL)]
        if clock.name in CLIENT_CLOCKS:
            if to_client is None or due < to_client[0]:
                to_client = (due, clock)
        elif internal is None or due < internal[0]:
            internal = (due, clock)
    return _promise(to_client), _promise(internal)


def _promise(found: tuple[datetime, Clock] | None) -> Promise | None:
    if found is None:
        return None
    due, clock = found
    return Promise(clock.name, due, FULL in clock.fired)
