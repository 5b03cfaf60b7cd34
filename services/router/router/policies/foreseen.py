"""What a version of the policy would mean for the open tickets; nothing is written here."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from router.context import Context
from router.policies.limits import DIFFERENCES_MAX, LISTED_MAX, LOOKED_AT_MAX, READ_AT_ONCE
from tierline.domain.foreseeing import Fate, Foreseen, foresee
from tierline.domain.policy import Policy
from tierline.domain.ticket import Ticket
from tierline.policy.compile import version_of
from tierline.policy.diff import differences
from tierline.policy.document import compile_document
from tierline.policy.errors import PolicyError
from tierline.store.policy_previews import OpenNow, open_tickets
from tierline.store.policy_versions import held_elsewhere
from tierline.store.tickets import Connection, policy_now
from tierline.web.problems import ProblemError
from tierline.web.walls import HIDDEN

_WORST_FIRST = (Fate.BREACHED, Fate.LESS_TIME, Fate.CHANGED, Fate.MORE_TIME, Fate.UNCHANGED)


def compiled(context: Context, document: Mapping[str, Any]) -> Policy:
    """The policy of a document.

    Raises ProblemError (422) where it cannot be used, naming what is wrong.
    """
    try:
        policy = compile_document(document, context.source.current.calendars)
    except PolicyError as error:
        faults = [
            {"field": f"document.{it.field}", "problem": f"{it.message}; {it.remedy}".strip("; ")}
            for it in error.findings
        ]
        first = faults[0]
        said = f"{first['field']}: {first['problem']}"
        raise ProblemError(422, "invalid", said, errors=faults) from None
    if policy.version != version_of(document):
        raise ProblemError(
            422, "invalid", "document: is not in its canonical form; send what a folder compiles to"
        )
    return policy


async def foreseen(
    context: Context,
    connection: Connection,
    policy: Policy,
    document: Mapping[str, Any],
    in_force: Mapping[str, Any],
    seen: OpenNow,
) -> dict[str, Any]:
    """Say what `policy` would mean.

    Args:
        context: its policy is the one in force.
        connection: to read with.
        policy: the new version, `document` what it was compiled from.
        document: likewise.
        in_force: the document of the version in force.
        seen: the open tickets, counted.

    Returns:
        Counts by fate, the differences of the two versions, groups that hold tickets and would go,
        and the tickets that something would change for, the worst off first.
    """
    found: list[tuple[Ticket, Foreseen]] = []
    now, last, looked_at = await policy_now(connection), 0, 0
    old, floor = context.source.current, context.floor.current
    while looked_at < LOOKED_AT_MAX:
        tickets = await open_tickets(connection, last, READ_AT_ONCE)
        if not tickets:
            break
        found += [(it, foresee(it, old, policy, floor, now)) for it in tickets]
        last, looked_at = tickets[-1].id, looked_at + len(tickets)
        await asyncio.sleep(0)
    changes = differences(in_force, document)
    return {
        "version": policy.version,
        "base": old.version,
        "open": seen.count,
        "looked_at": looked_at,
        "fates": _counts(it for _, it in found),
        "next_changed": sum(it.next_before != it.next_after for _, it in found),
        "held": [
            {"place": place, "tickets": count}
            for place, count in (await held_elsewhere(connection, policy)).items()
        ],
        "differences": [
            {"section": it.section, "name": it.name, "said": it.said}
            for it in changes[:DIFFERENCES_MAX]
        ],
        **_listed(found),
    }


def _counts(found: Iterable[Foreseen]) -> dict[str, int]:
    counts = dict.fromkeys((fate.value for fate in _WORST_FIRST), 0)
    for it in found:
        counts[it.fate.value] += 1
    return counts


def _listed(found: Iterable[tuple[Ticket, Foreseen]]) -> dict[str, Any]:
    changed = [(ticket, it) for ticket, it in found if it.dues or it.next_before != it.next_after]
    changed.sort(key=lambda pair: (_WORST_FIRST.index(pair[1].fate), pair[0].id))
    return {
        "tickets": [_row(ticket, it) for ticket, it in changed[:LISTED_MAX]],
        "unlisted": max(0, len(changed) - LISTED_MAX),
    }


def _row(ticket: Ticket, it: Foreseen) -> dict[str, Any]:
    return {
        "number": ticket.id,
        "title": HIDDEN if ticket.restricted else ticket.title,
        "client": ticket.client,
        "priority": ticket.priority.value,
        "group": ticket.group,
        "fate": it.fate.value,
        "dues": {name: {"old": old, "new": new} for name, (old, new) in it.dues.items()},
        "next_before": it.next_before,
        "next_after": it.next_after,
    }
