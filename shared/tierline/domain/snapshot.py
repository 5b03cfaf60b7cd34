"""What others may see of a ticket beside an event: one flat, stable value on every message."""

from dataclasses import dataclass
from datetime import datetime

from tierline.domain.clock import FULL, Clock
from tierline.domain.terms import CLIENT_CLOCKS, ClockName
from tierline.domain.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Promise:
    """A running clock and when its whole target is used up (UTC); `breached`: it already was."""

    clock: ClockName
    due: datetime
    breached: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ticket as it stood after event `seq`. Instants are UTC policy time."""

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
    promise: Promise | None = None
    internal: Promise | None = None


def snapshot(ticket: Ticket) -> Snapshot:
    """The view of `ticket` that travels with its events."""
    promise, internal = nearest(ticket)
    return Snapshot(
        number=ticket.id,
        seq=ticket.seq,
        type=ticket.type,
        title=ticket.title,
        client=ticket.client,
        agreement=ticket.agreement,
        path=ticket.path,
        mode=ticket.mode,
        state=ticket.state,
        priority=ticket.priority,
        tier=ticket.tier,
        group=ticket.group,
        owner=ticket.owner,
        desk_owner=ticket.desk_owner,
        helper=ticket.helper,
        category=ticket.category,
        site=ticket.site,
        host=ticket.host,
        service=ticket.service,
        source=ticket.source,
        record=ticket.record,
        requester_name=ticket.requester.name,
        requester_email=ticket.requester.email,
        opened_at=ticket.opened_at,
        alerts=ticket.alerts,
        reopened=ticket.reopened,
        touched=ticket.touched,
        held_for=ticket.hold.reason if ticket.hold else "",
        held_of=ticket.hold.of if ticket.hold else "",
        plan_next_step=ticket.plan.next_step if ticket.plan else "",
        plan_promised_at=ticket.plan.promised_at if ticket.plan else None,
        proposal_seq=ticket.proposal.seq if ticket.proposal else 0,
        restored_at=ticket.restored_at,
        promise=promise,
        internal=internal,
    )


def nearest(ticket: Ticket) -> tuple[Promise | None, Promise | None]:
    """The running clocks whose targets are used up first: the client's, and the internal one."""
    to_client: tuple[datetime, Clock] | None = None
    internal: tuple[datetime, Clock] | None = None
    for clock in ticket.clocks.values():
        due = clock.due
        if due is None:
            continue
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
