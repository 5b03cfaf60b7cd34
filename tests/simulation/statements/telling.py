"""Notices and messages as they are written, and who there is to tell."""

from datetime import timedelta

from notifier import directory, handlers
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_NOTICE = (
    "ticket", "seq", "client", "kind", "recipient", "occasion", "reach", "why", "state", "reason",
    "message",
)  # fmt: skip
_MESSAGE = (
    "id", "channel", "address", "line", "key", "content", "state", "reason", "fallback_of",
    "turn",
)  # fmt: skip

_identity = picker("ticket", "seq", "kind", "recipient")
_person = picker("login", "email", "active")
_room = picker("name", "kind", "url")
_subscription = shape("name", "url", "secrets", "clients", "types", "disabled", "why")


@here.answers(handlers, "DRAW_MESSAGES")
async def draw_messages(tx: Transaction, count: int) -> Reply:
    """New message ids."""
    row = shape("id")
    return [row((tx.nextval("message"),)) for _ in range(count)]


@here.answers(handlers, "INSERT_NOTICES")
async def insert_notices(tx: Transaction, *given: object) -> Reply:
    """Those that were not there; the states that settle at once are named."""
    *columns, policy, over = given
    made = []
    for values in zip(*columns, strict=True):
        notice = dict(zip(_NOTICE, values, strict=True))
        notice["policy"] = policy
        notice["settled_at"] = tx.clock() if notice["state"] in over else None
        row = await tx.insert("notice", notice, or_nothing="notice_ticket_seq_kind_recipient_key")
        if row is not None:
            made.append(_identity(row))
    return made


@here.answers(handlers, "INSERT_MESSAGES")
async def insert_messages(tx: Transaction, *given: object) -> Reply:
    """Messages under ids drawn before; the ids of those that are claimed at birth."""
    *columns, lease_s = given
    said = [dict(zip(_MESSAGE, values, strict=True)) for values in zip(*columns, strict=True)]
    claimed = [one["turn"] == "first" and _free(tx, one["line"], one["address"]) for one in said]
    for one, ours in zip(said, claimed, strict=True):
        now = tx.clock()
        leased = ours or one["turn"] == "behind"
        message = {name: value for name, value in one.items() if name != "turn"}
        message["settled_at"] = None if one["state"] == "pending" else now
        message["attempt"] = int(ours)
        message["due_at"] = now + timedelta(seconds=lease_s if leased else 0)
        await tx.insert("message", message)
    row = shape("id")
    ids = [one["id"] for one, ours in zip(said, claimed, strict=True) if ours]
    for number in ids:
        await tx.insert("attempt", {"message": number, "number": 1})
    return [row((number,)) for number in ids]


def _free(tx: Transaction, line: str, subscription: str) -> bool:
    """Nothing of the line waits, nor does the subscription wait to be resumed."""
    row = tx.get("subscription", subscription)
    return not tx.find("message", "line", line) and (row is None or row["disabled_at"] is None)


@here.answers(directory, "PEOPLE")
async def people(tx: Transaction) -> Reply:
    """Everybody's address."""
    return [_person(row) for row in tx.rows("person")]


@here.answers(directory, "ROOMS")
async def rooms(tx: Transaction) -> Reply:
    """Every room."""
    return [_room(row) for row in tx.rows("room")]


@here.answers(directory, "SUBSCRIPTIONS")
async def subscriptions(tx: Transaction) -> Reply:
    """The active ones, by name."""
    rows = sorted((row for row in tx.rows("subscription") if row["active"]), key=_name)
    return [
        _subscription(
            (
                row["name"],
                row["url"],
                row["secrets"],
                row["clients"],
                row["types"],
                row["disabled_at"] is not None,
                row["why"],
            )
        )
        for row in rows
    ]


def _name(row: dict) -> str:
    return row["name"]
