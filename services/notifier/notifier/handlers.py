"""What the notifier makes of ticket events: a notice for everybody concerned, and messages."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import asyncpg

from notifier.content import Content, encode_content
from notifier.directory import Directory
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
from notifier.keys import new_key
from tierline.domain.policy import Policy
from tierline.domain.tell import notices_for
from tierline.messages.events import TicketMessage

Connection: TypeAlias = "asyncpg.Connection[Any]"


async def write_notices(
    connection: Connection,
    messages: Sequence[TicketMessage],
    policy: Policy,
    directory: Directory,
    *,
    judge: Judge = notices_for,
) -> int:
    """Write a notice for everybody whom `messages` concern, and the messages that tell them.

    Runs inside the caller's transaction, in three statements whatever the size of the batch. A
    notice that is there already (the same ticket, seq, kind and recipient) is left alone and makes
    no message, so that a redelivered event tells nobody twice.

    Args:
        connection: inside a transaction.
        messages: events new to this consumer, gapless and in order within each ticket.
        policy: the current one; its version is recorded as the one that judged.
        directory: people, rooms and subscriptions.
        judge: who must hear of an event (`notices_for`).

    Returns:
        How many messages wait to be sent now.
    """
    told = judge_all(messages, policy, directory, judge)
    if not told:
        return 0
    ids = await _draw(connection, len(told))
    drafts = gather(told, lambda: next(ids))
    written = await _write_notices(connection, told, drafts, policy.version)
    fresh = [draft for draft in drafts if _keep(draft, written)]
    for draft in fresh:
        draft.notices = [one for one in draft.notices if _key(one) in written]
    others = stand_ins(fresh, policy, directory, lambda: next(ids))
    await _write_messages(connection, [*fresh, *others])
    return sum(1 for draft in (*fresh, *others) if draft.state != FAILED)


_Key = tuple[int, int, str, str]


def _key(told: Told) -> _Key:
    event = told.message.event
    return (event.ticket, event.seq, told.notice.kind, told.notice.recipient)


def _keep(draft: Draft, written: set[_Key]) -> bool:
    return any(_key(one) in written for one in draft.notices)


async def _draw(connection: Connection, notices: int) -> Iterator[int]:
    """Message ids, ascending: enough for a message, and one that stands in for it, per notice."""
    rows = await connection.fetch(
        "SELECT nextval(pg_get_serial_sequence('tierline.message', 'id')) AS id"
        " FROM generate_series(1, $1)",
        2 * notices,
    )
    return iter(sorted(row["id"] for row in rows))


async def _write_notices(
    connection: Connection, told: Sequence[Told], drafts: Sequence[Draft], version: str
) -> set[_Key]:
    """Write the notices; returns the keys of those that were not there before."""
    message_of = {_key(one): draft.id for draft in drafts for one in draft.notices}
    rows = await connection.fetch(
        _INSERT_NOTICES,
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


_INSERT_NOTICES = """
INSERT INTO tierline.notice (ticket, seq, client, kind, recipient, occasion, reach, why, state,
                             reason, message, policy, settled_at)
SELECT u.*, $12, CASE WHEN u.state = ANY($13::text[]) THEN clock_timestamp() END
FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::bigint[])
     AS u(ticket, seq, client, kind, recipient, occasion, reach, why, state, reason, message)
ON CONFLICT (ticket, seq, kind, recipient) DO NOTHING
RETURNING ticket, seq, kind, recipient
"""


async def _write_messages(connection: Connection, drafts: Sequence[Draft]) -> None:
    if not drafts:
        return
    await connection.execute(
        INSERT_MESSAGES,
        [draft.id for draft in drafts],
        [draft.channel for draft in drafts],
        [draft.address for draft in drafts],
        [draft.line for draft in drafts],
        [new_key() for _ in drafts],
        [encode_content(_content(draft)) for draft in drafts],
        [draft.state for draft in drafts],
        [draft.reason for draft in drafts],
        [draft.stands_in_for or None for draft in drafts],
    )


def _content(draft: Draft) -> Content:
    return Content(
        ticket=draft.ticket,
        audience=draft.audience,
        seq=draft.seq,
        notices_of=draft.stands_in_for,
        preamble=draft.preamble,
    )


INSERT_MESSAGES = """
INSERT INTO tierline.message (id, channel, address, line, key, content, state, reason, fallback_of,
                              settled_at)
OVERRIDING SYSTEM VALUE
SELECT u.*, CASE WHEN u.state <> 'pending' THEN clock_timestamp() END
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::json[], $7::text[],
            $8::text[], $9::bigint[])
     AS u(id, channel, address, line, key, content, state, reason, fallback_of)
"""
