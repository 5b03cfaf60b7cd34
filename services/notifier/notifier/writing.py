"""Notices and the messages that tell them, by one statement where all of them are new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import asyncpg

from notifier.content import encode_content
from notifier.directory import Subscription
from notifier.drafts import FAILED, SUPPRESSED, Draft, Key, Told
from notifier.limits import LEASE_S
from notifier.turns import content_of

Connection: TypeAlias = "asyncpg.Connection[Any]"


@dataclass(frozen=True, slots=True)
class Wrote:
    """What became of a batch.

    Attributes:
        fresh: whether none of its notices was there before; if not, no message is written.
        claimed: ids of the messages that are claimed.
        subscriptions: of those, as they were at that moment, by name.
    """

    fresh: bool
    claimed: frozenset[int]
    subscriptions: dict[str, Subscription]


# Message ids are drawn where nobody else can work on these tickets (their progress is locked), so
# that they ascend within every line. Notices that are there already leave `said` empty: which
# messages are still wanted is not for a statement to say. A message claimed at birth, and one whose
# turn comes after it, is due again after the lease ($24). That nothing of its line waits and that
# its subscription is live is seen at the same moment: what failed with the subscription waits for
# its return, and goes before what is new.
WRITE_NOTICES = """
WITH drawn AS MATERIALIZED (
    SELECT n, nextval(pg_get_serial_sequence('tierline.message', 'id')) AS id
    FROM generate_series(1, $1) AS n
), noted AS (
    INSERT INTO tierline.notice (ticket, seq, client, kind, recipient, occasion, reach, why, state,
                                 reason, message, policy, settled_at)
    SELECT u.ticket, u.seq, u.client, u.kind, u.recipient, u.occasion, u.reach, u.why, u.state,
           u.reason, drawn.id, $13, CASE WHEN u.state = ANY($14::text[]) THEN clock_timestamp() END
    FROM unnest($2::bigint[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[],
                $8::text[], $9::text[], $10::text[], $11::text[], $12::int[]) WITH ORDINALITY
         AS u(ticket, seq, client, kind, recipient, occasion, reach, why, state, reason, draft, at)
    LEFT JOIN drawn ON drawn.n = u.draft
    ORDER BY u.at
    ON CONFLICT (ticket, seq, kind, recipient) DO NOTHING
    RETURNING 1
), said AS MATERIALIZED (
    SELECT drawn.id, u.*, s.url, s.secrets, s.clients, s.name IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM tierline.message e
               WHERE e.line = u.line AND e.line <> '' AND e.state = 'pending') AS claimed
    FROM unnest($15::int[], $16::text[], $17::text[], $18::text[], $19::text[], $20::json[],
                $21::text[], $22::text[])
         AS u(n, channel, address, line, key, content, turn, client)
    JOIN drawn USING (n)
    LEFT JOIN tierline.subscription s
        ON u.turn = 'first' AND s.name = u.address AND s.active AND s.disabled_at IS NULL
       AND (s.clients IS NULL OR u.client = ANY(s.clients))
    WHERE (SELECT count(*) FROM noted) = $23
), written AS (
    INSERT INTO tierline.message (id, channel, address, line, key, content, attempt, due_at)
    OVERRIDING SYSTEM VALUE
    SELECT id, channel, address, line, key, content, CASE WHEN claimed THEN 1 ELSE 0 END,
           clock_timestamp() + make_interval(
               secs => CASE WHEN claimed OR turn = 'behind' THEN $24::float8 ELSE 0 END)
    FROM said
), begun AS (
    INSERT INTO tierline.attempt (message, number) SELECT id, 1 FROM said WHERE claimed
)
SELECT drawn.n, drawn.id, (SELECT count(*) FROM noted) = $23 AS fresh,
       coalesce(said.claimed, false) AS claimed, said.url, said.secrets, said.clients
FROM drawn LEFT JOIN said USING (n) ORDER BY drawn.n
"""


async def write(
    connection: Connection,
    told: Sequence[Told],
    drafts: Sequence[Draft],
    version: str,
    *,
    messages: bool,
) -> Wrote:
    """Write notices, and their messages where all of them are new; the drafts get their ids.

    Args:
        connection: inside a transaction that has locked the progress of these tickets.
        told: the notices.
        drafts: numbered from 1; those of `told` that have a message.
        version: of the policy.
        messages: whether the messages are to be written too.
    """
    draft_of = {one.key: draft.id for draft in drafts for one in draft.notices}
    written = drafts if messages else []
    rows = await connection.fetch(
        WRITE_NOTICES,
        len(drafts),
        *_columns_of_notices(told, draft_of),
        version,
        [FAILED, SUPPRESSED],
        *_columns_of_messages(written),
        len(told),
        LEASE_S,
    )
    for draft, row in zip(drafts, rows, strict=True):
        draft.id = row["id"]
    taken = [(draft, row) for draft, row in zip(drafts, rows, strict=True) if row["claimed"]]
    return Wrote(
        fresh=all(row["fresh"] for row in rows),
        claimed=frozenset(draft.id for draft, _ in taken),
        subscriptions={draft.address: _subscription(draft.address, row) for draft, row in taken},
    )


def _subscription(name: str, row: Mapping[str, Any]) -> Subscription:
    clients = None if row["clients"] is None else frozenset(row["clients"])
    return Subscription(name, row["url"], tuple(row["secrets"]), clients)


def _columns_of_notices(told: Sequence[Told], draft_of: Mapping[Key, int]) -> list[list[Any]]:
    return [
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
        [draft_of.get(one.key) for one in told],
    ]


def _columns_of_messages(drafts: Sequence[Draft]) -> list[list[Any]]:
    return [
        [draft.id for draft in drafts],
        [draft.channel for draft in drafts],
        [draft.address for draft in drafts],
        [draft.line for draft in drafts],
        [draft.key for draft in drafts],
        [encode_content(content_of(draft)) for draft in drafts],
        [draft.turn for draft in drafts],
        [draft.client for draft in drafts],
    ]


WRITTEN_NOTICES = (
    "SELECT ticket, seq, kind, recipient FROM tierline.notice WHERE message = ANY($1::bigint[])"
)


async def keys_written(connection: Connection, drafts: Sequence[Draft]) -> set[Key]:
    """Keys of the notices of these drafts that were not there before."""
    rows = await connection.fetch(WRITTEN_NOTICES, [draft.id for draft in drafts])
    return {(row["ticket"], row["seq"], row["kind"], row["recipient"]) for row in rows}
