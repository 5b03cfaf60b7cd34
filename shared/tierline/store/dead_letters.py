"""What could not be processed, whole and with its reason; it can be listed and replayed."""

from typing import Any

REASON_MAX = 2_000


async def bury(connection: Any, source: str, key: str, body: bytes, reason: str) -> None:
    """Keep `body` as a dead letter of `source` (outbox:topic, consumer:name, intake)."""
    await connection.execute(
        "INSERT INTO tierline.dead_letter (source, key, body, reason) VALUES ($1, $2, $3, $4)",
        source,
        key,
        body,
        reason[:REASON_MAX],
    )
