"""What is asked about, and what an answer holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tierline.domain.clock import Clock
from tierline.domain.clock_ledger import ClockLedger
from tierline.domain.events import Event
from tierline.domain.evolve import evolve
from tierline.domain.policy import Policy
from tierline.domain.ticket import Ticket


class NothingToExplainError(LookupError):
    """The question names what is not there; the text says what there is."""


@dataclass(frozen=True, slots=True)
class Told:
    """A stored notice: who was told of event `seq`, or was not, and why.

    `state`: pending, delivered, superseded, held, failed or suppressed; `policy`: the version that
    judged.
    """

    seq: int
    kind: str
    recipient: str
    occasion: str
    reach: str
    state: str
    reason: str = ""
    policy: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything an answer is made from.

    `events`: all of the ticket's, from seq 1. `policy`: the one in force, with every calendar that
    a clock pinned. `now`: UTC policy time. `names`: how people are called, by login.
    """

    ticket: Ticket
    events: Sequence[Event]
    policy: Policy
    now: datetime
    told: Sequence[Told] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def event(self, seq: int) -> Event:
        """The event of that number. Raises NothingToExplainError where there is none."""
        if not 1 <= seq <= len(self.events):
            raise NothingToExplainError(
                f"ticket {self.ticket.id} has events 1 to {len(self.events)}, and no {seq}"
            )
        return self.events[seq - 1]

    def after(self, seq: int) -> Ticket | None:
        """The ticket as it stood after event `seq`; None after 0, before there was one."""
        ticket: Ticket | None = None
        for event in self.events[:seq]:
            ticket = evolve(ticket, event)
        return ticket

    def person(self, login: str) -> str:
        """How the person of that login is called."""
        return self.names.get(login) or login


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An answer.

    Attributes:
        words: sentences, the answer first.
        decided_by: the rule or clock that decided.
        policies: versions that played a part, the one that decided first.
        values: what was seen, ready for JSON.
        would_take: what would have made the other thing happen; empty where nothing is amiss.
        events: the seqs it stands on.
        clock: the clock it is about, with its ledger.
        ledger: how far that clock counted.
        items: one entry an event, where the answer is about several.
    """

    words: tuple[str, ...]
    decided_by: str
    policies: tuple[str, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    would_take: str = ""
    events: tuple[int, ...] = ()
    clock: Clock | None = None
    ledger: ClockLedger | None = None
    items: tuple[Mapping[str, Any], ...] = ()


def versions(*found: str) -> tuple[str, ...]:
    """Each policy version once, in this order."""
    return tuple(dict.fromkeys(version for version in found if version))
