"""What one alert means for its problem: pure, one alert at a time, in order of acceptance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intake.triage.directory import ClientRecord, DeviceRecord
from intake.triage.limits import BODY_MAX
from tierline.domain.action import open_of
from tierline.domain.advance import advance_to
from tierline.domain.amend import amended
from tierline.domain.commands import Asker, Attach, Close, Open, Recover, Reopen
from tierline.domain.decide import Decision, decide, decide_open
from tierline.domain.events import Actor, Event
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.domain.rca import owed_of
from tierline.domain.terms import Role, State, TicketType
from tierline.domain.ticket import Ticket
from tierline.domain.triage import Classification, classify
from tierline.messages.alert import AcceptedAlert

Place = tuple[datetime, int, int]
"""Where an alert stands among those of its problem: acceptance, array index, id."""

NO_COUNTS: Mapping[str, int] = {}
NOTHING_OPEN = "nothing open"


def place_of(accepted: AcceptedAlert) -> Place:
    """The place of an alert in the order of its problem."""
    return (accepted.accepted_at, accepted.index, accepted.id)


@dataclass(frozen=True, slots=True)
class Known:
    """An alert with what records and rules say of it (`found`). `key`: its problem key."""

    accepted: AcceptedAlert
    client: ClientRecord
    device: DeviceRecord | None
    facts: dict[str, Any]
    found: Classification
    key: str

    @property
    def place(self) -> Place:
        """Its place in the order of its problem."""
        return place_of(self.accepted)

    @property
    def pair(self) -> tuple[str, str]:
        """Its problem: client and problem key."""
        return (self.accepted.client, self.key)

    @property
    def firing(self) -> bool:
        """Whether the condition holds."""
        return self.accepted.alert.status == "firing"


@dataclass(frozen=True, slots=True)
class Problem:
    """The state of one problem while a batch is worked off.

    `last`: the place of the last applied alert. `before`: the open ticket as it was read (None:
    none, or opened in this batch). `closing`: a ticket that this batch closed for its successor.
    """

    client: str
    key: str
    last: Place | None = None
    before: Ticket | None = None
    ticket: Ticket | None = None
    events: tuple[Event, ...] = ()
    finished: tuple[tuple[Ticket | None, Ticket, tuple[Event, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """What all decisions of a batch share. `now` is UTC policy time, read under the locks."""

    policy: Policy
    floor: Floor
    now: datetime


def know(
    accepted: AcceptedAlert,
    client: ClientRecord,
    device: DeviceRecord | None,
    policy: Policy,
    counts: Mapping[str, int] = NO_COUNTS,
) -> Known:
    """Put together what is known of an alert, and find its problem key.

    `counts`: how many alerts like it there are, by the windows that the policy's rules count over.
    """
    facts = facts_of(accepted, device)
    if counts:
        facts["count"] = counts
    own_key = f"{accepted.integration}/{accepted.alert.dedup_key}"
    found = classify(facts, policy)
    return Known(accepted, client, device, facts, found, found.problem_key or own_key)


def facts_of(accepted: AcceptedAlert, device: DeviceRecord | None) -> dict[str, Any]:
    """What triage rules match on."""
    alert = accepted.alert
    facts: dict[str, Any] = {
        "type": TicketType.ALERT.value,
        "source": accepted.source,
        "integration": accepted.integration,
        "client": accepted.client,
        "site": alert.site,
        "host": alert.host,
        "service": alert.service,
        "severity": alert.severity,
        "title": alert.title,
        "body": alert.body[:BODY_MAX],
        "labels": dict(alert.labels),
    }
    if device is not None:
        facts["device"] = {"type": device.type, "criticality": device.criticality}
        facts["site"] = alert.site or device.site
    return {name: value for name, value in facts.items() if value is not None and value != ""}


def begin(
    pair: tuple[str, str], last: Place | None, ticket: Ticket | None, world: World
) -> Problem:
    """A problem as its batch finds it: what was due on its ticket is taken first."""
    if ticket is None:
        return Problem(*pair, last=last)
    after, events = advance_to(ticket, world.policy, world.floor, world.now)
    return Problem(*pair, last=last, before=ticket, ticket=after, events=tuple(events))


def may_open(problem: Problem, world: World) -> bool:
    """Whether an alert that fires will need a new ticket number for `problem`: at most one."""
    ticket = problem.ticket
    return ticket is None or not (ticket.active or _reopens(ticket, world))


def _reopens(ticket: Ticket, world: World) -> bool:
    """Whether an alert would reopen this resolved ticket rather than open a linked one."""
    within = world.policy.recovery.reopen_within
    return (
        ticket.state is State.RESOLVED
        and ticket.resolved_at is not None
        and world.now - ticket.resolved_at <= within
    )


def apply(problem: Problem, known: Known, number: int, world: World) -> tuple[Problem, str, int]:
    """The problem after `known`, the alert's outcome, and the ticket it went to (0: none).

    `number` is a ticket number to use if one is opened.
    """
    ticket = problem.ticket
    stale = problem.last is not None and known.place < problem.last
    if not stale:
        problem = amended(problem, last=known.place)
    if ticket is None or not ticket.open:
        if not known.firing or stale:
            return problem, NOTHING_OPEN, 0
        return _opened(problem, known, number, world)
    if stale:
        return _decided(
            problem, Attach(_id(known), known.accepted.alert.status, stale=True), known, world
        )
    if not known.firing:
        return _decided(problem, Recover(_id(known)), known, world)
    if ticket.state is not State.RESOLVED:
        return _decided(problem, Attach(_id(known), "firing"), known, world)
    return _again(problem, ticket, known, number, world)


def _again(
    problem: Problem, ticket: Ticket, known: Known, number: int, world: World
) -> tuple[Problem, str, int]:
    """It fires again after the resolution: soon, the ticket reopens; later, a linked one opens."""
    if _reopens(ticket, world):
        reopen = Reopen("it fires again", alert=_id(known))
        return _decided(problem, reopen, known, world)
    close = Close("it fires again: a linked ticket carries on", successor=number)
    closed, _, _ = _decided(problem, close, known, world)
    done = (closed.before, _there(closed), closed.events)
    fresh = amended(closed, before=None, ticket=None, events=(), finished=(*closed.finished, done))
    return _opened(fresh, known, number, world, after=ticket)


def _there(problem: Problem) -> Ticket:
    if problem.ticket is None:
        raise AssertionError("a decided problem has a ticket")
    return problem.ticket


def _id(known: Known) -> str:
    return str(known.accepted.id)


def _asker(known: Known) -> Asker:
    return Asker(Actor("integration", known.accepted.integration), Role.TECHNICIAN)


def cause_of(alert: AcceptedAlert) -> str:
    """The identity that what comes of an alert carries."""
    return f"alert:{alert.id}"


def _decided(
    problem: Problem, command: Attach | Recover | Reopen | Close, known: Known, world: World
) -> tuple[Problem, str, int]:
    ticket = _there(problem)
    decision: Decision = decide(
        ticket,
        command,
        _asker(known),
        world.policy,
        world.floor,
        world.now,
        cause=cause_of(known.accepted),
    )
    if decision.rejected is not None:
        raise UnexpectedRefusalError(f"{type(command).__name__}: {decision.rejected.reason}")
    return _with(problem, decision), _OUTCOMES[type(command)], ticket.id


class UnexpectedRefusalError(RuntimeError):
    """The core refused what triage thought possible; the alert is set aside with the reason."""


_OUTCOMES: dict[type, str] = {
    Attach: "attached",
    Recover: "recovered",
    Reopen: "reopened",
    Close: "closed",
}


def _with(problem: Problem, decision: Decision) -> Problem:
    return amended(problem, ticket=decision.ticket, events=(*problem.events, *decision.events))


def _opened(
    problem: Problem, known: Known, number: int, world: World, *, after: Ticket | None = None
) -> tuple[Problem, str, int]:
    """A new ticket of the problem; `after`: the one it carries on, and what is to be done there."""
    alert, accepted = known.accepted.alert, known.accepted
    before = problem.ticket
    if before is not None and problem.events:
        done = (problem.before, before, problem.events)
        problem = amended(problem, events=(), finished=(*problem.finished, done))
    covering = known.device.agreement if known.device else ""
    command = Open(
        id=number,
        type=TicketType.ALERT,
        title=alert.title,
        client=accepted.client,
        agreement=covering or known.client.agreement,
        bought=() if covering else known.client.bought,
        accepted_at=accepted.accepted_at,
        facts=known.facts,
        classified=known.found,
        body=alert.body[:BODY_MAX],
        site=known.facts.get("site", ""),
        host=alert.host,
        service=alert.service,
        source=accepted.source,
        problem_key=known.key,
        links=alert.links,
        linked=() if after is None else (after.id,),
        record=known.client.record,
        mode=known.client.mode,
        alert=_id(known),
        actions=() if after is None else open_of(after.actions),
        rca=None if after is None else owed_of(after.rca),
        approvers=known.client.approvers,
        restricted="" if after is None else after.restricted,
    )
    decision = decide_open(
        command, _asker(known), world.policy, world.floor, world.now, cause=cause_of(known.accepted)
    )
    opened = amended(problem, before=None, ticket=decision.ticket, events=decision.events)
    return opened, "opened", number
