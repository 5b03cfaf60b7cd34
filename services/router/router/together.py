"""What a command about several tickets needs to know of the others, and what is kept beside them.

The ticket itself is judged by the domain. Here stands what only the store can say: whether another
ticket is there, may be seen by whoever asks, and is what it is taken for.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tierline.domain.commands import (
    CallProblem,
    Close,
    Command,
    JoinMajor,
    LinkProblem,
    MakePlan,
    Note,
    OpenVendorCase,
    PutOnHold,
    Reject,
    Reopen,
    Resolve,
)
from tierline.domain.terms import HoldReason, TicketType
from tierline.domain.ticket import Ticket
from tierline.policy.vendors import read_vendor
from tierline.store.tickets import Change, Connection, read_ticket
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import sees


async def check_others(connection: Connection, command: Command, principal: Principal) -> None:
    """Refuse a command that names a ticket which is not there, not seen, or not what it must be.

    Raises:
        ProblemError: 422 for one that does not exist or is behind a wall, 409 for one of another
            kind.
    """
    if isinstance(command, JoinMajor):
        parent = await _other(connection, "parent", command.parent, principal)
        if parent.major is None:
            raise ProblemError(
                409, "not_major", f"ticket {parent.id} is no major incident: declare it first"
            )
        if not parent.active:
            raise ProblemError(409, "major_over", f"major incident {parent.id} is {parent.state}")
    elif isinstance(command, LinkProblem):
        problem = await _other(connection, "problem", command.problem, principal)
        if problem.type is not TicketType.PROBLEM:
            raise ProblemError(
                409, "no_problem", f"ticket {problem.id} is no problem: open one, or link another"
            )
    elif isinstance(command, CallProblem):
        for number in command.others:
            await _other(connection, "others", number, principal)


async def _other(connection: Connection, field: str, number: int, principal: Principal) -> Ticket:
    found = await read_ticket(connection, number)
    if found is None or not sees(principal, found):
        raise ProblemError(422, "unknown_ticket", f"{field}: there is no ticket {number}")
    return found


OPEN_UNDER = (
    "SELECT count(*) FROM tierline.ticket WHERE id = ANY($1::bigint[])"
    " AND state IN ('queued', 'working', 'on_hold')"
)


async def informed(connection: Connection, ticket: Ticket, command: Command) -> Command:
    """The command with what it must know of other tickets and of records, as the locks are held."""
    if isinstance(command, OpenVendorCase):
        return replace(command, record=await read_vendor(connection, command.vendor))
    if isinstance(command, PutOnHold) and command.reason is HoldReason.VENDOR:
        name = command.of or (ticket.vendor.vendor if ticket.vendor else "")
        return replace(command, record=await read_vendor(connection, name))
    if not isinstance(command, Close) or ticket.major is None:
        return command
    under: int = await connection.fetchval(OPEN_UNDER, list(ticket.major.numbers))
    return replace(command, open_under=under)


CLIENTS_OF = "SELECT DISTINCT client FROM tierline.ticket WHERE id = ANY($1::bigint[])"


async def check_names(connection: Connection, ticket: Ticket, command: Command) -> None:
    """Refuse words that go from a major incident to several clients and name one of them.

    Raises:
        ProblemError: 422 `names_client`.
    """
    text = _for_clients(command)
    if ticket.major is None or not ticket.major.children or not text:
        return
    rows = await connection.fetch(CLIENTS_OF, [ticket.id, *ticket.major.numbers])
    clients = sorted(row["client"] for row in rows)
    for client in clients if len(clients) > 1 else ():
        if re.search(rf"(?<!\w){re.escape(client)}(?!\w)", text, re.IGNORECASE):
            detail = f"it goes to {len(clients)} clients and names {client}: say it without names"
            raise ProblemError(422, "names_client", detail)


def _for_clients(command: Command) -> str:
    """What of a command the requesters of children read."""
    if isinstance(command, Note):
        return command.text if command.to_client else ""
    if isinstance(command, MakePlan):
        return command.client_text
    if isinstance(command, Resolve):
        return f"{command.resolution}\n{command.fault}"
    if isinstance(command, Close):
        return command.leaving
    return command.reason if isinstance(command, Reject | Reopen) else ""


MARK_MAJOR = "UPDATE tierline.ticket SET major = true WHERE id = ANY($1::bigint[])"


async def mark_majors(connection: Connection, changes: Iterable[Change]) -> None:
    """Mark the rows of what has just become a major incident, for lists; they are locked."""
    found: list[Any] = [
        change.after.id
        for change in changes
        if change.after.major is not None and (change.before is None or not change.before.major)
    ]
    if found:
        await connection.execute(MARK_MAJOR, found)
