"""What the notifier makes of ticket events: a notice for everybody concerned, and messages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

import asyncpg

from notifier.claim import Place
from notifier.content import FEED, encode_content
from notifier.directory import Directory, read_subscriptions
from notifier.drafts import FAILED, Draft, Judge, gather, judge_all, stand_ins
from notifier.limits import LEASE_S
from notifier.surveys import spared
from notifier.turns import Handed, Room, content_of, hand_over, no_room, take_turns
from notifier.writing import keys_written, write
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

    Runs inside the caller's transaction, in one statement whatever the size of the batch; in some
    more where an address is missing, so that others stand in, or a notice was there before. A
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
    told = await spared(connection, told, policy)
    drafts = gather(told, count(1).__next__)
    simple = all(draft.state != FAILED for draft in drafts)
    lines = take_turns(drafts, _rooms(drafts, room), directory.subscriptions)
    done = await write(connection, told, drafts, policy.version, messages=simple)
    if simple and done.fresh:
        return Written(len(drafts), hand_over(lines, done.claimed, done.subscriptions))
    written = await keys_written(connection, drafts)
    fresh = [draft for draft in drafts if any(one.key in written for one in draft.notices)]
    for draft in fresh:
        draft.notices = [one for one in draft.notices if one.key in written]
    return await _one_by_one(connection, fresh, policy, directory, room)


async def _one_by_one(
    connection: Connection,
    drafts: Sequence[Draft],
    policy: Policy,
    directory: Directory,
    room: Room,
) -> Written:
    """Write the messages of notices that are written: where some stand in, or some were there."""
    failed = sum(1 for draft in drafts if draft.state == FAILED)
    ids = await _draw(connection, failed)
    others = stand_ins(drafts, policy, directory, lambda: next(ids))
    rooms = _rooms(drafts, room)
    subscriptions = await read_subscriptions(connection) if rooms else {}
    lines = take_turns(drafts, rooms, subscriptions)
    claimed = await _write_messages(connection, [*drafts, *others])
    waiting = sum(1 for draft in (*drafts, *others) if draft.state != FAILED)
    return Written(waiting, hand_over(lines, claimed, subscriptions))


def _rooms(drafts: Sequence[Draft], room: Room) -> dict[Place, int]:
    """How much the caller can send itself, by place, where that is anything."""
    places = {(draft.channel, draft.address) for draft in drafts if draft.audience == FEED}
    return {place: free for place in places if (free := room(place)) > 0}


DRAW_MESSAGES = (
    "SELECT nextval(pg_get_serial_sequence('tierline.message', 'id')) AS id"
    " FROM generate_series(1, $1)"
)


async def _draw(connection: Connection, wanted: int) -> Iterator[int]:
    """So many message ids, ascending."""
    rows = await connection.fetch(DRAW_MESSAGES, wanted) if wanted else []
    return iter(sorted(row["id"] for row in rows))


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
