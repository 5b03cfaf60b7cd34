"""What could not be processed, whole and with its reason; it can be listed and replayed."""

from typing import Any

REASON_MAX = 2_000


BURY = """
WITH lasting AS MATERIALIZED (
    SELECT set_config('synchronous_commit', 'on', true)
)
INSERT INTO tierline.dead_letter (source, key, body, reason)
SELECT $1::text, $2::text, $3::bytea, $4::text FROM lasting
"""
"""The commit waits for the disk, whatever its service's others do: nobody sends poison again."""


async def bury(connection: Any, source: str, key: str, body: bytes, reason: str) -> None:
    """Keep `body` as a dead letter of `source` (outbox:topic, consumer:name, intake)."""
    await connection.execute(
        BURY,
        source,
        _text(key),
        body,
        _text(reason)[:REASON_MAX],
    )


BURIED = (
    "SELECT true FROM tierline.dead_letter WHERE source = $1 AND key = $2 AND reason = $3"
    " AND replayed_at IS NULL LIMIT 1"
)


async def bury_once(connection: Any, source: str, key: str, body: bytes, reason: str) -> None:
    """Like `bury`, unless one of that source, key and reason lies there and was not replayed.

    For what is tried again and again and stays broken: one dead letter, not one a try.
    """
    there = await connection.fetchval(BURIED, source, _text(key), _text(reason)[:REASON_MAX])
    if not there:
        await bury(connection, source, key, body, reason)


def _text(value: str) -> str:
    """Postgres holds no NUL in a text; poison may."""
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
