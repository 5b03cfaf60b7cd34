"""Who had to hear of what, and whether it came of it: notices, and what arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from notifier.directory import Directory, read_directory
from notifier.drafts import judge_all
from tests.faults import promises
from tests.faults.drain import Owed
from tests.faults.policy import SUBSCRIBED_CLIENT
from tests.faults.promises import Broken, NoticeKey
from tests.faults.receiver import Receiver
from tierline.domain.policy import Policy
from tierline.domain.tell import notices_for
from tierline.messages.events import TicketMessage
from tierline.policy.source import PolicySource
from tierline.store.database import Database

STATES = """
SELECT kind, state, min(reason), count(*) FROM tierline.notice
WHERE NOT (state = 'pending' AND message = ANY($1::bigint[])) GROUP BY kind, state
"""

KEYS = """
SELECT ticket, seq, kind, recipient FROM tierline.notice WHERE ticket = ANY($1::bigint[])
"""

SUBSCRIBED = "SELECT id, seq FROM tierline.ticket WHERE client = $1"

POSTED = """
SELECT address, count(*) FROM tierline.message
WHERE channel = 'chat' AND state = 'delivered' GROUP BY address
"""


@dataclass(frozen=True, slots=True)
class Told:
    """Says who must hear of events, as the notifier would: the same policy, the same directory."""

    policy: Policy
    directory: Directory

    @classmethod
    async def read(cls, url: str, connection: Any) -> "Told":
        db = await Database.connect(url, pool_max=1)
        try:
            policy = await PolicySource(db).refresh()
        finally:
            await db.close()
        return cls(policy, await read_directory(connection))

    def expected(self, messages: Sequence[TicketMessage]) -> set[NoticeKey]:
        """The notices that must be there, those deliberately not sent included."""
        return {
            (one.message.event.ticket, one.message.event.seq, one.notice.kind, one.notice.recipient)
            for one in judge_all(messages, self.policy, self.directory, notices_for)
        }

    async def missing(self, connection: Any, messages: Sequence[TicketMessage]) -> list[str]:
        """What is wrong with the notices of these tickets' events (all of them)."""
        tickets = sorted({message.event.ticket for message in messages})
        stored = {tuple(row) for row in await connection.fetch(KEYS, tickets)}
        return promises.untold(self.expected(messages), stored)


async def judge_notices(connection: Any, receiver: Receiver, owed: Owed) -> list[Broken]:
    """Outcomes of notices, order and completeness at the receiver, but for what is owed."""
    states = [tuple(row) for row in await connection.fetch(STATES, sorted(owed.messages))]
    subscribed = dict(await connection.fetch(SUBSCRIBED, SUBSCRIBED_CLIENT))
    posted = dict(await connection.fetch(POSTED))
    arrivals = receiver.arrivals
    return [
        *promises.notices_end(states),
        *promises.hooks_in_order(arrivals),
        *promises.hooks_complete(arrivals, subscribed, owed.events),
        *promises.arrived(posted, receiver.posts, receiver.unreadable),
    ]
