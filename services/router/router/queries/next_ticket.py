"""The ticket somebody should take next: of what waits unclaimed in their groups the most pressing.

What they are asked to take comes first; then by priority, what somebody had to leave before the
rest, the client's nearest promise, and age. What others are asked to take is left to them, and
what is worked under a major incident, or may still mend itself, to nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tierline.domain.policy import Policy
from tierline.domain.ticket import Ticket
from tierline.messages.state import decode_ticket
from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.walls import Sight, sight_of, ticket_wall

_WAITING = f"""
FROM tierline.ticket t
WHERE t.state = 'queued' AND t.owner = '' AND t.grp = ANY($2::text[])
    AND {ticket_wall("t.id", "t.client", 1)}
    AND t.offered_to IN ('', $3) AND t.id <> ALL($5::bigint[])
    AND t.doc ->> 'under' IS NULL AND t.doc ->> 'delayed_until' IS NULL
    AND (cardinality($4::text[]) = 0 OR t.doc ->> 'category' = ''
        OR t.doc ->> 'category' = ANY($4::text[]))
ORDER BY t.offered_to = $3 DESC, t.priority, coalesce(t.doc ->> 'claim_ended', '') = '',
    coalesce(t.promise_due, 'infinity'::timestamptz), t.opened_at, t.id
LIMIT 1
"""
FIRST = f"SELECT t.doc, count(*) OVER () AS waiting {_WAITING}"
PICK_FREE = f"SELECT t.id {_WAITING} FOR UPDATE OF t SKIP LOCKED"
"""Of two who ask at once each gets another one: nobody waits for a row that is being taken."""

PICK_ANY = f"SELECT t.id {_WAITING} FOR UPDATE OF t"
"""Where every row is held, one that is not taken after all: a timer may only look at it."""

ABOUT = "SELECT groups, skills FROM tierline.person WHERE login = $1"


@dataclass(frozen=True, slots=True)
class Seeker:
    """Who asks for work: in which groups they work, and what they can handle (empty: not said)."""

    login: str
    sight: Sight
    groups: tuple[str, ...]
    skills: tuple[str, ...]

    def values(self, without: Sequence[int] = ()) -> list[Any]:
        """The bind values of the statements; `without`: tickets that are left out."""
        return [self.sight, list(self.groups), self.login, list(self.skills), list(without)]


async def seeker_of(connection: Connection, principal: Principal, policy: Policy) -> Seeker:
    """What decides which tickets are for `principal`: groups of the records and of the policy."""
    row = await connection.fetchrow(ABOUT, principal.login)
    recorded = tuple(row["groups"]) if row else ()
    listed = tuple(g.name for g in policy.groups.values() if principal.login in g.members)
    groups = tuple(dict.fromkeys((*listed, *(name for name in recorded if name in policy.groups))))
    skills = tuple(row["skills"]) if row else ()
    return Seeker(principal.login, sight_of(principal), groups, skills)


async def first_waiting(connection: Connection, seeker: Seeker) -> tuple[Ticket | None, int]:
    """The ticket that comes first, and how many wait; nothing is locked."""
    row = await connection.fetchrow(FIRST, *seeker.values())
    return (None, 0) if row is None else (decode_ticket(row["doc"]), row["waiting"])


async def pick(connection: Connection, seeker: Seeker, without: Sequence[int]) -> int | None:
    """The number of the first ticket that nobody else takes, its row locked; None: none."""
    values = seeker.values(without)
    number: int | None = await connection.fetchval(PICK_FREE, *values)
    return number if number is not None else await connection.fetchval(PICK_ANY, *values)
