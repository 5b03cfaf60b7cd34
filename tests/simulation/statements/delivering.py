"""The claim of due messages, and what is read to send them."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from notifier import claim, prepare
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_NOTICE = ("id", "message", "ticket", "seq", "kind", "recipient", "occasion", "reach", "why")
_notice = picker(*_NOTICE, "state")
_event = picker("ticket", "seq", "client", "body")
_body = shape("ticket", "seq", "client", "body", "restricted")
_doc = picker("id", "doc")
_TAKEN = ("id", "channel", "address", "line", "key", "content", "attempt", "fallback_of")
_taken = shape(*_TAKEN, "age_s", "claimed", "disabled")


@here.answers(claim, "TAKE")
async def take(
    tx: Transaction,
    count: int,
    looked_at: int,
    full_channels: Sequence[str],
    full_places: Sequence[str],
    places: Sequence[str],
    place_uses: Sequence[int],
    channels: Sequence[str],
    channel_uses: Sequence[int],
    per_place: int,
    per_channel: int,
    lease_s: float,
    look_s: float,
    look_max_s: float,
) -> Reply:
    """Claim what is due and first of its line; put off what stands behind another."""
    pending = tx.view("message", "due", _due_order, index="pending")
    due = list(_due(pending, tx.now))
    openings = [
        row for row in due if row["channel"] not in full_channels and _place(row) not in full_places
    ]
    last = due[:looked_at][-1:]
    front = [row for row in openings if last and _order(row) <= _order(last[0])]
    used = Counter(dict(zip(places, place_uses, strict=True)))
    used_channel = Counter(dict(zip(channels, channel_uses, strict=True)))
    blocked = [row for row in front if _ahead(tx, row) is not None]
    free = [row for row in front if row not in blocked]
    picked = _within(free, used, used_channel, per_place, per_channel, skip_places=False)
    if len(due) >= looked_at and len(picked) < count:
        picked = _within(openings, used, used_channel, per_place, per_channel, skip_places=True)
    picked = picked[:count]
    picked += [row for row in blocked if row not in picked]
    locked = [row for row in picked if tx.try_lock("message", row["id"])]
    aheads = [_ahead(tx, row) for row in locked]
    both = zip(locked, aheads, strict=True)
    looks = (look_s, look_max_s)
    return [await _take_one(tx, row, ahead, lease_s, looks) for row, ahead in both]


def _within(
    rows: Sequence[dict],
    place_uses: Counter[str],
    channel_uses: Counter[str],
    per_place: int,
    per_channel: int,
    *,
    skip_places: bool,
) -> list[dict]:
    """Those of `rows` within the shares.

    `skip_places`: what is beyond its place's share does not count for its channel's.
    """
    used, used_channel = Counter(place_uses), Counter(channel_uses)
    found = []
    for row in rows:
        used[_place(row)] += 1
        if skip_places and used[_place(row)] > per_place:
            continue
        used_channel[row["channel"]] += 1
        if used[_place(row)] <= per_place and used_channel[row["channel"]] <= per_channel:
            found.append(row)
    return found


def _order(row: dict) -> tuple[datetime, int]:
    return (row["due_at"], row["id"])


def _due_order(pending) -> list[dict]:
    return sorted(pending, key=_order)


def _due(pending: list[dict], now: datetime):
    for row in pending:
        if row["due_at"] > now:
            return
        yield row


def _place(row: dict) -> str:
    return f"{row['channel']} {row['address']}"


def _ahead(tx: Transaction, row: dict) -> datetime | None:
    """When the first message of its line before it is due, None where there is none."""
    if not row["line"]:
        return None
    before = [one for one in tx.find("message", "line", row["line"]) if one["id"] < row["id"]]
    return min(before, key=lambda one: one["id"])["due_at"] if before else None


async def _take_one(
    tx: Transaction,
    row: dict,
    ahead: datetime | None,
    lease_s: float,
    looks_s: tuple[float, float],
):
    now = tx.clock()
    due_at = now + timedelta(seconds=lease_s)
    if ahead is not None and ahead > due_at:
        due_at = ahead
    elif ahead is not None:
        least, most = looks_s
        waited_s = (now - row["created_at"]).total_seconds() / 2
        due_at = now + timedelta(seconds=min(max(least, waited_s), max(least, most)))
    attempt = row["attempt"] + (ahead is None)
    taken = await tx.update("message", row["id"], {"attempt": attempt, "due_at": due_at})
    if ahead is None:
        await tx.insert("attempt", {"message": row["id"], "number": attempt})
    age_s = (now - row["created_at"]).total_seconds()
    disabled = row["channel"] == "webhook" and _disabled(tx, row["address"])
    return _taken((*(taken[name] for name in _TAKEN), age_s, ahead is None, disabled))


def _disabled(tx: Transaction, subscription: str) -> bool:
    row = tx.get("subscription", subscription)
    return row is not None and row["disabled_at"] is not None


@here.answers(claim, "CLOSE_LOST")
async def close_lost(tx: Transaction, messages: Sequence[int], numbers: Sequence[int]) -> Reply:
    """Earlier attempts without an end are lost."""
    lost = {
        "outcome": "lost",
        "detail": "no outcome within the lease: the sender died, or lost the database",
    }
    changed = 0
    for message, number in zip(messages, numbers, strict=True):
        rows = tx.find("attempt", "message", message)
        for row in [one for one in rows if one["number"] < number and one["ended_at"] is None]:
            done = await tx.update(
                "attempt",
                (message, row["number"]),
                {**lost, "ended_at": tx.clock()},
                still=lambda newest: newest["ended_at"] is None,
            )
            changed += done is not None
    return f"UPDATE {changed}"


@here.answers(prepare, "NOTICES")
async def notices(tx: Transaction, messages: Sequence[int]) -> Reply:
    """The notices of messages, in order of seq."""
    rows = [
        row for message in dict.fromkeys(messages) for row in tx.find("notice", "message", message)
    ]
    rows.sort(key=lambda row: (row["seq"], row["id"]))
    return [_notice(row) for row in rows]


@here.answers(prepare, "EVENT_BODIES")
async def event_bodies(tx: Transaction, tickets: Sequence[int], seqs: Sequence[int]) -> Reply:
    """Those events that are kept."""
    found = [tx.get("event", pair) for pair in zip(tickets, seqs, strict=True)]
    return [
        _body((*_event(row), tx.get("restricted", row["ticket"]) is not None))
        for row in found
        if row is not None
    ]


@here.answers(prepare, "TICKET_DOCS")
async def ticket_docs(tx: Transaction, numbers: Sequence[int]) -> Reply:
    """Those tickets that exist."""
    found = [tx.get("ticket", number) for number in dict.fromkeys(numbers)]
    return [_doc(row) for row in found if row is not None]
