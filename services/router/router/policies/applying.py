"""Making a previewed version the active one; groups that go are emptied into others first."""

from collections.abc import Mapping
from typing import Any

from router.context import Context
from router.places import check_group
from router.policies.deciding import check_fresh, no_such_preview
from router.policies.foreseen import compiled
from router.policies.limits import HELD_MAX
from router.policies.requests import ApplyBody
from tierline.domain.commands import Move
from tierline.domain.decide import decide
from tierline.domain.policy import Policy
from tierline.domain.ticket import Packet
from tierline.policy.source import ACTIVE_VERSION
from tierline.store.policy_previews import (
    Preview,
    count_open,
    left_to_move,
    mark_applied,
    read_preview,
)
from tierline.store.policy_versions import LOCK_LOADING, activate, held_elsewhere
from tierline.store.tickets import Change, Connection, lock_tickets, policy_now, write_changes
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError

IN_GROUPS = (
    "SELECT id FROM tierline.ticket WHERE state <> 'closed' AND grp = ANY($1::text[])"
    " ORDER BY id LIMIT $2"
)


async def apply_preview(
    context: Context, connection: Connection, token: str, body: ApplyBody, principal: Principal
) -> dict[str, Any]:
    """Make a previewed version the active one, in the caller's transaction.

    Args:
        context: its policy decides where tickets of groups that go may be moved.
        connection: inside a transaction that the caller commits.
        token: of the preview.
        body: what is to become of the open tickets.
        principal: who applies it.

    Returns:
        `version`, `changed`, `moved_groups`: tickets taken to other groups, and `left`: those that
        are still to be moved to the new terms.

    Raises:
        ProblemError: 404 no such preview, 409 it is stale, or a group that goes holds tickets.
    """
    await connection.execute(LOCK_LOADING)
    preview = await read_preview(connection, token, lock=True)
    if preview is None:
        no_such_preview(token)
    in_force = await connection.fetchval(ACTIVE_VERSION)
    check_fresh(preview, in_force, await count_open(connection, preview.last_ticket))
    policy = compiled(context, preview.document)
    moved = await _empty_groups(context, connection, policy, body, principal, preview)
    await _check_nothing_held(connection, policy)
    by = principal.login or principal.name
    changed = await activate(connection, policy, preview.document, by)
    only = [priority.value for priority in body.only]
    await mark_applied(connection, preview, by, body.reason, move=body.move, only=only)
    after = await read_preview(connection, token)
    left = await left_to_move(connection, after, 0) if after is not None and body.move else 0
    return {
        "version": policy.version,
        "changed": changed,
        "moved_groups": moved,
        "left": left,
    }


async def _empty_groups(
    context: Context,
    connection: Connection,
    policy: Policy,
    body: ApplyBody,
    principal: Principal,
    preview: Preview,
) -> int:
    """Take the tickets of groups that go to where the caller says; returns how many."""
    goes = {old: new for old, new in body.move_groups.items() if old not in policy.groups}
    for new in goes.values():
        _check_stays(context.source.current, policy, new)
    if not goes:
        return 0
    rows = await connection.fetch(IN_GROUPS, list(goes), HELD_MAX + 1)
    if len(rows) > HELD_MAX:
        raise ProblemError(
            409, "too_many", f"more than {HELD_MAX} tickets would have to move: move some by hand"
        )
    tickets = await lock_tickets(connection, [row["id"] for row in rows])
    now = await policy_now(connection)
    changes, floor = list[Change](), context.floor.current
    for ticket in tickets.values():
        to = goes.get(ticket.group)
        if to is None:
            continue  # somebody was faster: it is elsewhere
        check_group(context.source.current, ticket.client, to, floor.partners)
        handed = Packet(f"{ticket.group} is left out of the policy", "", body.reason)
        command = Move(body.reason, to_group=to, handed=handed)
        done = decide(
            ticket,
            command,
            principal.asker,
            context.source.current,
            floor,
            now,
            cause=f"policy/{preview.id}",
        )
        if done.rejected is not None:
            said = f"ticket {ticket.id} cannot go to {to}: {done.rejected.reason}"
            raise ProblemError(409, done.rejected.code, said, place=dict(done.rejected.place))
        changes.append(Change(ticket, done.ticket, done.events))
        floor = floor.after(ticket, done.ticket, done.events)
    await write_changes(connection, changes)
    return len(changes)


def _check_stays(running: Policy, policy: Policy, name: str) -> None:
    """Tickets are moved under the version in force, so the group must be in both."""
    if name in running.groups and name in policy.groups:
        return
    known = ", ".join(group for group in running.groups if group in policy.groups)
    raise ProblemError(
        422, "unknown_group", f"move_groups: {name} must be in both versions: {known}"
    )


async def _check_nothing_held(connection: Connection, policy: Policy) -> None:
    held: Mapping[str, int] = await held_elsewhere(connection, policy)
    if held:
        said = ", ".join(f"{place} ({count})" for place, count in held.items())
        raise ProblemError(
            409,
            "in_use",
            f"the version leaves out what holds open tickets: {said}; say where they go"
            " (move_groups), or keep the name",
            held=dict(held),
        )
