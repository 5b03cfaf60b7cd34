"""What the notifier makes of ticket events: a notice for everybody concerned, and messages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import asyncpg

from notifier.content import FEED, encode_content
from notifier.directory import Directory, read_subscriptions
from notifier.drafts import (
    FAILED,
    SUPPRESSED,
    Draft,
    Judge,
    Told,
    gather,
    judge_all,
    stand_ins,
)
from notifier.limits import LEASE_S
from notifier.turns import Handed, Room, claimed_of, content_of, no_room, take_turns
from tierline.domain.policy import Policy
from tierline.domain.tell import notices_for
from tierline.messages.events import TicketMessage

Connection: TypeAlias = "asyncpg.Connection[Any]"


@dataclass(frozen=True, slots=True)
class Written:
    """What came of a batch.

    Attributes:
        messages: how many wait to be sent, those handed over included.
        handed: those that are claimed already, for the caller to send once they are committed.
    """

    messages: int = 0
    handed: Handed = field(default_factory=Handed)

    @property
    def left(self) -> int:
        """Messages that somebody has to claim."""
        return self.messages - len(self.handed.now) - len(self.handed.behind)


async def write_notices(
    connection: Connection,
    messages: Sequence[TicketMessage],
    policy: Policy,
    directory: Directory,
    *,
    judge: Judge = notices_for,
    room: Room = no_room,
) -> Written:
    """Write a notice for everybody whom `messages` concern, and the messages that tell them.

    Runs inside the caller's transaction, in four statements whatever the size of the batch. A
    notice that is there already (the same ticket, seq, kind and recipient) is left alone and makes
    no message, so that a redelivered event tells nobody twice.

    Args:
        connection: inside a transaction.
        messages: events new to this consumer, gapless and in order within each ticket.
        policy: the current one; its version is recorded as the one that judged.
        directory: people, rooms and subscriptions.
        judge: who must hear of an event (`notices_for`).
        room: how many of the new messages the caller can send itself, by place.
    """
    told = judge_all(messages, policy, directory, judge)
    if not told:
        return Written()
    ids = await _draw(connection, len(told))
    drafts = gather(told, lambda: next(ids))
    written = await _write_notices(connection, told, drafts, policy.version)
    fresh = [draft for draft in drafts if _keep(draft, written)]
    for draft in fresh:
        draft.notices = [one for one in draft.notices if _key(one) in written]
    others = stand_ins(fresh, policy, directory, lambda: next(ids))
    handed = await _hand_over(connection, fresh, room)
    claimed = await _write_messages(connection, [*fresh, *others])
    waiting = sum(1 for draft in (*fresh, *others) if draft.state != FAILED)
    return Written(waiting, claimed_of(handed, claimed))


async def _hand_over(connection: Connection, drafts: Sequence[Draft], room: Room) -> Handed:
    """Choose what the caller is to send.

    Subscriptions are read afresh, as before any other send, so that a disabled one gets nothing;
    and before the messages are written: one that is live by now has all that it missed in line.
    """
    places = {(draft.channel, draft.address) for draft in drafts if draft.audience == FEED}
    rooms = {place: free for place in places if (free := room(place)) > 0}
    if not rooms:
        return take_turns(drafts, rooms, {})
    return take_turns(drafts, rooms, await read_subscriptions(connection))


_Key = tuple[int, int, str, str]


def _key(told: Told) -> _Key:
    event = told.message.event
    return (event.ticket, event.seq, told.notice.kind, told.notice.recipient)


def _keep(draft: Draft, written: set[_Key]) -> bool:
    return any(_key(one) in written for one in draft.notices)


DRAW_MESSAGES = (
    "SELECT nextval(pg_get_serial_sequence('tierline.message', 'id')) AS id"
    " FROM generate_series(1, $1)"
)


async def _draw(connection: Connection, notices: int) -> Iterator[int]:
    """Message ids, ascending: enough for a message, and one that stands in for it, per notice."""
    rows = await connection.fetch(DRAW_MESSAGES, 2 * notices)
    return iter(sorted(row["id"] for row in rows))


async def _write_notices(
    connection: Connection, told: Sequence[Told], drafts: Sequence[Draft], version: str
) -> set[_Key]:
    """Write the notices; returns the keys of those that were not there before."""
    message_of = {_key(one): draft.id for draft in drafts for one in draft.notices}
    rows = await connection.fetch(
        INSERT_NOTICES,
        [one.message.event.ticket for one in told],
        [one.message.event.seq for one in told],
        [one.message.ticket.client for one in told],
        [one.notice.kind for one in told],
        [one.notice.recipient for one in told],
        [one.notice.occasion for one in told],
        [one.notice.reach.value for one in told],
        [one.notice.why for one in told],
        [one.state for one in told],
        [one.reason for one in told],
        [message_of.get(_key(one)) for one in told],
        version,
        [FAILED, SUPPRESSED],
    )
    return {(row["ticket"], row["seq"], row["kind"], row["recipient"]) for row in rows}


INSERT_NOTICES = """
INSERT INTO tierline.notice (ticket, seq, client, kind, recipient, occasion, reach, why, state,
                             reason, message, policy, settled_at)
