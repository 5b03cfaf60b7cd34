"""The versions of the policy that were loaded: which one is active, and making another one so."""

import json
from collections.abc import Mapping
from typing import Any

from tierline.domain.policy import Policy
from tierline.store.tickets import Connection

LOCK_LOADING = "SELECT pg_advisory_xact_lock(hashtext('tierline load'))"
"""One policy is loaded at a time, by whichever way."""

HELD_ELSEWHERE = (
    "SELECT tier, grp, count(*) AS tickets FROM tierline.ticket WHERE state <> 'closed'"
    " AND (grp <> ALL($1::text[]) OR tier <> ALL($2::text[])) GROUP BY tier, grp ORDER BY 1, 2"
)


async def held_elsewhere(connection: Connection, policy: Policy) -> Mapping[str, int]:
    """Count the open tickets that stand where `policy` has no place for them.

    Returns:
        By `group NAME`, or `tier NAME` where the group stays: how many it holds.
    """
    rows = await connection.fetch(HELD_ELSEWHERE, list(policy.groups), list(policy.tiers))
    held: dict[str, int] = {}
    for row in rows:
        known = row["grp"] in policy.groups
        name = f"tier {row['tier']}" if known else f"group {row['grp']}"
        held[name] = held.get(name, 0) + row["tickets"]
    return held


async def activate(
    connection: Connection, policy: Policy, document: Mapping[str, Any], by: str
) -> bool:
    """Keep a version and its calendars, and make it the active one.

    Args:
        connection: inside a transaction, under LOCK_LOADING.
        policy: compiled.
        document: what it was compiled from.
        by: who loads it.

    Returns:
        Whether another one was active.
    """
    await connection.executemany(
        "INSERT INTO tierline.calendar (hash, document) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(hash_, json.dumps(it.to_json())) for hash_, it in policy.calendars.items()],
    )
    await connection.execute(
        "INSERT INTO tierline.policy_version (version, document, loaded_by) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        policy.version,
        json.dumps(document),
        by,
    )
    # One statement could set both flags in either order, and the unique index judges row by row.
    await connection.execute(
        "UPDATE tierline.policy_version SET active = false WHERE active AND version <> $1",
        policy.version,
    )
    changed: str = await connection.execute(
        "UPDATE tierline.policy_version SET active = true, loaded_at = now()"
        " WHERE version = $1 AND NOT active",
        policy.version,
    )
    return not changed.endswith(" 0")
