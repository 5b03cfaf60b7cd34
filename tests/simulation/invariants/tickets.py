"""Tickets and their events: gapless, foldable, timely, nothing twice."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tierline.domain.advance import next_due
from tierline.domain.events import Claimed, Event, Threshold
from tierline.domain.evolve import BrokenFoldError, evolve
from tierline.domain.ticket import Ticket
from tierline.messages.events import TicketMessage, decode_event
from tierline.messages.state import encode_ticket

if TYPE_CHECKING:
    from tests.simulation.world import World

Row = dict[str, Any]
Pairs = list[tuple[Row | None, Row | None]]

ONCE = ("command/", "alert:")
"""How the causes begin whose events are written by one transaction only."""


REACTION = re.compile("[0-9]+/[0-9]+")
"""The cause of what follows from an event of another ticket; of each ticket written once."""


class TicketRules:
    """Folds every event as it is committed and compares with what is stored.

    Attributes:
        folded: each ticket as its events make it.
        told: each ticket's events with their snapshots, in order.
        causes: the commit that wrote the events of each cause.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        self.folded: dict[int, Ticket] = {}
        self.told: dict[int, list[TicketMessage]] = {}
        self.causes: dict[str, int] = {}
        self._fired: set[tuple[int, str, int, float]] = set()
        self._open: dict[tuple[str, str], int] = {}
        self._written_at: dict[int, datetime] = {}

    def committed(self, tickets: Pairs, events: Pairs, commit: int) -> None:
        """Rows of tickets and events became visible together."""
        policy_now = self._world.policy_now()
        new = sorted(
            (row for _, row in events if row is not None), key=lambda r: (r["ticket"], r["seq"])
        )
        wrote: dict[int, list[Event]] = {}
        for row in new:
            event = self._fold(row, commit)
            if event is None:
                return
            wrote.setdefault(event.ticket, []).append(event)
        rows = {row["id"]: row for _, row in tickets if row is not None}
        for number, found in wrote.items():
            if number not in rows:
                self._violate("fold(events) = stored state", f"{number}: events without a state")
                return
            self._check_now(number, found[0], policy_now)
        self._check_problems(tickets)
        for number, row in rows.items():
            self._check_row(number, row, bool(wrote.get(number)))

    def _violate(self, name: str, detail: str) -> None:
        self._world.violate(name, detail)

    def _fold(self, row: Row, commit: int) -> Event | None:
        message = decode_event(row["body"])
        event = message.event
        before = self.folded.get(event.ticket)
        try:
            after = evolve(before, event)
        except BrokenFoldError as error:
            self._violate("seq is gapless", str(error))
            return None
        if before is None and event.seq != 1:
            self._violate("seq is gapless", f"{event.ticket} begins at {event.seq}")
        self._check_event(before, event, commit)
        self.folded[event.ticket] = after
        self.told.setdefault(event.ticket, []).append(message)
        return event

    def _check_event(self, before: Ticket | None, event: Event, commit: int) -> None:
        what, place = event.what, f"{event.ticket}/{event.seq}"
        if isinstance(what, Threshold):
            fired = (event.ticket, what.clock.value, what.cycle, what.fraction)
            if fired in self._fired:
                self._violate("each threshold fires once", f"{place}: {fired}")
            self._fired.add(fired)
        if isinstance(what, Claimed) and before is not None and before.owner:
            self._violate("one claimer wins", f"{place}: {what.owner} after {before.owner}")
        if event.cause.startswith(ONCE) and self.causes.setdefault(event.cause, commit) != commit:
            self._violate("a cause has its effects once", f"{place}: {event.cause} again")
        if REACTION.fullmatch(event.cause):
            once = f"{event.ticket} because of {event.cause}"
            if self.causes.setdefault(once, commit) != commit:
                self._violate("a reaction has its effects once", f"{place}: {once}, again")

    def _check_now(self, number: int, first: Event, policy_now: datetime) -> None:
        earlier = self._written_at.get(number)
        if earlier is not None and first.recorded_at < earlier:
            self._violate(
                "now is read under the locks",
                f"{number}/{first.seq} is recorded at {first.recorded_at}, "
                f"and the ticket was written at {earlier}",
            )
        self._written_at[number] = policy_now

    def _check_row(self, number: int, row: Row, wrote: bool) -> None:
        ticket = self.folded.get(number)
        if ticket is None or ticket.seq != row["seq"] or encode_ticket(ticket) != row["doc"]:
            self._violate("fold(events) = stored state", f"ticket {number} at {row['seq']}")
            return
        due = next_due(ticket)
        if due != row["next_due_at"]:
            self._violate("the due column is true", f"{number}: {row['next_due_at']}, not {due}")
        if wrote and due is not None and due <= ticket.recorded_at:
            self._violate("no command overtakes time", f"{number}: {due} is due and left")

    def _check_problems(self, tickets: Pairs) -> None:
        """One open ticket per (client, problem key), after all rows of the commit."""
        for _, row in tickets:
            if row is not None and row["problem_key"] and row["state"] == "closed":
                place = (row["client"], row["problem_key"])
                if self._open.get(place) == row["id"]:
                    del self._open[place]
        for _, row in tickets:
            if row is not None and row["problem_key"] and row["state"] != "closed":
                place = (row["client"], row["problem_key"])
                other = self._open.setdefault(place, row["id"])
                if other != row["id"]:
                    self._violate("one open ticket a problem", f"{place}: {other}, {row['id']}")

    def overdue(self, now: datetime, patience: timedelta) -> list[int]:
        """Tickets whose next instant was more than `patience` before `now`."""
        return [
            number
            for number, ticket in self.folded.items()
            if (due := next_due(ticket)) is not None and due < now - patience
        ]
