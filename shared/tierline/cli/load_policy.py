"""Makes a policy the active version, unless tickets stand where it has no place for them."""

from typing import Any

from tierline.cli.failures import FailureError
from tierline.policy.folder import LoadedPolicy
from tierline.store.policy_versions import activate, held_elsewhere
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
    held = await held_elsewhere(connection, policy)
    if held:
        said = "; ".join(f"{name} holds {_tickets(count)}" for name, count in held.items())
        raise FailureError(
            f"The new policy leaves out what is in use: {said}.",
            "Move those tickets first (`tierline tickets move`), or keep the name in the policy.",
            problem={"code": "in_use", "held": dict(held)},
        )
    changed = await activate(connection, policy, loaded.document, LOADED_BY)
    return {"version": policy.version, "changed": changed, "files": list(loaded.files)}


def _tickets(count: int) -> str:
    return "1 open ticket" if count == 1 else f"{count} open tickets"
