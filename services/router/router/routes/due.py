"""Why is it due then? Every clock of a ticket with the ledger behind its due instant."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from router.caller import Reader
from router.context import Here
from router.described import READING, refusals
from router.due_view import due_view
from router.requests import DueQuery
from router.responses.due import TicketDue
from router.routes.tickets import Number
from tierline.store.tickets import policy_now, read_ticket
from tierline.web.encoding import json_response
from tierline.web.walls import no_such_ticket, sees

router = APIRouter(tags=["tickets"])


@router.get("/v1/tickets/{number}/due", response_model=TicketDue, responses=refusals(404, *READING))
async def due(
    number: Number,
    query: Annotated[DueQuery, Query()],
    context: Here,
    principal: Reader,
) -> Response:
    """Why each promise is due when it is: target, what was carried in, holds, and the ledger."""
    async with context.db.connection() as connection:
        found = await read_ticket(connection, number)
        if found is None or not sees(principal, found):
            no_such_ticket(number)
        now = await policy_now(connection)
    return json_response(due_view(found, now, context.source.current.calendars, query.clock))
