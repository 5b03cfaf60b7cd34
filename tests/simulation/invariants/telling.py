"""Consumers' progress, notices, messages: told once, in order, and only what is true."""

import functools
from typing import TYPE_CHECKING, Any

from notifier.drafts import DISABLED
from tests.simulation.furnish import SUBSCRIPTIONS, policy
from tests.simulation.tally import NAME as TALLY
from tierline.domain.tell import notices_for
from tierline.messages.events import TicketMessage, event_name

if TYPE_CHECKING:
    from tests.simulation.world import World

Row = dict[str, Any]
Pairs = list[tuple[Row | None, Row | None]]
Key = tuple[int, int, str, str]
"""Ticket, seq, kind and recipient of a notice."""

NOTIFIER = "notifier"
ENDED = {"delivered", "failed", "superseded"}


class TellingRules:
    """What the tables of the notifier and the receivers show."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.notices: set[Key] = set()
        self._by_key: dict[str, int] = {}
        self._tallied: set[tuple[int, int]] = set()
        self._last_seq: dict[tuple[str, int], int] = {}

    # -- consumers

    def progressed(self, progress: Pairs, tally: Pairs) -> None:
        """A consumer has seen more; its effects are there with it, each once."""
        for _, new in tally:
            if new is None:
                continue
            place = (new["ticket"], new["seq"])
            if place in self._tallied:
                self._violate("an event is applied once", f"{TALLY}: {place} again")
            self._tallied.add(place)
        for old, new in progress:
            if new is None:
                continue
            before = old["seq"] if old else 0
            if new["seq"] < before:
                self._violate("progress never goes back", f"{new['consumer']} {new['ticket']}")
            self._check_effects(new["consumer"], new["ticket"], before, new["seq"])

    def _check_effects(self, consumer: str, ticket: int, before: int, after: int) -> None:
        for message in self._world.watch.tickets.told[ticket][before:after]:
            if consumer == TALLY:
                self._check_tallied(message)
            if consumer == NOTIFIER:
                missing = [key for key in expected(message) if key not in self.notices]
                if missing:
                    self._violate("effects and progress are one", f"no notice {missing[0]}")

    def _check_tallied(self, message: TicketMessage) -> None:
        """An event counts, or it is a dead letter: never both, never neither."""
        ticket, seq = message.event.ticket, message.event.seq
        aside = (f"consumer:{TALLY}", f"{ticket}/{seq}") in self._world.watch.aside
        if ((ticket, seq) in self._tallied) == aside:
            said = "a dead letter has no effect" if aside else "effects and progress are one"
            self._violate(said, f"{TALLY}: {ticket}/{seq}")

    def noticed(self, rows: Pairs) -> None:
        """Notices were written: one for each (ticket, seq, kind, recipient); or settled."""
        for old, new in rows:
            if new is not None and new["state"] == "delivered":
                self._check_delivered(new)
            if old is None and new is not None:
                key = (new["ticket"], new["seq"], new["kind"], new["recipient"])
                if key in self.notices:
                    self._violate("notices are unique", f"{key}")
                self.notices.add(key)

    def _check_delivered(self, notice: Row) -> None:
        message = self._world.postgres.row("message", notice["message"])
        if message is None or message["state"] != "delivered":
            place = f"{notice['ticket']}/{notice['seq']} {notice['recipient']}"
            self._violate("a notice ends as its message did", f"{place} is delivered")

    # -- messages

    def messages(self, rows: Pairs) -> None:
        """Messages were written, claimed or settled."""
        for old, new in rows:
            if new is None:
                continue
            if old is None:
                self._by_key[new["key"]] = new["id"]
            else:
                self._changed(old, new)

    def _changed(self, old: Row, new: Row) -> None:
        place = f"message {new['id']} ({new['channel']} {new['address']})"
        resumed = old["reason"].startswith(DISABLED) and new["state"] == "pending"
        if old["state"] in ENDED and new["state"] != old["state"] and not resumed:
            self._violate("an outcome is final", f"{place}: {old['state']}, then {new['state']}")
        if new["state"] == "delivered" and new["key"] not in self._world.receivers.got:
            self._violate("delivered means delivered", place)
        if new["attempt"] != old["attempt"] or new["reason"].startswith(DISABLED) or resumed:
            return
        settled = new["state"] in ENDED and old["state"] == "pending"
        sooner = new["state"] == "pending" and new["due_at"] < old["due_at"]
        if (settled or sooner) and new["attempt"] and self._under_way(new):
            self._violate("an outcome is of the latest attempt", f"{place}: {new['attempt']}")

    def _under_way(self, message: Row) -> bool:
        attempt = self._world.postgres.row("attempt", (message["id"], message["attempt"]))
        return attempt is not None and attempt["ended_at"] is None

    def sends(self, key: str) -> None:
        """A channel is given a message: its claim is committed by then."""
        number = self._by_key.get(key)
        row = None if number is None else self._world.postgres.row("message", number)
        if row is None or row["attempt"] < 1:
            self._violate("claimed before it is sent", f"message {number}")

    def webhook_received(self, subscription: str, ticket: int, seq: int) -> None:
        """Events of a ticket reach a subscription in order."""
        last = self._last_seq.get((subscription, ticket), 0)
        if seq < last:
            self._violate("webhooks keep the order", f"{subscription}: {ticket}/{seq} after {last}")
        self._last_seq[subscription, ticket] = max(seq, last)

    def _violate(self, name: str, detail: str) -> None:
        self._world.violate(name, detail)


def expected(message: TicketMessage) -> list[Key]:
    """The notices that an event must have, non-notices included."""
    return _expected(message.event.ticket, message.event.seq, _Held(message))


class _Held:
    """A message that a cache can hold on to: events are never changed."""

    def __init__(self, message: TicketMessage) -> None:
        self.message = message

    def __hash__(self) -> int:
        return hash((self.message.event.ticket, self.message.event.seq))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.message is self.message


@functools.lru_cache(maxsize=4_096)
def _expected(ticket: int, seq: int, held: _Held) -> list[Key]:
    event, shown = held.message.event, held.message.ticket
    said = event_name(event)
    names = [name for name, one in SUBSCRIPTIONS.items() if one.wants(said, shown)]
    return [
        (ticket, seq, notice.kind, notice.recipient)
        for notice in notices_for(event, shown, policy(), names)
    ]
