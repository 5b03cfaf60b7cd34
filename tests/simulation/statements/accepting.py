"""The edge: alerts and dead letters taken in, clients by name."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from intake import client_of, inserts
from tierline.testing.postgres.registry import Registry, Reply
from tierline.testing.postgres.rows import picker, shape
from tierline.testing.postgres.transaction import Transaction

here = Registry()

_name = picker("name")
_COLUMNS = ("idx", "integration", "source", "client", "dedup_key", "body", "shard")


@here.answers(inserts, "INSERT_ALERTS")
async def insert_alerts(tx: Transaction, *given: object) -> Reply:
    """Alerts with their messages; the instant is one for all."""
    *columns, topic = given
    at = tx.policy_now()
    said = [dict(zip(_COLUMNS, values, strict=True)) for values in zip(*columns, strict=True)]
    for alert in said:
        alert["id"] = tx.nextval("alert")
    for alert in said:
        kept = {name: value for name, value in alert.items() if name != "shard"}
        await tx.insert("alert", {**kept, "accepted_at": at})
    for alert in said:
        message = {
            "shard": alert["shard"],
            "topic": topic,
            "key": f"{alert['integration']}\x1f{alert['dedup_key']}",
            "body": _message(alert, at).encode(),
        }
        await tx.insert("outbox", message)
    row = shape("id", "at")
    return [row((alert["id"], at)) for alert in said]


def _message(alert: dict, at: datetime) -> str:
    integration, source, client = (
        json.dumps(alert[name], ensure_ascii=False) for name in ("integration", "source", "client")
    )
    return (
        f'{{"id":{alert["id"]},"index":{alert["idx"]},"accepted_at":"{json_instant(at)}"'
        f',"integration":{integration},"source":{source},"client":{client}'
        f',"alert":{alert["body"]}}}'
    )


def json_instant(at: datetime) -> str:
    """What to_json makes of a timestamptz: in UTC, without the zeros a fraction ends with."""
    whole = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{at.microsecond:06}".rstrip("0") if at.microsecond else ""
    return f"{whole}{fraction}+00:00"


@here.answers(inserts, "BURY_MEMBERS")
async def bury_members(
    tx: Transaction,
    source: str,
    keys: Sequence[str],
    bodies: Sequence[bytes],
    reasons: Sequence[str],
) -> Reply:
    """Dead letters of one source."""
    for key, body, reason in zip(keys, bodies, reasons, strict=True):
        letter = {"source": source, "key": key, "body": body, "reason": reason}
        await tx.insert("dead_letter", letter)
    return f"INSERT 0 {len(keys)}"


@here.answers(client_of, "CLIENT_NAMES")
async def client_names(tx: Transaction, limit: int) -> Reply:
    """Clients by name."""
    rows = sorted(tx.rows("client"), key=lambda row: row["name"])
    return [_name(row) for row in rows[:limit]]
