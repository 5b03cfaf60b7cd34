"""Makes a policy the active version, unless tickets stand where it has no place for them."""

import json
from typing import Any

from tierline.cli.failures import FailureError
from tierline.domain.policy import Policy
from tierline.policy import LoadedPolicy
from tierline.store.tickets import Connection

LOADED_BY = "tierline load"


async def write_policy(connection: Connection, loaded: LoadedPolicy) -> dict[str, Any]:
    """Keep the version and its calendars, and make it the active one.

    Args:
        connection: inside a transaction, under the lock of loading.
        loaded: the policy.

    Returns:
        `version`, `changed` (another one was active), `files`.

    Raises:
        FailureError: a group or tier that holds open tickets is not in it.
    """
    policy = loaded.policy
    await _refuse_removal(connection, policy)
    await connection.executemany(
        "INSERT INTO tierline.calendar (hash, document) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(hash_, json.dumps(it.to_json())) for hash_, it in policy.calendars.items()],
    )
    await connection.execute(
        "INSERT INTO tierline.policy_version (version, document, loaded_by) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        policy.version,
        json.dumps(loaded.document),
        LOADED_BY,
    )
    # One statement could set both flags in either order, and the unique index judges row by row.
    await connection.execute(
        "UPDATE tierline.policy_version SET active = false WHERE active AND version <> $1",
        policy.version,
    )
    changed = await connection.execute(
        "UPDATE tierline.policy_version SET active = true, loaded_at = now()"
        " WHERE version = $1 AND NOT active",
        policy.version,
    )
    changed_any = not changed.endswith(" 0")
    return {"version": policy.version, "changed": changed_any, "files": list(loaded.files)}


async def _refuse_removal(connection: Connection, policy: Policy) -> None:
    """A group or tier that holds tickets stays until they are somewhere else."""
    rows = await connection.fetch(
        "SELECT tier, grp, count(*) AS tickets FROM tierline.ticket WHERE state <> 'closed'"
        " AND (grp <> ALL($1::text[]) OR tier <> ALL($2::text[])) GROUP BY tier, grp ORDER BY 1, 2",
        list(policy.groups),
        list(policy.tiers),
    )
    if not rows:
        return
    held: dict[str, int] = {}
    for row in rows:
        known = row["grp"] in policy.groups
        name = f"tier {row['tier']}" if known else f"group {row['grp']}"
        held[name] = held.get(name, 0) + row["tickets"]
    said = "; ".join(f"{name} holds {_tickets(count)}" for name, count in held.items())
    raise FailureError(
        f"The new policy leaves out what is in use: {said}.",
        "Move those tickets first (`tierline tickets move`), or keep the name in the policy.",
        problem={"code": "in_use", "held": held},
    )


def _tickets(count: int) -> str:
    return "1 open ticket" if count == 1 else f"{count} open tickets"
