"""Sending a dead letter on its way again."""

from router.context import Row
from tierline.messages.topics import EVENTS, TOPICS, shard_of
from tierline.store.tickets import Connection
from tierline.web.problems import ProblemError

TRIAGE = "consumer:triage"
"""The source of alerts that could not be triaged; the key is the alert's id."""

REACTIONS = "router:reactions"
"""The source of reactions that could not be done; the key is the reaction's id."""


LOCK_LETTER = (
    "SELECT source, key, body, replayed_at FROM tierline.dead_letter WHERE id = $1 FOR UPDATE"
)

MARK_REPLAYED = "UPDATE tierline.dead_letter SET replayed_at = clock_timestamp() WHERE id = $1"


async def replay(connection: Connection, number: int) -> None:
    """Put dead letter `number` back where it came from, in the caller's transaction.

    Raises:
        ProblemError: 404 where there is none; 409 where it was replayed already, or its service
            tries again by itself.
    """
    row = await connection.fetchrow(LOCK_LETTER, number)
    if row is None:
        raise ProblemError(404, "no_such_dead_letter", f"there is no dead letter {number}")
    if row["replayed_at"] is not None:
        raise ProblemError(409, "already_replayed", "it was sent on its way before")
    kind, _, name = row["source"].partition(":")
    if kind == "outbox" and name in TOPICS:
        await _send(connection, name, row["key"], row["body"])
    elif row["source"] == TRIAGE and row["key"].isascii() and row["key"].isdigit():
        await _to_triage(connection, int(row["key"]))
    elif row["source"] == REACTIONS and row["key"].isascii() and row["key"].isdigit():
        await connection.execute(REACT_AGAIN, int(row["key"]))
    elif kind == "consumer" and _ticket_and_seq(row["key"]) is not None:
        await _to_consumer(connection, name, row)
    else:
        raise ProblemError(
            409, "not_replayable", f"{row['source']} tries again by itself, or never can"
        )
    await connection.execute(MARK_REPLAYED, number)


TAKE_OUTCOME_BACK = (
    "UPDATE tierline.alert SET outcome = NULL, handled_at = NULL"
    " WHERE id = $1 AND outcome = 'dead letter'"
)


async def _to_triage(connection: Connection, alert: int) -> None:
    """Take the outcome back: triage's sweep finds what has none."""
    await connection.execute(TAKE_OUTCOME_BACK, alert)


REACT_AGAIN = (
    "UPDATE tierline.reaction SET state = 'pending', reason = '', settled_at = NULL"
    " WHERE id = $1 AND state = 'failed'"
)

UNSEE = "UPDATE tierline.progress SET seq = least(seq, $3) WHERE consumer = $1 AND ticket = $2"


async def _to_consumer(connection: Connection, consumer: str, row: Row) -> None:
    """Let the consumer forget that it saw this seq, and send it the event.

    What it did for later events of the ticket is under unique constraints and is not done again.
    """
    found = _ticket_and_seq(row["key"])
    assert found is not None  # noqa: S101 - the caller looked
    ticket, seq = found
    await connection.execute(UNSEE, consumer, ticket, seq - 1)
    await _send(connection, EVENTS, str(ticket), row["body"])


SEND_AGAIN = "INSERT INTO tierline.outbox (shard, topic, key, body) VALUES ($1, $2, $3, $4)"


async def _send(connection: Connection, topic: str, key: str, body: bytes) -> None:
    await connection.execute(
        SEND_AGAIN,
        shard_of(key),
        topic,
        key,
        body,
    )


def _ticket_and_seq(key: str) -> tuple[int, int] | None:
    ticket, _, seq = key.partition("/")
    both = ticket.isascii() and ticket.isdigit() and seq.isascii() and seq.isdigit()
    return (int(ticket), int(seq)) if both else None
