"""A ticket that is not there: whether it was archived, or never was for who asks."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from router.context import Context
from tierline.store.archive.looking import Archived, archived, recorded_until
from tierline.store.tickets import Connection
from tierline.web.principal import Principal
from tierline.web.problems import ProblemError, problem_response
from tierline.web.walls import may_see, sight_of


async def answer_missing(request: Request, error: Any) -> Response:
    """The answer to whatever found no ticket of a number (a NoSuchTicketError).

    Who could have seen it while it was here is told where it went; everybody else that there is
    none, as always.
    """
    context: Context = request.app.state.context
    async with context.db.connection() as connection:
        found = await archived(connection, error.number)
    principal: Principal | None = request.scope.get("tierline.principal")
    if found is None or principal is None or not _saw(principal, found):
        return problem_response(error)
    return problem_response(_gone(found))


def _saw(principal: Principal, ticket: Archived) -> bool:
    opened = not ticket.keys or not set(ticket.keys).isdisjoint(sight_of(principal))
    return may_see(principal, ticket.client) and opened


def _gone(ticket: Archived) -> ProblemError:
    detail = (
        f"ticket {ticket.ticket} was archived on {ticket.archived_at.date()},"
        f" in file {ticket.archive}; `tierline archive show {ticket.ticket}` shows it"
    )
    return ProblemError(404, "archived", detail)


async def check_kept(connection: Connection, field: str, since: datetime) -> None:
    """Raise ProblemError (422) where some of what was recorded since an instant is archived.

    Figures made of the rest would look whole and be wrong.
    """
    until = await recorded_until(connection)
    if until is not None and since <= until:
        detail = f"{field}: some of what was recorded up to {until.isoformat()} is archived"
        raise ProblemError(422, "archived", f"{detail}; ask from a later instant on")
