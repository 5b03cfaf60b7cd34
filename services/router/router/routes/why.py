"""Why did it happen, or not? Answers from a ticket's log."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from router.caller import Reader
from router.context import Context, Here
from router.described import READING, refusals
from router.limits import EXPLAINED_EVENTS_MAX
from router.queries.notices import told_of_ticket
from router.requests import WhyQuery
from router.responses.why import TicketWhy
from router.routes.tickets import Number
from router.why_view import why_view
from tierline.domain.explain.account import Account, Case, NothingToExplainError
from tierline.domain.explain.happened import why_event
from tierline.domain.explain.placed import why_here
from tierline.domain.explain.stays import why_still
from tierline.domain.explain.untold import why_not_told
from tierline.messages.events import TicketMessage, decode_event
from tierline.store.events import timeline
from tierline.store.tickets import policy_now, read_ticket
from tierline.web.encoding import json_response
from tierline.web.principal import NOTICES, Principal
from tierline.web.problems import ProblemError
from tierline.web.walls import no_such_ticket, sees

router = APIRouter(tags=["tickets"])


@router.get("/v1/tickets/{number}/why", response_model=TicketWhy, responses=refusals(404, *READING))
async def why(
    number: Number,
    query: Annotated[WhyQuery, Query()],
    context: Here,
    principal: Reader,
) -> Response:
    """Why is it where it is; why did an event happen; why was somebody not told; why still there?

    `not_told` needs the scope `notices:read` too.
    """
    if query.not_told and NOTICES not in principal.scopes:
        raise ProblemError(403, "scope", f"not_told needs the scope {NOTICES} too")
    case, messages = await _case(number, context, principal)
    try:
        account = _answer(case, query)
    except NothingToExplainError as error:
        raise ProblemError(422, "nothing_to_explain", str(error)) from error
    return json_response(why_view(case, account, messages))


def _answer(case: Case, query: WhyQuery) -> Account:
    if query.seq is not None:
        return why_event(case, query.seq)
    if query.not_told:
        return why_not_told(case, query.not_told, query.about)
    return why_still(case, query.still) if query.still else why_here(case)


async def _case(
    number: int, context: Context, principal: Principal
) -> tuple[Case, list[TicketMessage]]:
    """The ticket with its whole log; 404 where `principal` may not see it, 422 where too long."""
    names = await context.people.names()
    async with context.db.transaction() as connection:
        # One snapshot: events that are committed meanwhile must not outrun the ticket's row.
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        found = await read_ticket(connection, number)
        if found is None or not sees(principal, found):
            no_such_ticket(number)
        if found.seq > EXPLAINED_EVENTS_MAX:
            limit = f"{found.seq} events are more than the {EXPLAINED_EVENTS_MAX} that are read"
            raise ProblemError(422, "too_long", f"{limit}; the timeline holds each event's why")
        bodies = await timeline(connection, number, after=0, limit=EXPLAINED_EVENTS_MAX)
        told = await told_of_ticket(connection, number)
        now = await policy_now(connection)
    messages = [decode_event(body) for body in bodies]
    events = [message.event for message in messages]
    return Case(found, events, context.source.current, now, told, names), messages