SELECT u.*, $12, CASE WHEN u.state = ANY($13::text[]) THEN clock_timestamp() END
FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::bigint[])
     AS u(ticket, seq, client, kind, recipient, occasion, reach, why, state, reason, message)
ON CONFLICT (ticket, seq, kind, recipient) DO NOTHING
RETURNING ticket, seq, kind, recipient
"""


async def _write_messages(connection: Connection, drafts: Sequence[Draft]) -> set[int]:
    """Write the messages; returns the ids of those that are claimed."""
    if not drafts:
        return set()
    rows = await connection.fetch(
        INSERT_MESSAGES,
        [draft.id for draft in drafts],
        [draft.channel for draft in drafts],
        [draft.address for draft in drafts],
        [draft.line for draft in drafts],
        [draft.key for draft in drafts],
        [encode_content(content_of(draft)) for draft in drafts],
        [draft.state for draft in drafts],
        [draft.reason for draft in drafts],
        [draft.stands_in_for or None for draft in drafts],
        [draft.turn for draft in drafts],
        LEASE_S,
    )
    return {row["id"] for row in rows}


# A message claimed at birth, and one whose turn comes after it, is due again after the lease ($11).
# That nothing of its line waits and that its subscription is live is seen at the same moment: what
# failed with the subscription waits for its return, and goes before what is new.
INSERT_MESSAGES = """
WITH said AS MATERIALIZED (
    SELECT u.*, u.turn = 'first' AND NOT EXISTS (
               SELECT 1 FROM tierline.message e
               WHERE e.line = u.line AND e.line <> '' AND e.state = 'pending')
           AND NOT EXISTS (
               SELECT 1 FROM tierline.subscription s
               WHERE s.name = u.address AND s.disabled_at IS NOT NULL) AS claimed
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::json[],
                $7::text[], $8::text[], $9::bigint[], $10::text[])
         AS u(id, channel, address, line, key, content, state, reason, fallback_of, turn)
), written AS (
    INSERT INTO tierline.message (id, channel, address, line, key, content, state, reason,
                                  fallback_of, settled_at, attempt, due_at)
    OVERRIDING SYSTEM VALUE
    SELECT id, channel, address, line, key, content, state, reason, fallback_of,
           CASE WHEN state <> 'pending' THEN clock_timestamp() END,
           CASE WHEN claimed THEN 1 ELSE 0 END,
           clock_timestamp() + make_interval(
               secs => CASE WHEN claimed OR turn = 'behind' THEN $11::float8 ELSE 0 END)
    FROM said
), begun AS (
    INSERT INTO tierline.attempt (message, number) SELECT id, 1 FROM said WHERE claimed
)
SELECT id FROM said WHERE claimed
"""
