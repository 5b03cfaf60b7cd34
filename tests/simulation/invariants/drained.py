"""Once nothing goes wrong any more, everything must come to its end."""

from typing import TYPE_CHECKING, Any

from notifier.drafts import DISABLED
from router.reactions.consumer import NAME as REACTIONS
from tests.simulation.invariants.reactions import wrong_in_reacting
from tests.simulation.invariants.storms import wrong_in_storms
from tests.simulation.invariants.telling import expected
from tests.simulation.invariants.told import wrong_in_telling
from tests.simulation.operator import waiting_letters
from tests.simulation.tally import NAME as TALLY

if TYPE_CHECKING:
    from tests.simulation.world import World

Row = dict[str, Any]
DEAD_LETTER = "dead letter"
CONSUMERS = ("notifier", TALLY, REACTIONS)


def left(world: "World") -> str:
    """What has not come to its end yet; empty: everything has."""
    postgres, watch = world.postgres, world.watch
    if world.senders.pending:
        return f"senders wait: {world.senders.pending}"
    if world.people.pending:
        return f"people wait: {world.people.pending}"
    waiting = [row["id"] for row in postgres.rows("alert") if row["outcome"] is None]
    if waiting:
        return f"alerts without an outcome: {waiting}"
    now = world.policy_now()
    due = [n for n, row in _open(world).items() if row["next_due_at"] <= now]
    if due:
        return f"due instants passed: {due}"
    if postgres.rows("outbox"):
        return f"outbox rows: {len(postgres.rows('outbox'))}"
    for consumer in CONSUMERS:
        for number, told in watch.tickets.told.items():
            seen = postgres.row("progress", (consumer, number))
            if seen is None or seen["seq"] < len(told):
                return f"{consumer} has not all of ticket {number}"
    reactions = [row["id"] for row in postgres.rows("reaction") if row["state"] == "pending"]
    if reactions:
        return f"reactions without an outcome: {reactions}"
    if letters := waiting_letters(world):
        return f"dead letters to be sent again: {letters}"
    disabled = [row["name"] for row in postgres.rows("subscription") if row["disabled_at"]]
    if disabled:
        return f"subscriptions wait to be resumed: {disabled}"
    states = [row for row in postgres.rows("message") if row["state"] == "pending"]
    if states:
        return f"messages without an outcome: {[row['id'] for row in states]}"
    return ""


def _open(world: "World") -> dict[int, Row]:
    rows = world.postgres.rows("ticket")
    return {row["id"]: row for row in rows if row["next_due_at"] is not None}


def wrong_at_the_end(world: "World") -> list[tuple[str, str]]:
    """What should hold when everything has come to its end, and does not: name and detail."""
    return [
        *_alerts(world),
        *_notices(world),
        *_feeds(world),
        *wrong_in_telling(world),
        *wrong_in_reacting(world),
        *wrong_in_storms(world),
    ]


def _feeds(world: "World") -> list[tuple[str, str]]:
    """Every subscription is live by now: nothing may have stayed behind."""
    return [
        ("a resumed subscription misses nothing", f"message {row['id']} to {row['address']}")
        for row in world.postgres.rows("message")
        if row["reason"].startswith(DISABLED)
    ]


def _alerts(world: "World") -> list[tuple[str, str]]:
    found = []
    rows = {row["id"]: row for row in world.postgres.rows("alert")}
    for number in world.watch.alerts.accepted:
        row = rows.get(number)
        if row is None:
            found.append(("accepted means durable", f"alert {number} is gone"))
        elif row["outcome"] in {None, DEAD_LETTER}:
            found.append(("an alert has one outcome", f"alert {number}: {row['outcome']}"))
    return found


def _notices(world: "World") -> list[tuple[str, str]]:
    found = []
    written = world.watch.telling.notices
    for told in world.watch.tickets.told.values():
        for message in told:
            found += [
                ("everybody concerned has a notice", f"{key}")
                for key in expected(message)
                if key not in written
            ]
    return found
