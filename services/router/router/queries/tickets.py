"""Lists of tickets, page by page: complete and stable while tickets come and go.

A page goes on after (sort value, number) of the last row, so that neither an insert nor a ticket
that leaves the list shifts what follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec

from router.queries.cursors import NUMBER_MAX, RowNumber, decode_cursor, encode_cursor
from tierline.domain.ticket import Ticket
from tierline.messages.state import decode_ticket
from tierline.store.tickets import Connection
from tierline.web.walls import Sight, ticket_wall

OPEN_STATES = ("queued", "working", "on_hold", "resolved")

_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Priority = Annotated[str, msgspec.Meta(pattern=r"^P[1-4]\Z")]


@dataclass(frozen=True, slots=True)
class Sort:
    """An order: its SQL keys (the last one is the number), the types of their values.

    `keys`: each with the form a cursor's value is brought into to be compared with it.
    """

    keys: tuple[tuple[str, str], ...]
    shape: Any
    down: bool = False


_PROMISE = "coalesce(t.promise_due, 'infinity'::timestamptz)"
_PROMISE_BOUND = "coalesce(%s::timestamptz, 'infinity'::timestamptz)"

SORTS: dict[str, Sort] = {
    "promise": Sort(
        ((_PROMISE, _PROMISE_BOUND), ("t.id", "%s::bigint")), tuple[_Instant | None, RowNumber]
    ),
    "opened": Sort(
        (("t.opened_at", "%s::timestamptz"), ("t.id", "%s::bigint")),
        tuple[_Instant, RowNumber],
        down=True,
    ),
    "priority": Sort(
        (("t.priority", "%s::text"), (_PROMISE, _PROMISE_BOUND), ("t.id", "%s::bigint")),
        tuple[_Priority, _Instant | None, RowNumber],
    ),
    "number": Sort((("t.id", "%s::bigint"),), tuple[RowNumber], down=True),
}

_NUMBER_OF_OPEN = Sort((("(t.id + 0)", "%s::bigint"),), tuple[RowNumber], down=True)
"""By number among open tickets only, by sorting those.

The plain key would be walked from the newest ticket down, past every closed one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is narrowed to; an empty tuple does not narrow. `owner` "" means: nobody's."""

    sight: Sight
    states: tuple[str, ...] = OPEN_STATES
    tiers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    text: str = ""
    sort: str = "promise"
    limit: int = 50
    cursor: str = ""


async def list_tickets(connection: Connection, wanted: Wanted) -> tuple[list[Ticket], str | None]:
    """One page of tickets, and the cursor of the next (None: this was the last).

    Raises ProblemError (422) for a cursor that this list did not give out.
    """
    sort = _sort(wanted)
    values: list[Any] = [wanted.sight]
    conditions = [ticket_wall("t.id", "t.client", 1), *_conditions(wanted, values)]
    if wanted.cursor:
        conditions.append(_after(sort, wanted, values))
    direction = " DESC" if sort.down else ""
    order = ", ".join(f"{key}{direction}" for key, _ in sort.keys)
    values.append(wanted.limit + 1)
    rows = await connection.fetch(
        "SELECT t.id, t.doc, t.promise_due, t.opened_at, t.priority FROM tierline.ticket t"
        f" WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT ${len(values)}",
        *values,
    )
    page = rows[: wanted.limit]
    more = len(rows) > wanted.limit
    cursor = encode_cursor(wanted.sort, *_sort_values(wanted.sort, page[-1])) if more else None
    return [decode_ticket(row["doc"]) for row in page], cursor


def _sort(wanted: Wanted) -> Sort:
    if wanted.sort == "number" and "closed" not in wanted.states:
        return _NUMBER_OF_OPEN
    return SORTS[wanted.sort]


def _conditions(wanted: Wanted, values: list[Any]) -> list[str]:
    """A condition for each way the list is narrowed; its values are added to `values`."""
    found = []
    for column, any_of in (
        ("state", wanted.states),
        ("tier", wanted.tiers),
        ("grp", wanted.groups),
        ("owner", wanted.owners),
        ("client", wanted.clients),
        ("priority", wanted.priorities),
        ("type", wanted.types),
    ):
        if any_of:
            values.append(list(any_of))
            found.append(f"t.{column} = ANY(${len(values)}::text[])")
    if "closed" not in wanted.states:
        found.append("t.state <> 'closed'")  # what the partial indexes are on
    if wanted.text:
        found.append(_matches(wanted.text, values))
    return found


def _matches(text: str, values: list[Any]) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values.append(f"%{escaped}%")
    in_title = f"t.title ILIKE ${len(values)}"
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdigit()) or int(digits) > NUMBER_MAX:
        return in_title
    values.append(int(digits))
    return f"({in_title} OR t.id = ${len(values)})"


def _after(sort: Sort, wanted: Wanted, values: list[Any]) -> str:
    bounds = []
    for (_, form), value in zip(
        sort.keys, decode_cursor(wanted.cursor, wanted.sort, sort.shape), strict=True
    ):
        values.append(value)
        bounds.append(form % f"${len(values)}")
    keys = ", ".join(key for key, _ in sort.keys)
    return f"({keys}) {'<' if sort.down else '>'} ({', '.join(bounds)})"


def _sort_values(sort: str, row: Any) -> Sequence[Any]:
    return {
        "promise": (row["promise_due"], row["id"]),
        "opened": (row["opened_at"], row["id"]),
        "priority": (row["priority"], row["promise_due"], row["id"]),
        "number": (row["id"],),
    }[sort]


NOTICE_COUNTS = "SELECT state, count(*) AS n FROM tierline.notice WHERE ticket = $1 GROUP BY state"


async def notice_counts(connection: Connection, number: int) -> dict[str, int]:
    """How many notices of a ticket are in each state."""
    rows = await connection.fetch(NOTICE_COUNTS, number)
    none = dict.fromkeys(NOTICE_STATES, 0)
    return none | {row["state"]: row["n"] for row in rows}


NOTICE_STATES = ("pending", "delivered", "failed", "superseded", "held", "suppressed")
