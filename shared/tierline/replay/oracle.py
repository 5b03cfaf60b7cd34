"""A plan run through the pure core: what the running services must come to as well."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tierline.domain import commands as c
from tierline.domain.advance import advance_to
from tierline.domain.commands import Asker, Command, Open, Rejected
from tierline.domain.decide import Decision, decide, decide_open
from tierline.domain.events import Actor, Event
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.domain.terms import HoldReason, Priority, Role, TicketType
from tierline.domain.ticket import Ticket
from tierline.messages.state import encode_ticket
from tierline.replay.plan import Case, Plan, Step

SOURCE = "replay"

NOT_HASHED = frozenset({"id", "recorded_at"})
"""Of a ticket's state: its number, and when its last event was written, differ from run to run."""


LEAP_MAX = timedelta(days=180)
"""Time passes in leaps of at most this: `advance` takes a bounded number of due instants in one."""


class RefusedStepError(RuntimeError):
    """The core refused a step of a plan: the mapping, or the core, has history wrong."""

    def __init__(self, case: Case, step: Step, refused: Rejected) -> None:
        super().__init__(
            f"{case.key}, row {step.row}, {step.verb}: {refused.code}: {refused.reason}"
        )
        self.case, self.step, self.refused = case, step, refused


@dataclass(frozen=True, slots=True)
class Ran:
    """One case after its last step and the time until the end of the log, with all its events."""

    case: Case
    ticket: Ticket
    events: tuple[Event, ...]


def asker_of(step: Step) -> Asker:
    """Who asks for a recorded step: whom the row names, with what only a lead may decide.

    Who was allowed to do it was settled when it happened; whether it is possible is judged anew.
    """
    actor = Actor("person", step.by) if step.by else Actor("integration", SOURCE)
    return Asker(actor, Role.LEAD)


def opening(step: Step, number: int, agreement: str) -> Open:
    """The core's form of an `open` step, as ticket `number` under `agreement`."""
    fields = step.fields
    return Open(
        id=number,
        type=TicketType(fields["type"]),
        title=fields["title"],
        client=fields["client"],
        agreement=agreement,
        accepted_at=step.at,
        service=fields.get("service", ""),
        source=SOURCE,
        priority=Priority(fields["priority"]),
        start=fields["start"],
    )


def command_of(step: Step) -> Command:
    """The core's form of any other step. Raises KeyError for a verb that plans do not use."""
    return _COMMANDS[step.verb](step.fields)


_COMMANDS: dict[str, Callable[[Mapping[str, Any]], Command]] = {
    "claim": lambda f: c.Claim(f["owner"]),
    "release": lambda f: c.Release(f.get("reason", "")),
    "notes": lambda f: c.Note(f["text"]),
    "move": lambda f: c.Move(f["reason"], to_group=f["to_group"]),
    "hold": lambda f: c.PutOnHold(HoldReason(f["reason"]), f["asked"], f.get("of", "")),
    "resume": lambda f: c.Resume(f.get("because", "")),
    "priority": lambda f: c.Prioritise(f["reason"], Priority(f["priority"])),
    "resolve": lambda f: c.Resolve(f["resolution"]),
    "confirm": lambda f: c.Confirm(f.get("note", "")),
    "close": lambda f: c.Close(f["reason"]),
    "reopen": lambda f: c.Reopen(f["reason"]),
}


def run_plan(plan: Plan, policy: Policy) -> dict[str, Ticket]:
    """Every case's ticket at the end of the log; raises as `run_cases`."""
    return {ran.case.key: ran.ticket for ran in run_cases(plan, policy)}


def run_cases(plan: Plan, policy: Policy) -> Iterator[Ran]:
    """Run the cases of a plan one after the other.

    Raises:
        RefusedStepError: a step is not possible where its ticket then is.
    """
    for number, case in enumerate(plan.cases, start=1):
        yield run_case(case, policy, plan.end, number)


def run_case(
    case: Case,
    policy: Policy,
    end: datetime,
    number: int = 1,
    looks: Sequence[datetime] = (),
) -> Ran:
    """Run one case through the core, then let time pass to `end` (UTC).

    Args:
        case: of a plan.
        policy: the one generated from that plan, or one that suits it.
        end: the end of the log.
        number: of the ticket.
        looks: further instants, ascending, at which time is let pass on the ticket; they must make
            no difference.

    Raises:
        RefusedStepError: a step is not possible where its ticket then is.
    """
    first, *rest = case.steps
    agreement = policy.default_agreement
    made = decide_open(
        opening(first, number, agreement), asker_of(first), policy, Floor(first.at), first.at
    )
    events = list(made.events)
    ticket = made.ticket
    for step in rest:
        for now in _halts(ticket.recorded_at, step.at, looks):
            ticket = _passed(ticket, policy, now, events)
        decision = _decided(ticket, step, policy)
        if decision.rejected is not None:
            raise RefusedStepError(case, step, decision.rejected)
        ticket = decision.ticket
        events += decision.events
    for now in (*_halts(ticket.recorded_at, end, looks), end):
        ticket = _passed(ticket, policy, now, events)
    return Ran(case, ticket, tuple(events))


def _halts(since: datetime, until: datetime, looks: Sequence[datetime]) -> Iterator[datetime]:
    """Instants strictly between, at which time is let pass: `looks`, and leaps not too long."""
    leaps = range(1, (until - since) // LEAP_MAX + 1)
    wanted = {*looks, *(since + leap * LEAP_MAX for leap in leaps)}
    return (at for at in sorted(wanted) if since < at < until)


def _decided(ticket: Ticket, step: Step, policy: Policy) -> Decision:
    return decide(ticket, command_of(step), asker_of(step), policy, Floor(step.at), step.at)


def _passed(ticket: Ticket, policy: Policy, now: datetime, events: list[Event]) -> Ticket:
    ticket, passed = advance_to(ticket, policy, Floor(now), now)
    events += passed
    return ticket


def state_hash(tickets: Mapping[str, Ticket]) -> str:
    """SHA-256 of the tickets' states by case, but for their numbers and when they were written.

    The same whatever numbers the tickets got, in what order cases ran, on what load, and how late
    time was let pass.
    """
    whole = hashlib.sha256()
    for key in sorted(tickets):
        state = json.loads(encode_ticket(tickets[key]))
        kept = {name: value for name, value in state.items() if name not in NOT_HASHED}
        text = json.dumps([key, kept], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        whole.update(text.encode())
    return whole.hexdigest()
