"""Lives of tickets made by the core itself: what the copies of a full house are copied from."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tierline.domain.advance import advance_to, next_due
from tierline.domain.commands import (
    Asker,
    Claim,
    Command,
    Confirm,
    MakePlan,
    Note,
    Open,
    PutOnHold,
    Resolve,
)
from tierline.domain.decide import decide, decide_open
from tierline.domain.events import Actor, Event
from tierline.domain.floor import Floor
from tierline.domain.policy import Policy
from tierline.domain.terms import HoldReason, Role, TicketType
from tierline.domain.ticket import Ticket

SOURCE = Asker(Actor("integration", "api"), Role.TECHNICIAN)
SEED = 20_261_122
QUIET = timedelta(hours=2)
"""Copies fall due no earlier than this after they were made, so that they stand by."""

CLIENTS = {
    "Harbour Dental": "managed gold",
    "Oakfield Schools": "managed gold",
    "Tidewater Freight": "managed silver",
}
PEOPLE = ("sam", "leila", "marek", "ines", "tom", "joel", "ana")
SEVERITIES = ("critical", "error", "error", "warning", "info")


@dataclass
class Life:
    """A ticket and all that happened to it."""

    policy: Policy
    ticket: Ticket
    events: list[Event]

    def do(self, command: Command, asker: Asker, now: datetime) -> None:
        """Give a command at an instant (UTC); a refused one changes what time brings only."""
        done = decide(self.ticket, command, asker, self.policy, Floor(now), now, cause="bench")
        self.ticket = done.ticket
        self.events += done.events

    def wait(self, now: datetime) -> None:
        """Let time pass up to an instant (UTC)."""
        self.ticket, events = advance_to(self.ticket, self.policy, Floor(now), now)
        self.events += events


def opened(policy: Policy, number: int, at: datetime, severity: str = "error") -> Life:
    """A ticket that an alert opened, accepted and routed at `at` (UTC)."""
    client = list(CLIENTS)[number % len(CLIENTS)]
    command = Open(
        id=number,
        type=TicketType.ALERT,
        title=f"Disk of srv-{number} is nearly full",
        client=client,
        agreement=CLIENTS[client],
        accepted_at=at,
        facts={"severity": severity, "type": "alert", "title": "Disk is nearly full"},
        body="The volume has less than five per cent left. " * 4,
        host=f"srv-{number}",
        service="disk",
        source="api",
        problem_key=f"api/disk {number}",
        links=("https://monitor.example/graph",),
        alert=str(number),
    )
    made = decide_open(command, SOURCE, policy, Floor(at), at, cause=f"alert:{number}")
    return Life(policy, made.ticket, list(made.events))


def about_to_climb(policy: Policy, number: int, at: datetime) -> Life:
    """A ticket that nobody claimed and whose limit in T1 runs out at `at` (UTC), not before."""
    life = opened(policy, number, at - timedelta(minutes=30))
    life.wait(at - timedelta(microseconds=1))
    if next_due(life.ticket) != at:
        raise RuntimeError(f"the policy moves it at {next_due(life.ticket)}, not at {at}")
    return life


def standing(policy: Policy, count: int, now: datetime, first: int) -> list[Life]:
    """`count` open tickets of all ages and states, none of them due within QUIET."""
    return _kept(
        policy,
        count,
        first,
        lambda rng, number: _lived(policy, rng, number, now),
        lambda life: life.ticket.open and next_due(life.ticket) > now + QUIET,
    )


def closed(policy: Policy, count: int, now: datetime, first: int) -> list[Life]:
    """`count` tickets that were worked, resolved and closed before `now`, within two hours each."""

    def live(rng: random.Random, number: int) -> Life:
        at = now - timedelta(days=rng.uniform(1, 30))
        life = opened(policy, number, at, rng.choice(SEVERITIES))
        who = _technician(rng.choice(PEOPLE))
        for command in (
            Claim(who.actor.name),
            Note("Looked at the volume: logs fill it."),
            Resolve("The volume was grown."),
            Confirm("all well"),
        ):
            at += timedelta(minutes=rng.uniform(1, 25))
            life.do(command, who, at)
        return life

    return _kept(policy, count, first, live, lambda life: not life.ticket.open)


def _kept(
    policy: Policy,
    count: int,
    first: int,
    live: Callable[[random.Random, int], Life],
    wanted: Callable[[Life], bool],
) -> list[Life]:
    """The first `count` lives that are as wanted; tries are bounded."""
    rng, found = random.Random(SEED), []
    for tried in range(20 * count):
        if len(found) == count:
            return found
        life = live(rng, first + tried)
        if wanted(life):
            found.append(life)
    raise RuntimeError(f"the policy gave {len(found)} of {count} lives")


def _lived(policy: Policy, rng: random.Random, number: int, now: datetime) -> Life:
    """Opened some days ago, perhaps claimed, noted, planned and held, then left alone."""
    began = now - timedelta(days=rng.uniform(1, 12))
    life = opened(policy, number, began, rng.choice(SEVERITIES))
    who = _technician(rng.choice(PEOPLE))
    at = began + timedelta(minutes=rng.uniform(2, 120))
    for command in _commands(rng, who, at):
        life.do(command, who, at)
        at = min(at + timedelta(minutes=rng.uniform(5, 300)), now)
    life.wait(now)
    return life


def _commands(rng: random.Random, who: Asker, at: datetime) -> Sequence[Command]:
    made: list[Command] = []
    if rng.random() < 0.7:
        made += [Claim(who.actor.name), Note("Looked at the volume: logs fill it.")]
    if rng.random() < 0.3:
        made.append(MakePlan("move the logs away", at + timedelta(minutes=50)))
    if rng.random() < 0.5:
        made.append(Note("We are working on it.", to_client=True))
    if rng.random() < 0.5:
        made.append(PutOnHold(HoldReason.CLIENT, "May we restart it?", "ruth@harbour.example"))
    return made


def _technician(login: str) -> Asker:
    return Asker(Actor("person", login), Role.LEAD)
