"""Who may be made a ticket's owner, put beside one, or given an action, and by whom."""

from collections.abc import Sequence

from tierline.domain.commands import Command, HandOver
from tierline.domain.oversight_commands import AddAction, Reallocate
from tierline.store.tickets import Connection
from tierline.web.bodies import closest
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError

OWNERS = (
    "SELECT p.login FROM tierline.person p JOIN tierline.ticket t ON t.id = $1"
    " WHERE p.active AND (p.clients IS NULL OR t.client = ANY(p.clients))"
)


async def check_owner(
    connection: Connection, number: int, owner: str, principal: Principal
) -> None:
    """Check that `owner` works here, may see ticket `number`, and may be named by `principal`.

    Raises:
        ProblemError: 403 where naming somebody else is a lead's; 422 where nobody is named or
            nobody who sees the ticket is called so.
    """
    if not owner:
        raise ProblemError(422, "missing", "owner: this token is nobody's; name a login")
    if owner != principal.login and not principal.asker.leads:
        raise ProblemError(
            403, "lead_decides", "giving it to somebody else is a lead's: claim it for yourself"
        )
    await _check_known(connection, number, "owner", [owner])


async def check_people(connection: Connection, number: int, command: Command) -> None:
    """Check that everybody whom `command` gives work on ticket `number` is here and may see it.

    Raises ProblemError (422) where nobody who sees the ticket is called so.
    """
    if isinstance(command, AddAction):
        await _check_known(connection, number, "owner", [command.owner])
    elif isinstance(command, Reallocate) and command.join:
        await _check_known(connection, number, "join", command.join)
    elif isinstance(command, HandOver):
        await _check_known(connection, number, "to", [command.to])


async def _check_known(
    connection: Connection, number: int, field: str, named: Sequence[str]
) -> None:
    rows = await connection.fetch(OWNERS, number)
    logins = [row["login"] for row in rows]
    for login in named:
        if login not in logins:
            meant = closest(login, logins)
            remedy = f"did you mean {meant}?" if meant else "/v1/policy lists the members of groups"
            raise ProblemError(422, "unknown_owner", f"{field}: nobody is called {login}; {remedy}")
