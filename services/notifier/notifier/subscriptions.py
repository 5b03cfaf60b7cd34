"""Ending and resuming a subscription."""

from typing import Any, Final, TypeAlias

import asyncpg

from notifier.drafts import DISABLED
from notifier.limits import REASON_CHARS

Connection: TypeAlias = "asyncpg.Connection[Any]"

DISABLE_BATCH: Final = 1_000
RESUME_BATCH: Final = 10_000
"""Messages put in line again by one statement, so that each stays within its time."""


DISABLE = (
    "UPDATE tierline.subscription SET disabled_at = clock_timestamp(), why = $2"
    " WHERE name = $1 AND disabled_at IS NULL"
)

# One that is under way keeps its own outcome: it may have been taken already. Asked for is the end
# of its attempt: one that is claimed while this runs has an attempt that this does not see.
FAIL_WAITING = """
WITH waiting AS (
    SELECT m.id FROM tierline.message m
    WHERE m.state = 'pending' AND m.channel = 'webhook' AND m.address = $1
      AND (m.attempt = 0 OR EXISTS (
          SELECT 1 FROM tierline.attempt a
          WHERE a.message = m.id AND a.number = m.attempt AND a.ended_at IS NOT NULL))
    ORDER BY m.id LIMIT $3 FOR UPDATE OF m SKIP LOCKED
), ended AS (
    UPDATE tierline.message m
    SET state = 'failed', reason = $2, settled_at = clock_timestamp()
    FROM waiting WHERE m.id = waiting.id
)
UPDATE tierline.notice n
SET state = 'failed', reason = $2, settled_at = clock_timestamp()
FROM waiting WHERE n.message = waiting.id AND n.state = 'pending'
"""


async def disable(connection: Connection, name: str, why: str) -> bool:
    """Disable a subscription, visibly, and fail up to DISABLE_BATCH of what waits for it.

    What is left fails as it is claimed. Everything that failed so is kept for `resume`.

    Args:
        connection: inside a transaction.
        name: the subscription's.
        why: shown with it; a leading "subscription disabled: " is left out.

    Returns:
        Whether it was live; if not it is as it was, and not locked.
    """
    reason = why.removeprefix(f"{DISABLED}: ")
    done = await connection.execute(DISABLE, name, reason)
    await connection.execute(
        FAIL_WAITING, name, f"{DISABLED}: {reason}"[:REASON_CHARS], DISABLE_BATCH
    )
    return bool(done == "UPDATE 1")


ENABLE = "UPDATE tierline.subscription SET disabled_at = NULL, why = '' WHERE name = $1"

SEND_MISSED = """
WITH missed AS (
    SELECT id FROM tierline.message
    WHERE state = 'failed' AND channel = 'webhook' AND address = $1
      AND starts_with(reason, $2)
    ORDER BY id LIMIT $3 FOR UPDATE
), again AS (
    UPDATE tierline.message m
    SET state = 'pending', reason = '', settled_at = NULL, due_at = clock_timestamp(),
        content = jsonb_set(m.content::jsonb, '{spent}', to_jsonb(m.attempt))::json
    FROM missed WHERE m.id = missed.id
), told AS (
    UPDATE tierline.notice n SET state = 'pending', reason = '', settled_at = NULL
    FROM missed WHERE n.message = missed.id AND n.state = 'failed'
)
SELECT count(*) FROM missed
"""
"""`spent` in the content is what the attempts so far are worth: they start to count anew."""


async def resume(connection: Connection, name: str) -> int:
    """Enable a subscription again and send what it missed, oldest first.

    All of it is put in line before the subscription is live again, so that the order within a
    ticket holds; its attempts start to count anew. However much it is, none of it stays failed.

    Args:
        connection: inside a transaction.
        name: the subscription's.

    Returns:
        How many messages wait for it again.
    """
    await connection.execute(ENABLE, name)
    resumed = 0
    while portion := await connection.fetchval(SEND_MISSED, name, DISABLED, RESUME_BATCH):
        resumed += portion
    return resumed
