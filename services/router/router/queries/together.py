"""Reading what belongs together: children of major incidents, open majors, known errors."""

from collections.abc import Sequence
from typing import Any

from router.limits import GATHERED_MAX, KNOWN_ERRORS_MAX, KNOWN_SHOWN, MAJORS_SHOWN
from tierline.domain.known import Match, matches
from tierline.domain.ticket import Ticket
from tierline.messages.state import decode_ticket
from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.walls import counted_wall, sight_of, ticket_wall

_SEEN = f"""
SELECT t.doc FROM tierline.ticket t
WHERE t.id = ANY($2::bigint[]) AND {ticket_wall("t.id", "t.client", 1)} ORDER BY t.id
"""

_PROBLEMS_OF = f"""
SELECT t.doc FROM tierline.ticket t
WHERE t.type = 'problem' AND t.state <> 'closed'
  AND t.client = ANY($2::text[]) AND {ticket_wall("t.id", "t.client", 1)}
ORDER BY t.client, t.id LIMIT $3
"""

_PROBLEMS = f"""
SELECT t.doc FROM tierline.ticket t
WHERE t.type = 'problem' AND t.state <> 'closed' AND {ticket_wall("t.id", "t.client", 1)}
ORDER BY t.client, t.id LIMIT $2
"""

_MAJORS = f"""
SELECT t.doc FROM tierline.ticket t
WHERE t.major AND t.state <> 'closed' AND {ticket_wall("t.id", "t.client", 1)}
ORDER BY t.id DESC LIMIT $2
"""

_AFFECTED = f"""
SELECT t.client, count(*) AS n FROM tierline.ticket t
WHERE t.id = ANY($2::bigint[]) AND t.state <> 'closed' AND {counted_wall("t.client", 1)}
GROUP BY t.client
"""

_ALIKE = f"""
SELECT t.id FROM tierline.ticket t
WHERE t.state IN ('queued', 'working', 'on_hold')
  AND {ticket_wall("t.id", "t.client", 1)} AND t.id <> $2
  AND (cardinality($3::text[]) = 0 OR t.client = ANY($3::text[]))
  AND (cardinality($4::text[]) = 0 OR t.doc ->> 'category' = ANY($4::text[]))
  AND (cardinality($5::text[]) = 0 OR t.doc ->> 'site' = ANY($5::text[]))
  AND ($6::text = '' OR position(lower($6::text) IN lower(t.title)) > 0)
  AND t.type <> 'problem' AND NOT t.major AND t.doc ->> 'under' IS NULL
ORDER BY t.id LIMIT $7
"""


def _tickets(rows: Sequence[Any]) -> list[Ticket]:
    return [decode_ticket(row["doc"]) for row in rows]


async def seen(
    connection: Connection, principal: Principal, numbers: Sequence[int]
) -> list[Ticket]:
    """Those of `numbers` that `principal` may see, by number."""
    if not numbers:
        return []
    return _tickets(await connection.fetch(_SEEN, sight_of(principal), list(numbers)))


async def known_for(connection: Connection, principal: Principal, ticket: Ticket) -> list[Match]:
    """What is known to help on `ticket`, within what `principal` may see."""
    rows = await connection.fetch(
        _PROBLEMS_OF, sight_of(principal), [ticket.client], KNOWN_ERRORS_MAX
    )
    problems = {one.id: one for one in _tickets(rows)}
    if ticket.problem and ticket.problem not in problems:
        problems |= {one.id: one for one in await seen(connection, principal, [ticket.problem])}
    return matches(ticket, list(problems.values()))[:KNOWN_SHOWN]


async def known_errors(connection: Connection, principal: Principal, client: str) -> list[Ticket]:
    """Open problems whose cause and workaround are known; of one client, where it is named."""
    sight = sight_of(principal)
    if client:
        rows = await connection.fetch(_PROBLEMS_OF, sight, [client], KNOWN_ERRORS_MAX)
    else:
        rows = await connection.fetch(_PROBLEMS, sight, KNOWN_ERRORS_MAX)
    return [one for one in _tickets(rows) if one.finding and one.finding.known_error]


async def majors(connection: Connection, principal: Principal) -> list[dict[str, Any]]:
    """The open major incidents that `principal` may see, the newest first.

    What is under them counts as far as it may be seen.
    """
    sight = sight_of(principal)
    found = []
    for ticket in _tickets(await connection.fetch(_MAJORS, sight, MAJORS_SHOWN)):
        numbers = ticket.major.numbers if ticket.major else ()
        rows = await connection.fetch(_AFFECTED, sight, list(numbers)) if numbers else []
        clients = {row["client"] for row in rows} | {ticket.client}
        found.append(
            {
                "number": ticket.id,
                "title": ticket.title,
                "client": ticket.client,
                "state": ticket.state,
                "since": ticket.major.since if ticket.major else ticket.opened_at,
                "children": sum(row["n"] for row in rows),
                "clients": len(clients),
            }
        )
    return found


async def alike(
    connection: Connection,
    principal: Principal,
    parent: int,
    *,
    clients: Sequence[str],
    categories: Sequence[str],
    sites: Sequence[str],
    text: str,
) -> list[int]:
    """Open tickets that could be worked under `parent` and have this in common; one over the most.

    An empty list or text does not narrow.
    """
    rows = await connection.fetch(
        _ALIKE,
        sight_of(principal),
        parent,
        list(clients),
        list(categories),
        list(sites),
        text.strip(),
        GATHERED_MAX + 1,
    )
    return [row["id"] for row in rows]
