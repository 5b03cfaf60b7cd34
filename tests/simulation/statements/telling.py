"""Notices and messages as they are written, and who there is to tell."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from notifier import directory, handlers, surveys, writing
from tierline.testing.postgres.registry import Answer, Registry, Reply
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

_SAID = ("n", "channel", "address", "line", "key", "content", "turn", "client")

_identity = picker("ticket", "seq", "kind", "recipient")
_person = picker("login", "email", "active")
_room = picker("name", "kind", "url")
_subscription = shape("name", "url", "secrets", "clients", "types", "disabled", "why", "restricted")


@here.answers(handlers, "DRAW_MESSAGES")
async def draw_messages(tx: Transaction, count: int) -> Reply:
    """New message ids."""
    row = shape("id")
    return [row((tx.nextval("message"),)) for _ in range(count)]


@here.answers(surveys, "HOLD_ASKED")
async def hold_asked(_tx: Transaction, recipients: Sequence[str]) -> Reply:
    """A lock for each; here transactions that judge the same ones do not run at once."""
    return f"SELECT {len(recipients)}"


@here.answers(surveys, "LAST_ASKED")
async def last_asked(tx: Transaction, recipients: Sequence[str]) -> Reply:
    """When each of them was last asked, of those who were."""
    found: dict[str, datetime] = {}
    for notice in tx.rows("notice"):
        who, event = notice["recipient"], tx.get("event", (notice["ticket"], notice["seq"]))
        asked = notice["occasion"] == "survey" and notice["state"] != "suppressed"
        if asked and who in recipients and event is not None:
            found[who] = max(event["at"], found.get(who, event["at"]))
    row = shape("recipient", "at")
    return [row(pair) for pair in sorted(found.items())]


async def insert_notices(tx: Transaction, *given: Any) -> list[dict]:
    """Those that were not there; the states that settle at once are named."""
    *columns, policy, over = given
    made = []
    for values in zip(*columns, strict=True):
        notice = dict(zip(_NOTICE, values, strict=True))
        notice["policy"] = policy
        notice["settled_at"] = tx.clock() if notice["state"] in over else None
        row = await tx.insert("notice", notice, or_nothing="notice_ticket_seq_kind_recipient_key")
        if row is not None:
            made.append(row)
    return made


def writing_notices(
    insert: Callable[..., Awaitable[list[dict]]] = insert_notices,
    keep: Callable[[int], bool] = bool,
) -> Answer:
    """The answer to WRITE_NOTICES; `insert` writes the notices, `keep` says of which message ids
    there is a message."""

    async def write_notices(tx: Transaction, drawn: int, *given: Any) -> Reply:
        *notices, drafts = given[:11]
        policy, over, *columns, total, lease_s = given[11:]
        ids = [tx.nextval("message") for _ in range(drawn)]
        rows = [dict(zip(_SAID, values, strict=True)) for values in zip(*columns, strict=True)]
        said = [one for one in rows if keep(ids[one["n"] - 1])]
        open_to = {one["n"]: _open_to(tx, one) for one in said}
        of = [draft and ids[draft - 1] for draft in drafts]
        fresh = len(await insert(tx, *notices, of, policy, over)) == total
        for one in said if fresh else []:
            await _write_message(tx, ids[one["n"] - 1], one, open_to[one["n"]], lease_s)
        row = shape("n", "id", "fresh", "claimed", "url", "secrets", "clients")
        taken = {n: found for n, found in open_to.items() if found and fresh}
        return [
            row((n, number, fresh, n in taken, *_reached(taken.get(n))))
            for n, number in enumerate(ids, 1)
        ]

    return write_notices


here.answers(writing, "WRITE_NOTICES")(writing_notices())


def _open_to(tx: Transaction, said: dict) -> dict | None:
    """The subscription, where a message to it is claimed as it is written."""
    row = tx.get("subscription", said["address"]) if said["turn"] == "first" else None
    if row is None or not row["active"] or tx.find("message", "line", said["line"]):
        return None
    allowed = row["clients"] is None or said["client"] in row["clients"]
    return row if allowed and row["disabled_at"] is None else None


async def _write_message(
    tx: Transaction, number: int, said: dict, claimed: dict | None, lease_s: float
) -> None:
    leased = claimed is not None or said["turn"] == "behind"
    message = {name: said[name] for name in ("channel", "address", "line", "key", "content")}
    message |= {"id": number, "attempt": int(claimed is not None)}
    message["due_at"] = tx.clock() + timedelta(seconds=lease_s if leased else 0)
    await tx.insert("message", message)
    if claimed is not None:
        await tx.insert("attempt", {"message": number, "number": 1})


def _reached(subscription: dict | None) -> tuple[Any, ...]:
    if subscription is None:
        return (None, None, None)
    return (subscription["url"], subscription["secrets"], subscription["clients"])


@here.answers(writing, "WRITTEN_NOTICES")
async def written_notices(tx: Transaction, messages: Sequence[int]) -> Reply:
    """The notices that are told by these messages."""
    rows = [row for message in messages for row in tx.find("notice", "message", message)]
    return [_identity(row) for row in rows]


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
                row["restricted"],
            )
        )
        for row in rows
    ]


def _name(row: dict) -> str:
    return row["name"]
