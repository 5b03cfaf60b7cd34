"""Reactions: noted, taken in the order of their targets, settled; and what commands ask of them."""

from collections.abc import Iterable, Sequence

from router import together
from router.reactions import waiting
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import Stored, picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_COLUMNS = ("ticket", "seq", "kind", "target", "muted")
_doc = picker("id", "doc")
_due = picker("id", *_COLUMNS)
_UNIQUE = "reaction_ticket_seq_kind_target_key"
_AT_WORK = ("queued", "working", "on_hold")


@here.answers(waiting, "NOTE_REACTIONS")
async def note_reactions(tx: Transaction, *said: Sequence[object]) -> Reply:
    """Each once, in the order given."""
    made = 0
    for values in zip(*said, strict=True):
        row = dict(zip(_COLUMNS, values, strict=True))
        made += await tx.insert("reaction", row, or_nothing=_UNIQUE) is not None
    return f"INSERT 0 {made}"


@here.answers(waiting, "READ_TICKETS")
async def read_tickets(tx: Transaction, ids: Sequence[int]) -> Reply:
    """Those that exist, without a lock."""
    rows = (tx.get("ticket", number) for number in sorted(set(ids)))
    return [_doc(row) for row in rows if row is not None]


def _heads(rows: Iterable[Stored]) -> list[int]:
    """The first that waits of each target, in order of id."""
    first: dict[int, int] = {}
    for row in rows:
        first[row["target"]] = min(row["id"], first.get(row["target"], row["id"]))
    return sorted(first.values())


def _waits(row: Stored) -> bool:
    return bool(row["state"] == "pending")


@here.answers(waiting, "TAKE_REACTIONS")
async def take_reactions(tx: Transaction, limit: int) -> Reply:
    """The first of each target that nobody else holds."""
    heads = tx.view("reaction", "heads", _heads, index="pending")
    taken: list[int] = []
    for number in heads:
        if len(taken) == limit:
            break
        if tx.try_lock("reaction", number):
            taken.append(number)
    return [_due(row) for row in await tx.lock_rows("reaction", taken, still=_waits)]


@here.answers(waiting, "SETTLE_REACTIONS")
async def settle_reactions(
    tx: Transaction, ids: Sequence[int], states: Sequence[str], reasons: Sequence[str]
) -> Reply:
    """What became of those that still waited."""
    done = 0
    for number, state, reason in zip(ids, states, reasons, strict=True):
        settled = {"state": state, "reason": reason, "settled_at": tx.clock()}
        row = tx.get("reaction", number)
        if row is not None and _waits(row):
            done += await tx.update("reaction", number, settled, still=_waits) is not None
    return f"UPDATE {done}"


@here.answers(together, "OPEN_UNDER")
async def open_under(tx: Transaction, ids: Sequence[int]) -> Reply:
    """How many of them are worked on."""
    rows = (tx.get("ticket", number) for number in set(ids))
    count = sum(1 for row in rows if row is not None and row["state"] in _AT_WORK)
    return [shape("count")((count,))]


@here.answers(together, "CLIENTS_OF")
async def clients_of(tx: Transaction, ids: Sequence[int]) -> Reply:
    """Their clients, each once."""
    rows = (tx.get("ticket", number) for number in set(ids))
    return [shape("client")((name,)) for name in sorted({row["client"] for row in rows if row})]


@here.answers(together, "MARK_MAJOR")
async def mark_major(tx: Transaction, ids: Sequence[int]) -> Reply:
    """They are major incidents."""
    marked = 0
    for number in ids:
        if tx.get("ticket", number) is not None:
            marked += await tx.update("ticket", number, {"major": True}) is not None
    return f"UPDATE {marked}"
