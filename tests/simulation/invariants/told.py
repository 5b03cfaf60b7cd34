"""At the end: whoever was to be told was told, and each notice says what became of its message."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from notifier.drafts import NO_ADDRESS
from tests.simulation.invariants.telling import expected
from tierline.domain.tell import Notice, still_wanted
from tierline.domain.terms import Reach

if TYPE_CHECKING:
    from tests.simulation.world import World

Row = dict[str, Any]
Wrong = tuple[str, str]
"""Name of the invariant, and the detail."""


def wrong_in_telling(world: "World") -> Iterator[Wrong]:
    """What is not as it must be once every message has its outcome."""
    messages = {row["id"]: row for row in world.postgres.rows("message")}
    for notice in world.postgres.rows("notice"):
        yield from _of_notice(world, notice, messages.get(notice["message"]))
    for message in messages.values():
        yield from _of_message(message)
    yield from _unreceived(world)


def _of_notice(world: "World", notice: Row, message: Row | None) -> Iterator[Wrong]:
    place = f"{notice['ticket']}/{notice['seq']} {notice['recipient']} is {notice['state']}"
    if notice["state"] == "pending":
        yield "a notice ends in an outcome", place
    elif notice["state"] == "superseded":
        if notice["reason"] not in _reasons_to_drop(world, notice):
            yield "only what is beside the point is dropped", f"{place}: {notice['reason']}"
    elif message is not None and notice["state"] != message["state"]:
        yield "a notice ends as its message did", f"{place}, its message {message['state']}"
    elif message is None and notice["state"] not in {"suppressed", "held"}:
        yield "a notice ends as its message did", f"{place}, without a message"


def _reasons_to_drop(world: "World", notice: Row) -> set[str]:
    """Why the notice was not wanted any more at some moment after its event."""
    later = world.watch.tickets.told[notice["ticket"]][notice["seq"] :]
    asked = Notice(
        notice["kind"], notice["recipient"], notice["occasion"], Reach.NOTIFY, notice["why"]
    )
    seen = (still_wanted(asked, notice["seq"], told.ticket) for told in later)
    return {why for why in seen if why}


def _of_message(message: Row) -> Iterator[Wrong]:
    """Every receiver answers well in the end: only who has no address may fail to be told."""
    if message["state"] == "failed" and message["reason"] != NO_ADDRESS:
        place = f"message {message['id']} ({message['channel']} {message['address']})"
        yield "nobody is given up", f"{place}: {message['reason']}"


def _unreceived(world: "World") -> Iterator[Wrong]:
    """Subscribers have every event that is for them, whatever the tables say."""
    for number, told in world.watch.tickets.told.items():
        for message in told:
            for _, seq, kind, name in expected(message):
                got = world.receivers.order.get((name, number), ())
                if kind == "subscription" and seq not in got:
                    yield "a subscriber gets every event", f"{name} has not {number}/{seq}"
