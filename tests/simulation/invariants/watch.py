"""What must hold at every commit, every send and every offset: the dispatcher of the rules."""

from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition

from tests.simulation.broken import TITLE
from tests.simulation.invariants.alerts import AlertRules
from tests.simulation.invariants.bus import BusRules
from tests.simulation.invariants.telling import TellingRules
from tests.simulation.invariants.tickets import TicketRules
from tests.simulation.tally import NAME as TALLY
from tierline.bus.producer import Outgoing
from tierline.messages.alert import decode_accepted
from tierline.messages.events import decode_event

if TYPE_CHECKING:
    from tests.simulation.world import World

Row = dict[str, Any]
Changes = list[tuple[str, Row | None, Row | None]]
"""Table, the row before (None: inserted), the row after (None: deleted)."""


class Watch:
    """Sees everything that becomes visible, and says what should not have.

    Attributes:
        poison: bodies that are no messages; beside what the broker refuses and what is broken the
            only ones that may become dead letters.
        aside: source and key of every dead letter that is no poison.
        commits: how many there were.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        self.poison: set[bytes] = set()
        self.aside: set[tuple[str, str]] = set()
        self.commits = 0
        self.tickets = TicketRules(world)
        self.alerts = AlertRules(world)
        self.bus = BusRules(world)
        self.telling = TellingRules(world)

    def committed(self, _process: object, changes: Changes) -> None:
        """A transaction became visible."""
        self.commits += 1
        by_table: dict[str, list[tuple[Row | None, Row | None]]] = {}
        for table, old, new in changes:
            by_table.setdefault(table, []).append((old, new))
        get = by_table.get
        if "ticket" in by_table or "event" in by_table:
            self.tickets.committed(get("ticket", []), get("event", []), self.commits)
        for old, new in get("dead_letter", []):
            if old is None:
                self._buried(new)
        if "alert" in by_table or "problem" in by_table:
            self.alerts.committed(get("alert", []), get("problem", []))
        if "outbox" in by_table:
            self.bus.outbox(get("outbox", []), get("dead_letter", []))
        if "notice" in by_table:
            self.telling.noticed(get("notice", []))
        if "progress" in by_table or "tally" in by_table:
            self.telling.progressed(get("progress", []), get("tally", []))
        if "message" in by_table:
            self.telling.messages(get("message", []))

    def _buried(self, letter: Row | None) -> None:
        if letter is None or letter["body"] in self.poison:
            return
        place = (letter["source"], letter["key"])
        said = f"{letter['source']} {letter['key']}: {letter['reason']}"
        if letter["source"].startswith("outbox:"):
            if letter["body"] not in self.bus.refused:
                self._world.violate("only what is broken is set aside", said)
            return
        if not self._is_broken(letter):
            self._world.violate("only what is broken is set aside", said)
        if place in self.aside:
            self._world.violate("it is set aside once", said)
        self.aside.add(place)

    def _is_broken(self, letter: Row) -> bool:
        """Whether it is an alert or an event that cannot be processed, whole."""
        key, body = letter["key"], letter["body"]
        if letter["source"] == "consumer:triage":
            row = self._world.postgres.row("alert", int(key))
            return row is not None and decode_accepted(body).alert.title == TITLE
        if letter["source"] == f"consumer:{TALLY}":
            ticket, _, seq = key.partition("/")
            told = self.tickets.told[int(ticket)][int(seq) - 1]
            return self._world.is_broken(told) and decode_event(body).event == told.event
        return False

    def appended(self, message: Outgoing, *, dropped: bool) -> None:
        """The broker acked a message."""
        if message.body not in self.poison:
            self.bus.appended(message, dropped=dropped)

    def offset_committed(
        self, group: str, partition: TopicPartition, before: int, after: int
    ) -> None:
        """A group says that it is through with what lies before `after`."""
        self.bus.offset_committed(group, partition, before, after)

    def sends(self, key: str) -> None:
        """A channel is given a message."""
        self.telling.sends(key)

    def webhook_received(self, subscription: str, ticket: int, seq: int) -> None:
        """A subscriber got an event for the first time."""
        self.telling.webhook_received(subscription, ticket, seq)
