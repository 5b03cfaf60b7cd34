"""The lead's list of a group, as it stands at an instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tierline.domain.business_time import never_closes
from tierline.domain.letters.lead_list import Part, Window, lead_list
from tierline.domain.letters.when import LISTS, LetterKind, horizon_of, hours_for
from tierline.domain.policy import Policy
from tierline.domain.terms import Mode
from tierline.domain.ticket import Ticket
from tierline.messages.state import decode_ticket
from tierline.reports.limits import LIST_TICKETS_MAX, SINCE_DEFAULT
from tierline.store.tickets import Connection
from tierline.web.walls import Sight, ticket_wall


@dataclass(frozen=True, slots=True)
class LeadPage:
    """A list. Instants are UTC policy time.

    Attributes:
        kind: opening or closing: which day it looks at.
        since: when the last list was; what came later is new.
        closes_at, opens_at: between the two nobody is in. For a group that never closes both are
            when the list of the next opening comes.
        tickets: open tickets looked at; `more`: there were others, less pressing.
        watched: of them, those left out because Tierline only watches them.
    """

    group: str
    tier: str
    kind: str
    at: datetime
    since: datetime
    closes_at: datetime
    opens_at: datetime
    sections: tuple[Part, ...]
    tickets: int
    more: bool = False
    watched: int = 0

    @property
    def empty(self) -> bool:
        """Whether it has nothing to say."""
        return not self.sections


async def read_lead_page(
    connection: Connection,
    policy: Policy,
    group: str,
    kind: LetterKind,
    now: datetime,
    *,
    sight: Sight,
    to_be_sent: bool = False,
) -> LeadPage:
    """The list of `group` at `now`.

    Args:
        connection: inside a transaction or outside any.
        policy: has that group.
        group: whose tickets.
        kind: opening or closing.
        now: UTC policy time.
        sight: the wall of whoever reads it, as `sight_of` gives it.
        to_be_sent: leave out tickets that are only watched, as no message may tell of them.
    """
    found, more = await _open_tickets(connection, group, sight)
    told = [t for t in found if not (to_be_sent and t.mode is Mode.WATCH)]
    since = await _last_list(connection, group, now) or now - SINCE_DEFAULT
    it = policy.groups[group]
    closes, opens = horizon_of(hours_for(policy, it), kind, now)
    closes = opens if never_closes(it.hours) else closes
    return LeadPage(
        group=group,
        tier=it.tier,
        kind=kind,
        at=now,
        since=since,
        closes_at=closes,
        opens_at=opens,
        sections=lead_list(told, Window(now, since, closes, opens)),
        tickets=len(told),
        more=more,
        watched=len(found) - len(told),
    )


GROUP_TICKETS = f"""
SELECT t.doc FROM tierline.ticket t
WHERE t.grp = $2 AND t.state IN ('queued', 'working', 'on_hold')
  AND {ticket_wall("t.id", "t.client", 1)}
ORDER BY t.priority, t.promise_due, t.id LIMIT $3
"""


async def _open_tickets(
    connection: Connection, group: str, sight: Sight
) -> tuple[Sequence[Ticket], bool]:
    rows = await connection.fetch(GROUP_TICKETS, sight, group, LIST_TICKETS_MAX + 1)
    found = [decode_ticket(row["doc"]) for row in rows[:LIST_TICKETS_MAX]]
    return found, len(rows) > LIST_TICKETS_MAX


LAST_LIST = (
    "SELECT max(at) FROM tierline.letter WHERE kind = ANY($1::text[]) AND about = $2 AND at < $3"
)


async def _last_list(connection: Connection, group: str, before: datetime) -> datetime | None:
    found: datetime | None = await connection.fetchval(
        LAST_LIST, [str(kind) for kind in LISTS], group, before
    )
    return found
